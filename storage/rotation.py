"""Sealing everything anew under the newest encryption key, row by row, while the bot runs."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlmodel import SQLModel, col, select

from storage.cipher import CannotOpen, Cipher
from storage.database import Store
from storage.tables import Grant, HeldSignIn, LoginTicket, SignInFlow

MANY = 200
Place = Callable[[SQLModel], str]


@dataclass
class Rotated:
    """How many values were sealed anew, and how many no known key opens."""

    sealed: int = 0
    unreadable: int = 0


def rotate(store: Store, cipher: Cipher, places: dict[type[SQLModel], Place]) -> Rotated:
    """Seal every value that an older key sealed under the newest one. `places` says of each table what its values are sealed for.

    Each batch is a transaction that holds its rows, so what the bot stores meanwhile is sealed anew or comes after.
    """
    rotated = Rotated()
    for table in (Grant, HeldSignIn, LoginTicket, SignInFlow):
        after: int | None = 0
        while after is not None:
            after = _batch(store, cipher, table, places[table], after, rotated)
    return rotated


def _batch(
    store: Store, cipher: Cipher, table: type[SQLModel], place: Place, after: int, rotated: Rotated
) -> int | None:
    """Do the rows beyond the id `after`; the last one's id, or None at the end."""
    key = next(iter(table.__table__.primary_key))  # type: ignore[attr-defined]
    with store.transaction() as tx:
        found = select(table).where(col(key) > after).order_by(col(key)).limit(MANY).with_for_update()
        rows = list(tx.session.exec(found))
        for row in rows:
            _seal(cipher, row, place(row), rotated)
        return int(getattr(rows[-1], key.name)) if rows else None


def _seal(cipher: Cipher, row: SQLModel, place: str, rotated: Rotated) -> None:
    if cipher.is_newest(row.sealed):  # type: ignore[attr-defined]
        return
    try:
        row.sealed = cipher.seal(cipher.open(row.sealed, place), place)  # type: ignore[attr-defined]
    except CannotOpen:
        rotated.unreadable += 1
    else:
        rotated.sealed += 1
