"""Sealing everything anew under the newest encryption key, row by row, while the bot runs."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, inspect, literal_column
from sqlmodel import SQLModel, func, select
from sqlmodel.main import default_registry

from storage.cipher import NAME_BYTES, CannotOpen, Cipher
from storage.database import Store
from storage.types import ERASED, Sealed

BATCH_ROWS = 200
ONE: ColumnElement[int] = literal_column("1")
BYTES_OF_A_NAME: ColumnElement[int] = literal_column(str(NAME_BYTES))
SealedFor = Mapping[type[SQLModel], Callable[[Any], str]]


class NotSealedFor(LookupError):
    """A table has sealed values, and nobody says what they are sealed for; the text names it."""


@dataclass
class Rotated:
    """How many values were sealed anew, and how many no known key opens."""

    sealed: int = 0
    unreadable: int = 0


@dataclass(frozen=True)
class SealedValue:
    """A sealed value, where it is kept (``grant.sealed``), and what it is sealed for."""

    place: str
    sealed_for: str
    value: bytes


def sealed_columns() -> dict[type[SQLModel], list[str]]:
    """The columns of every table that hold sealed values (`sealed_column`)."""
    found = {
        mapper.class_: [c.key for c in mapper.columns if isinstance(c.type, Sealed)]
        for mapper in default_registry.mappers
    }
    return {table: columns for table, columns in found.items() if columns}


def rotate(store: Store, cipher: Cipher, tables: SealedFor, pause: Callable[[], object]) -> Rotated:
    """Seal every value that an older key sealed under the newest one. `tables` says of each table
    with sealed values what those are sealed for.

    Each batch is a transaction that holds its rows, so what the bot stores meanwhile is sealed anew
    or comes after. `pause` is called between two batches: SQLite's only writer has to let others
    have their turn.

    Raises:
        NotSealedFor: `tables` lacks one; nothing was sealed anew.
    """
    lacking = sorted(t.__name__ for t in sealed_columns() if t not in tables)
    if lacking:
        raise NotSealedFor(f"nobody says what is sealed in {', '.join(lacking)}")
    rotated = Rotated()
    for table, columns in sealed_columns().items():
        after: int | None = 0
        while after is not None:
            after = _batch(store, cipher, table, columns, tables[table], after, rotated)
            pause()
    return rotated


def samples(store: Store, tables: SealedFor) -> Iterator[SealedValue]:
    """Of each sealed column the newest value of every key under which one is sealed. For whoever
    wants to know whether the keys open what is stored."""
    with store.transaction() as tx:
        for table, columns in sealed_columns().items():
            key = inspect(table).primary_key[0]
            for column in columns:
                name = func.substr(getattr(table, column), ONE, BYTES_OF_A_NAME).label("name")
                there = select(func.max(key), name).where(getattr(table, column) != ERASED)
                newest = there.group_by("name")
                for row_id, _ in tx.session.exec(newest).all():
                    row = tx.session.exec(select(table).where(key == row_id)).one()
                    place = f"{inspect(table).local_table.name}.{column}"
                    yield SealedValue(place, tables[table](row), getattr(row, column))


def _batch(
    store: Store,
    cipher: Cipher,
    table: type[SQLModel],
    columns: list[str],
    sealed_for: Callable[[Any], str],
    after: int,
    rotated: Rotated,
) -> int | None:
    """Do the rows beyond the id `after`; the last one's id, or None at the end."""
    key = inspect(table).primary_key[0]
    with store.transaction() as tx:
        found = select(table).where(key > after).order_by(key).limit(BATCH_ROWS).with_for_update()
        rows = list(tx.session.exec(found))
        for row in rows:
            for column in columns:
                _seal(cipher, row, column, sealed_for(row), rotated)
        return int(getattr(rows[-1], key.name)) if rows else None


def _seal(cipher: Cipher, row: Any, column: str, sealed_for: str, rotated: Rotated) -> None:
    sealed: bytes = getattr(row, column)
    if sealed == ERASED or cipher.is_newest(sealed):
        return
    try:
        setattr(row, column, cipher.seal(cipher.open(sealed, sealed_for), sealed_for))
    except CannotOpen:
        rotated.unreadable += 1
    else:
        rotated.sealed += 1
