"""Backups: everything that is kept, as it was at one moment, in one sealed file; and back.

The file says of each table which columns it has, and then each row as JSON. Neither kind of
database is in it, so what was backed up from one is restored into the other. The last line counts
the rows, and says which numbers were given last: a number that was given is never given again.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from sqlalchemy import Connection, Engine, Table, inspect, select, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlmodel import SQLModel

from storage import given_numbers
from storage.cipher import Cipher
from storage.database import DatabaseAway, snapshot, wait_for_slow_files
from storage.migrate import (
    VERSIONS,
    newest_revision,
    revision_of,
    upgrade_within,
    wait_for_others,
)
from storage.row_text import RowText, shown
from storage.sealed_file import Damaged, read_sealed, write_sealed
from storage.types import ERASED, Sealed

BATCH_ROWS = 1000
"""So many rows are in memory at once."""


class NotEmpty(Exception):
    """The database to restore into has rows; the text names their tables."""


class OtherRevision(Exception):
    """A backup, or a database, is of another revision than this release needs.

    Attributes:
        release: the release that made the backup; empty where it is the database.
        revision: its revision; empty for a database without tables.
        needed: the one that this release needs.
    """

    def __init__(self, release: str, revision: str, needed: str) -> None:
        super().__init__(f"{revision} instead of {needed}")
        self.release = release
        self.revision = revision
        self.needed = needed


class NotTaken(Exception):
    """The database does not take a row; the text names its table."""


@dataclass
class Restored:
    """What was restored: the rows by table, and how many sealed values were sealed with a key that
    is not known here."""

    rows: dict[str, int]
    unknown_key: int = 0


def write_backup(engine: Engine, file: BinaryIO, cipher: Cipher, release: str) -> dict[str, int]:
    """Write everything into a file, while others go on; the rows by table.

    Args:
        release: the version of this program, for who restores it.

    Raises:
        OtherRevision: the database is not of this release's revision.
        DatabaseAway: the database does not answer.
    """
    counts: dict[str, int] = {}
    with snapshot(engine) as connection:
        revision = revision_of(connection)
        if revision != newest_revision():
            raise OtherRevision("", revision, newest_revision())
        head = {"release": release, "revision": revision}
        write_sealed(file, cipher, _lines(connection, head, counts))
    return counts


def restore_backup(engine: Engine, file: BinaryIO, cipher: Cipher) -> Restored:
    """Read everything from a file into a database that has no rows; all of it or nothing. A
    database without tables gets them.

    Raises:
        NotABackup, WrongKey, Damaged: as `read_sealed`.
        OtherRevision: another release made it.
        NotEmpty: there are rows in the database.
        NotTaken: the database cannot keep what is in it.
        DatabaseAway: the database does not answer.
    """
    lines = read_sealed(file, cipher)
    head = json.loads(next(lines))
    if head["revision"] != newest_revision():
        raise OtherRevision(head["release"], head["revision"], newest_revision())
    try:
        with engine.begin() as connection:
            _make_ready(connection)
            return _restore(connection, lines, cipher)
    except OperationalError as error:
        raise DatabaseAway(type(error).__name__) from error


def _lines(
    connection: Connection, head: Mapping[str, str], counts: dict[str, int]
) -> Iterator[bytes]:
    """The file's lines, one after the other; `counts` grows meanwhile."""
    yield _line(head)
    for table in SQLModel.metadata.sorted_tables:
        yield _line({"table": table.name, "columns": [column.name for column in table.columns]})
        counts[table.name] = 0
        texts = RowText(list(table.columns))
        for row in _rows(connection, table):
            counts[table.name] += 1
            yield _line(texts.write(row))
    yield _line({"end": counts, "numbers": given_numbers.read(connection)})


def _rows(connection: Connection, table: Table) -> Iterator[Iterable[Any]]:
    columns = [shown(column) for column in table.columns]
    found = select(*columns).order_by(*table.primary_key)
    yield from connection.execution_options(yield_per=BATCH_ROWS).execute(found)


def _line(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _make_ready(connection: Connection) -> None:
    """Nobody writes into the database meanwhile; it has tables, and no rows.

    Raises:
        NotEmpty: it has some.
        OtherRevision: a later release made the tables.
    """
    wait_for_others(connection)
    wait_for_slow_files(connection)
    names = inspect(connection).get_table_names()
    quoted = [connection.dialect.identifier_preparer.quote(name) for name in names]
    if names and connection.dialect.name == "postgresql":
        connection.execute(text(f"LOCK TABLE {', '.join(quoted)} IN SHARE ROW EXCLUSIVE MODE"))
    filled = [
        name
        for name, in_sql in zip(names, quoted, strict=True)
        if name != VERSIONS
        and connection.execute(text(f"SELECT 1 FROM {in_sql} LIMIT 1")).first() is not None
    ]
    if filled:
        raise NotEmpty(", ".join(sorted(filled)))
    there = revision_of(connection)
    if there > newest_revision():
        raise OtherRevision("", there, newest_revision())
    upgrade_within(connection)


def _restore(connection: Connection, lines: Iterator[bytes], cipher: Cipher) -> Restored:
    tables = SQLModel.metadata.tables
    restored = Restored({})
    filling: _Filling | None = None
    for line in lines:
        said = json.loads(line)
        if isinstance(said, list):
            assert filling is not None
            filling.add(said)
            continue
        if filling is not None:
            restored.rows[filling.table.name] = filling.finish()
            restored.unknown_key += filling.unknown_key
        if "end" in said:
            _check(restored.rows, said["end"])
            given_numbers.write(connection, said["numbers"])
            filling = None
        else:
            filling = _Filling(connection, tables[said["table"]], said["columns"], cipher)
    return restored


def _check(rows: Mapping[str, int], wanted: Mapping[str, int]) -> None:
    if rows != wanted:
        raise Damaged("it has not as many rows as it says")


class _Filling:
    """One table that is being filled, so many rows at a time.

    A row that refers to another of its own table may come before it: it is written without that,
    which is added when all are there.
    """

    def __init__(
        self, connection: Connection, table: Table, columns: list[str], cipher: Cipher
    ) -> None:
        self.table = table
        self.unknown_key = 0
        self._connection = connection
        filled = [table.columns[name] for name in columns]
        self._texts = RowText(filled)
        self._cipher = cipher
        self._sealed = [column.name for column in filled if isinstance(column.type, Sealed)]
        own = [key.parent.name for key in table.foreign_keys if key.column.table is table]
        self._own = sorted(own)
        self._later: list[tuple[dict[str, Any], dict[str, Any]]] = []
        self._waiting: list[dict[str, Any]] = []
        self._count = 0

    def add(self, said: list[Any]) -> None:
        """Take a row."""
        row = self._texts.read(said)
        self._count += 1
        sealed = [row[name] for name in self._sealed if row[name] != ERASED]
        self.unknown_key += sum(not self._cipher.knows(value) for value in sealed)
        referring = {name: row[name] for name in self._own if row[name] is not None}
        if referring:
            key = {column.name: row[column.name] for column in self.table.primary_key}
            self._later.append((key, referring))
            row |= dict.fromkeys(referring)
        self._waiting.append(row)
        if len(self._waiting) == BATCH_ROWS:
            self._write()

    def finish(self) -> int:
        """Write what is left; how many rows there were."""
        self._write()
        for key, referring in self._later:
            change = self.table.update().values(referring)
            for name, value in key.items():
                change = change.where(self.table.columns[name] == value)
            self._connection.execute(change)
        return self._count

    def _write(self) -> None:
        if not self._waiting:
            return
        try:
            self._connection.execute(self.table.insert(), self._waiting)
        except OperationalError:
            raise
        except DBAPIError as error:
            raise NotTaken(f"{self.table.name} ({type(error.orig).__name__})") from None
        self._waiting = []
