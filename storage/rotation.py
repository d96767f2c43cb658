"""Sealing everything anew under the newest encryption key, row by row, while the bot runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import inspect
from sqlmodel import SQLModel, select

from storage.cipher import CannotOpen, Cipher
from storage.database import Store

BATCH_ROWS = 200
SealedFor = Mapping[type[SQLModel], Callable[[Any], str]]


@dataclass
class Rotated:
    """How many values were sealed anew, and how many no known key opens."""

    sealed: int = 0
    unreadable: int = 0


def rotate(store: Store, cipher: Cipher, tables: SealedFor, pause: Callable[[], object]) -> Rotated:
    """Seal every value that an older key sealed under the newest one. `tables` says of each table
    with sealed values what those are sealed for.

    Each batch is a transaction that holds its rows, so what the bot stores meanwhile is sealed anew
    or comes after. `pause` is called between two batches: SQLite's only writer has to let others
    have their turn.
    """
    rotated = Rotated()
    for table, sealed_for in tables.items():
        after: int | None = 0
        while after is not None:
            after = _batch(store, cipher, table, sealed_for, after, rotated)
            pause()
    return rotated


def _batch(
    store: Store,
    cipher: Cipher,
    table: type[SQLModel],
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
            _seal(cipher, row, sealed_for(row), rotated)
        return int(getattr(rows[-1], key.name)) if rows else None


def _seal(cipher: Cipher, row: Any, sealed_for: str, rotated: Rotated) -> None:
    if cipher.is_newest(row.sealed):
        return
    try:
        row.sealed = cipher.seal(cipher.open(row.sealed, sealed_for), sealed_for)
    except CannotOpen:
        rotated.unreadable += 1
    else:
        rotated.sealed += 1
