"""The session of a unit of work, in which looking a row up by its key is cheap."""

from collections.abc import Callable
from functools import cache, cached_property
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, bindparam, inspect
from sqlmodel import Session, select
from sqlmodel.sql.expression import SelectOfScalar

from storage.tables import Channel, Customer, Lane

AT_HAND = (Channel, Customer, Lane)
"""Few rows, for which everything that is shown asks: they are read once in a transaction."""


class QuickSession(Session):
    """SQLModel's session. A third of what the bot asks is for a row of a known key, and SQLAlchemy
    puts that question together anew each time, and forgets a row that nobody holds; here the
    question is put together once a table."""

    def __init__(self, connection: Callable[[], Connection]) -> None:
        """`connection`: gives the connection when the first question is asked."""
        super().__init__(expire_on_commit=False)
        self._own_connection = connection
        self._at_hand: list[object] = []

    def get_bind(self, *_: Any, **__: Any) -> Connection:
        """Where questions are asked."""
        return self._own_connection()

    def get(
        self, entity: Any, ident: Any, *, with_for_update: Any = None, **more: Any
    ) -> Any | None:
        """The row with this key, if there is one; one that was read in this session is not read
        again, unless it is to be held (`with_for_update`)."""
        mapper = inspect(entity)
        keys = ident if isinstance(ident, tuple) else (ident,)
        known = mapper.identity_key_from_primary_key(keys) in self.identity_map
        hold = with_for_update is True
        asked_otherwise = any(more.values()) or with_for_update not in (None, True)
        if asked_otherwise or (known and not hold):
            return super().get(entity, ident, with_for_update=with_for_update, **more)
        params = {f"key_{number}": key for number, key in enumerate(keys)}
        row = self.exec(_by_key(entity, hold), params=params).one_or_none()
        if entity in AT_HAND:
            self._at_hand.append(row)
        return row


@cache
def _by_key(entity: type[Any], hold: bool) -> SelectOfScalar[Any]:
    """The question for one row of a table by its key."""
    found = select(entity)
    for number, column in enumerate(inspect(entity).primary_key):
        found = found.where(column == bindparam(f"key_{number}", type_=column.type))
    return found.with_for_update() if hold else found


class Unit:
    """A connection within a transaction, and its session. Each is made for whoever asks for it
    first: a transaction begins with its first question, and beginning and ending a session costs as
    much as two."""

    def __init__(self, begin: Callable[[], Connection]) -> None:
        """`begin`: gives a connection on which a transaction has begun."""
        self._begin = begin
        self._connection: Connection | None = None

    @property
    def connection(self) -> Connection:
        """The connection."""
        # No cached_property: before Python 3.12 all units would wait behind the lock of one of them
        # that waits for the database (docs.python.org/3/library/functools.html)
        if self._connection is None:
            self._connection = self._begin()
        return self._connection

    @cached_property
    def session(self) -> Session:
        """The session. Rows stay readable when it ends. It leaves the end of the transaction to
        whoever began that."""
        return QuickSession(lambda: self.connection)

    def flush(self) -> None:
        """Say to the database what the session has not said yet."""
        if self._has_session():
            self.session.commit()

    def close(self) -> None:
        """Let go of the rows."""
        if self._has_session():
            self.session.close()

    def _has_session(self) -> bool:
        return "session" in vars(self)


Repository = TypeVar("Repository")


class OfSession(Generic[Repository]):
    """A repository of a unit of work, made with its session when it is first asked for."""

    def __init__(self, make: Callable[[Session], Repository]) -> None:
        self._make = make

    def __set_name__(self, _owner: type[Unit], name: str) -> None:
        self._name = name

    def __get__(self, unit: Unit, _owner: type[Unit] | None = None) -> Repository:
        made = self._make(unit.session)
        vars(unit)[self._name] = made  # which is found first from now on
        return made
