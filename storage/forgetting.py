"""How old rows are deleted: looked for first, so many at a time, and none that something needs."""

from typing import Any

from sqlalchemy import ColumnElement, String, cast, inspect, literal, or_, text, tuple_
from sqlmodel import Session, SQLModel, col, delete, exists, func, select

from storage.tables import OutboxItem
from storage.tables.messages import GIVEN_UP, WAITS

AT_ONCE = 400
"""So many rows are named in one statement: some versions of SQLite take 999 values
(sqlite.org/limits.html), and a key may have two."""


def forget(
    session: Session,
    table: type[SQLModel],
    old: tuple[ColumnElement[bool], ...],
    limit: int,
    *beside: Any,
) -> int:
    """Delete up to `limit` rows that are `old`, and with each what stands `beside` it: the rows
    whose column of these refers to it. How many rows of the table that were."""
    columns = list(inspect(table).primary_key)
    # Looked for before: two processes that sweep at once would wait for each other's rows
    found = select(*columns).where(*old).limit(limit).with_for_update(skip_locked=True, of=table)
    keys = [tuple(row) for row in session.connection().execute(found)]
    for begin in range(0, len(keys), AT_ONCE):
        part = keys[begin : begin + AT_ONCE]
        first = [key for key, *_ in part]
        for column in beside:
            session.exec(delete(column.class_).where(column.in_(first)))
        one = len(columns) == 1
        session.exec(delete(table).where(columns[0].in_(first) if one else _among(columns, part)))
    return len(keys)


def unreferred(key: Any) -> list[ColumnElement[bool]]:
    """That no row of any table points to a `key`, by the schema's foreign keys."""
    target = f"{inspect(key.class_).local_table.name}.{key.key}"
    return [
        ~exists().where(column == key)
        for table in SQLModel.metadata.tables.values()
        for column in table.columns
        if any(foreign.target_fullname == target for foreign in column.foreign_keys)
    ]


def not_last(key: Any) -> ColumnElement[bool]:
    """That a row is not the last that was made. SQLite would give its number to another one, which
    would be taken for it: by a message in Slack, or a job that is late."""
    last: ColumnElement[bool] = key < select(func.max(key)).correlate(None).scalar_subquery()
    return last


def message(begin: str, *numbers: Any) -> ColumnElement[str]:
    """The key of a row's message: how it begins, and numbers with colons between
    (`bot.messages.notices` makes it)."""
    key: ColumnElement[str] = literal(begin)
    for number in numbers:
        key = key + literal(":") + (literal(number) if isinstance(number, str) else _text(number))
    return key


def untold(key: ColumnElement[str]) -> tuple[ColumnElement[bool], ...]:
    """That neither the message with this key nor one in its thread is still to be shown: it is
    drawn from what is kept when its turn comes, or when its channel is open again."""
    about = or_(col(OutboxItem.key) == key, col(OutboxItem.thread_key) == key)
    return tuple(
        ~exists().select_from(OutboxItem).where(text(few), about) for few in (WAITS, GIVEN_UP)
    )


def _among(columns: list[Any], keys: list[tuple[Any, ...]]) -> ColumnElement[bool]:
    return tuple_(*columns).in_(keys)


def _text(number: Any) -> ColumnElement[str]:
    return cast(col(number), String)
