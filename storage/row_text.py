"""A row as JSON, by the types of its columns, and back."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ColumnElement,
    DateTime,
    Enum,
    Float,
    Integer,
    LargeBinary,
    String,
    TypeDecorator,
    type_coerce,
)

AS_IT_IS = (Boolean, Float, Integer, JSON, String)
"""Types whose values JSON knows; words and big integers are among them, and JSON has
every digit of a number."""

Change = Callable[[Any], Any]


class NoText(TypeError):
    """Nobody says how values of a column's type are written; the text names the column."""


class RowText:
    """How the rows of some columns are written and read."""

    def __init__(self, columns: Sequence[Column[Any]]) -> None:
        """
        Raises:
            NoText: a column's type is not known here.
        """
        changes = [_changes(column) for column in columns]
        self._names = [column.name for column in columns]
        self._write = [write for write, _ in changes]
        self._read = [read for _, read in changes]

    def write(self, row: Iterable[Any]) -> list[Any]:
        """The values of a row, in the columns' order, as JSON takes them."""
        return [
            value if value is None else change(value)
            for change, value in zip(self._write, row, strict=True)
        ]

    def read(self, said: Iterable[Any]) -> dict[str, Any]:
        """A row by the names of its columns."""
        return {
            name: value if value is None else change(value)
            for name, change, value in zip(self._names, self._read, said, strict=True)
        }


def shown(column: Column[Any]) -> ColumnElement[Any]:
    """The column, for a question. Words are read as they stand there, whether or not this release
    knows them."""
    return type_coerce(column, String()) if isinstance(column.type, Enum) else column


def _changes(column: Column[Any]) -> tuple[Change, Change]:
    """How a column's value becomes text, and text its value."""
    known = column.type
    kind = known.impl_instance if isinstance(known, TypeDecorator) else known
    if isinstance(kind, DateTime):
        return datetime.isoformat, datetime.fromisoformat
    if isinstance(kind, LargeBinary):
        return lambda value: b64encode(value).decode(), b64decode
    if isinstance(kind, AS_IT_IS):
        return _same, _same
    raise NoText(f"{column.table.name}.{column.name}")


def _same(value: Any) -> Any:
    return value
