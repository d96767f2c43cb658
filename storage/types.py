"""Column types that behave alike on SQLite and PostgreSQL."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    BindParameter,
    Column,
    DateTime,
    Dialect,
    Enum,
    Integer,
    LargeBinary,
    bindparam,
)
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time. SQLite has no time zones, so they are taken off going in and put back
    coming out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive time: it would be read back as another moment."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("times are stored aware, in UTC")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Always aware."""
        if value is None:
            return None
        assert isinstance(value, datetime)
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Sealed(TypeDecorator[bytes]):
    """A value that is sealed with the encryption keys (`storage.cipher`). Whoever has to know where
    such are kept, asks for the columns of this type."""

    impl = LargeBinary
    cache_ok = True


ERASED = b""
"""What stands in the place of a sealed value that was erased before its row is."""

BIG_ID = BigInteger().with_variant(Integer, "sqlite")

NOW: BindParameter[datetime] = bindparam("now", type_=UtcDateTime())
"""The time in a statement that looks for due work. Such statements are asked again and again, most
often for nothing, and to put one together takes longer than to ask it: they are put together once,
with the time left open."""

LIMIT: BindParameter[int] = bindparam("limit", type_=Integer)
"""How many rows such a statement asks for."""


def time_column(nullable: bool = False, index: bool = False) -> Any:
    """A column for an aware UTC time."""
    return Field(default=None, sa_column=Column(UtcDateTime(), nullable=nullable, index=index))


def word_column(
    words: type[StrEnum],
    primary_key: bool = False,
    nullable: bool = False,
    default: StrEnum | None = None,
) -> Any:
    """A column that holds one of `words`, as text: a new word needs no change of the database.
    `default`: what it holds where nothing is said."""
    column_type = Enum(
        words,
        native_enum=False,
        length=32,
        values_callable=lambda all_: [word.value for word in all_],
    )
    unsaid = default or (None if nullable else ...)
    return Field(
        default=unsaid, sa_column=Column(column_type, nullable=nullable, primary_key=primary_key)
    )


def sealed_column() -> Any:
    """A column for what is sealed with the encryption keys."""
    return Field(sa_column=Column(Sealed(), nullable=False))


def json_column() -> Any:
    """A column for facts by their names."""
    return Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


def big_id_column() -> Any:
    """The key of a table that grows without end."""
    return Field(default=None, sa_column=Column(BIG_ID, primary_key=True, autoincrement=True))
