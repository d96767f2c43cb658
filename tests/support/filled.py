"""A database with rows in every table, whatever tables there are, and what is in it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Engine,
    Enum,
    Float,
    Integer,
    LargeBinary,
    Table,
    func,
    select,
)
from sqlmodel import SQLModel

from storage import tables as tables
from storage.cipher import Cipher
from storage.row_text import shown
from storage.types import Sealed, UtcDateTime

ROWS = 3
BEGAN = datetime(2026, 11, 2, 23, 59, 59, 999_999, tzinfo=UTC)
ODD = "ß 'quoted' \"twice\" \\ back\r\n\ttab ☃ 😀 \x7f  = +"
BEYOND_32_BITS = 2**40
Contents = dict[str, list[tuple[Any, ...]]]


def fill(engine: Engine, cipher: Cipher) -> None:
    """Give every table some rows: each column has every kind of value that it may have. A row that
    refers to its own table refers to a later one."""
    with engine.begin() as connection:
        for table in SQLModel.metadata.sorted_tables:
            own = [key.parent.name for key in table.foreign_keys if key.column.table is table]
            for number in range(1, ROWS + 1):
                row = {c.name: value(c, number, cipher) for c in table.columns}
                connection.execute(table.insert().values(row | dict.fromkeys(own)))
            for name in own:
                _refer_to_the_next(connection, table, table.columns[name])


def _refer_to_the_next(connection: Connection, table: Table, column: Column[Any]) -> None:
    (key,) = table.primary_key
    for number in range(1, ROWS):
        change = table.update().where(key == number)
        connection.execute(change.values({column.name: number + 1}))


def value(column: Column[Any], number: int, cipher: Cipher) -> Any:
    """What a column has in the row of that number; rows that refer to each other have the same."""
    for key in column.foreign_keys:
        return value(key.column, number, cipher)
    if column.nullable and number == 1:
        return None
    match column.type:
        case Enum() as words:
            return words.enums[number % len(words.enums)]
        case UtcDateTime():
            return BEGAN + timedelta(days=number, microseconds=number)
        case Sealed() | LargeBinary():
            return cipher.seal_bytes(bytes(range(256)), "filled")
        case Boolean():
            return number % 2 == 0
        case BigInteger():
            return BEYOND_32_BITS + number
        case Integer():
            return number
        case Float():
            return number / 3
        case JSON():
            return {"ü": [number, None, True, 0.5], ODD: {"deep": []}} if number > 2 else []
    return f"{number} {ODD}" if number > 1 or column.primary_key or column.unique else ""


def contents(engine: Engine) -> Contents:
    """Every row of every table, in the order of its key."""
    with engine.connect() as connection:
        return {
            table.name: [
                tuple(row)
                for row in connection.execute(
                    select(*map(shown, table.columns)).order_by(*table.primary_key)
                )
            ]
            for table in SQLModel.metadata.sorted_tables
        }


def count(engine: Engine) -> int:
    """How many rows there are in all tables."""
    with engine.connect() as connection:
        return sum(
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in SQLModel.metadata.sorted_tables
        )
