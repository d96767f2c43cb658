"""The session of a transaction, which asks for a row by its key in half the time."""

from functools import cache
from typing import Any, TypeVar

from sqlalchemy import bindparam, inspect
from sqlmodel import Session, SQLModel, select
from sqlmodel.sql.expression import SelectOfScalar

from storage.tables import Channel, Customer, Lane

Row = TypeVar("Row", bound=SQLModel)

AT_HAND = (Channel, Customer, Lane)
"""Few rows, for which everything that is shown asks: they are read once in a transaction."""


class RowSession(Session):
    """SQLAlchemy's `get` puts its statement together each time, which takes as long as to ask it,
    and forgets a row that nobody holds. Here, the statement is put together once a table."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._at_hand: list[object] = []

    def get(self, entity: type[Row], ident: Any, **options: Any) -> Row | None:  # type: ignore[override]
        """The row of a table with that key: as the session knows it, or else as it is found."""
        held = options.pop("with_for_update", None)
        key = ident[0] if isinstance(ident, tuple) and len(ident) == 1 else ident
        if any(options.values()) or isinstance(key, tuple) or not (held or self._asks(entity, key)):
            return super().get(entity, ident, with_for_update=held, **options)
        row = self.exec(_by_key(entity, bool(held)), params={"key": key}).first()
        if entity in AT_HAND:
            self._at_hand.append(row)
        return row

    def _asks(self, entity: type[SQLModel], key: object) -> bool:
        """Whether the database has to be asked for a row."""
        return inspect(entity).identity_key_from_primary_key((key,)) not in self.identity_map


@cache
def _by_key(entity: type[Row], held: bool) -> SelectOfScalar[Row]:
    (key,) = inspect(entity).primary_key
    found = select(entity).where(key == bindparam("key"))
    return found.with_for_update() if held else found
