"""Backups between the two kinds of database, and while somebody writes."""

import io
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, text
from sqlmodel import SQLModel

from storage.backup import restore_backup, write_backup
from storage.cipher import Cipher
from storage.database import Store, connect, snapshot, wait_for_slow_files
from storage.migrate import upgrade
from storage.tables import Customer
from storage.types import ERASED
from tests.real.postgres import Postgres
from tests.support.filled import BEGAN, BEYOND_32_BITS, ROWS, contents, fill

pytestmark = pytest.mark.real

CIPHER = Cipher([b"k" * 32])
LONG = 1 << 20
ALLOWED = "SHOW idle_in_transaction_session_timeout"


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    connected = connect(url)
    yield connected
    connected.dispose()


@pytest.fixture
def postgres(cluster: Postgres) -> Iterator[Engine]:
    """A database of PostgreSQL without tables."""
    connected = connect(cluster.url)
    with connected.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE; CREATE SCHEMA public"))
    yield connected
    connected.dispose()


def sqlite(folder: Path, name: str) -> Engine:
    return connect(f"sqlite:///{folder / name}")


def moved(source: Engine, target: Engine) -> None:
    file = io.BytesIO()
    write_backup(source, file, CIPHER, "1")
    file.seek(0)
    restore_backup(target, file, CIPHER)


def test_row_by_row_from_sqlite_to_postgresql_and_back(postgres: Engine, tmp_path: Path) -> None:
    first = sqlite(tmp_path, "first.db")
    last = sqlite(tmp_path, "last.db")
    upgrade(str(first.url))
    fill(first, CIPHER)
    everything = contents(first)
    assert {len(rows) for rows in everything.values()} == {ROWS}

    moved(first, postgres)
    assert contents(postgres) == everything
    moved(postgres, last)
    assert contents(last) == everything


def test_a_word_that_this_release_does_not_know_is_kept(tmp_path: Path) -> None:
    first = sqlite(tmp_path, "first.db")
    last = sqlite(tmp_path, "last.db")
    upgrade(str(first.url))
    fill(first, CIPHER)
    with first.begin() as connection:
        connection.execute(text("UPDATE account SET state = 'unheard-of'"))

    moved(first, last)
    with last.connect() as connection:
        states = connection.execute(text("SELECT DISTINCT state FROM account")).scalars().all()
    assert states == ["unheard-of"]


def test_a_secret_that_was_erased_needs_no_key_after_a_restore(tmp_path: Path) -> None:
    first = sqlite(tmp_path, "first.db")
    upgrade(str(first.url))
    fill(first, CIPHER)
    links = SQLModel.metadata.tables["loginticket"]
    with first.begin() as connection:
        connection.execute(links.update().values(sealed=ERASED))
    file = io.BytesIO()
    write_backup(first, file, CIPHER, "1")
    file.seek(0)

    last = sqlite(tmp_path, "last.db")
    assert restore_backup(last, file, CIPHER).unknown_key == 0
    assert contents(last) == contents(first)


def test_every_table_that_is_there_is_in_a_backup(engine: Engine) -> None:
    with engine.connect() as connection:
        there = set(engine.dialect.get_table_names(connection)) - {"alembic_version"}
    assert write_backup(engine, io.BytesIO(), CIPHER, "1").keys() == there


def add(engine: Engine, table: str, **known: Any) -> int:
    """A new row like the first one there, with the number that the database gives it."""
    described = SQLModel.metadata.tables[table]
    with engine.begin() as connection:
        like = dict(connection.execute(described.select()).mappings().first() or {})
        like.pop("id")
        return int(
            connection.execute(described.insert().values(like | known)).inserted_primary_key[0]
        )


def test_numbers_that_were_given_are_not_given_again(engine: Engine, tmp_path: Path) -> None:
    fill(engine, CIPHER)
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:  # as if it had numbered them itself
            connection.execute(text(f"SELECT setval('listdraft_id_seq', {ROWS})"))
    gone = add(engine, "listdraft")
    drafts = SQLModel.metadata.tables["listdraft"]
    with engine.begin() as connection:
        connection.execute(drafts.delete().where(drafts.c.id == gone))
    other = sqlite(tmp_path, "other.db")

    moved(engine, other)
    assert add(other, "listdraft") == gone + 1
    assert add(other, "auditentry") == BEYOND_32_BITS + ROWS + 1


def test_postgresql_goes_on_with_the_numbers_of_sqlite(postgres: Engine, tmp_path: Path) -> None:
    first = sqlite(tmp_path, "first.db")
    upgrade(str(first.url))
    fill(first, CIPHER)
    gone = add(first, "listdraft")
    drafts = SQLModel.metadata.tables["listdraft"]
    with first.begin() as connection:
        connection.execute(drafts.delete().where(drafts.c.id == gone))

    moved(first, postgres)
    assert add(postgres, "listdraft") == gone + 1
    assert add(postgres, "customer", name="another") == ROWS + 1
    assert add(postgres, "auditentry") == BEYOND_32_BITS + ROWS + 1


def test_an_empty_database_numbers_from_one(postgres: Engine, tmp_path: Path) -> None:
    first = sqlite(tmp_path, "first.db")
    upgrade(str(first.url))
    moved(first, postgres)
    with Store(postgres).transaction() as tx:
        assert tx.channels.add_customer("Acme", BEGAN).id == 1


def test_a_slow_file_does_not_end_it(postgres: Engine, tmp_path: Path) -> None:
    """The database ends transactions that are idle for a minute, but not these."""
    upgrade(postgres.url.render_as_string(hide_password=False))
    with postgres.begin() as connection:
        connection.execute(
            text("ALTER ROLE maildesk SET idle_in_transaction_session_timeout = 60000")
        )
    postgres.dispose()
    try:
        with snapshot(postgres) as connection:
            assert connection.execute(text(ALLOWED)).scalar() == "0"
        with postgres.begin() as connection:
            wait_for_slow_files(connection)
            assert connection.execute(text(ALLOWED)).scalar() == "0"
    finally:
        with postgres.begin() as connection:
            connection.execute(
                text("ALTER ROLE maildesk RESET idle_in_transaction_session_timeout")
            )


class Interrupted(io.BytesIO):
    """A file; somebody else is let do something before each piece is written."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        super().__init__()
        self._meanwhile = meanwhile

    def write(self, data: Any) -> int:
        other = threading.Thread(target=self._meanwhile)
        other.start()
        other.join()
        return super().write(data)


def test_a_backup_is_of_one_moment_and_holds_nobody_up(url: str, tmp_path: Path) -> None:
    """Each customer is called what the one before is, and a little more; the last is renamed and
    followed by another in one transaction. At no moment two have the same name."""
    store = Store(connect(url))
    turns: list[int] = []
    with store.transaction() as tx:
        for number in range(4):
            tx.channels.add_customer(f"{number} {'x' * LONG}", BEGAN)

    def write() -> None:
        with store.transaction() as tx:
            for customer in tx.channels.customers():
                customer.name = f"{len(turns)}: {customer.name}"
            tx.channels.add_customer(f"new {len(turns)}", BEGAN)
        turns.append(1)

    file = Interrupted(write)
    write_backup(store.engine, file, CIPHER, "1")
    assert len(turns) >= 4, "nobody was let write meanwhile"

    file.seek(0)
    restored = sqlite(tmp_path, "restored.db")
    restore_backup(restored, file, CIPHER)
    with Store(restored).transaction() as tx:
        assert [customer.name[:3] for customer in tx.channels.customers()] == [
            f"{number} x" for number in range(4)
        ]
    with store.transaction() as tx:
        assert tx.session.exec(select(func.count(Customer.id))).scalar_one() == 4 + len(turns)  # type: ignore[call-overload]
    store.engine.dispose()


def test_a_restore_that_is_killed_leaves_the_database_as_it_was(
    engine: Engine, tmp_path: Path
) -> None:
    source = sqlite(tmp_path, "source.db")
    upgrade(str(source.url))
    fill(source, CIPHER)
    file = io.BytesIO()
    write_backup(source, file, CIPHER, "1")
    file.seek(0)

    class Killed(io.BytesIO):
        """A file at whose end the reader is killed: everything else was read."""

        def read(self, size: int | None = -1) -> bytes:
            if size == 1:
                raise KeyboardInterrupt
            return super().read(size)

    with pytest.raises(KeyboardInterrupt):
        restore_backup(engine, Killed(file.getvalue()), CIPHER)
    assert not any(contents(engine).values())
    restore_backup(engine, file, CIPHER)
    assert contents(engine) == contents(source)
