"""The numbers that a database gave its rows last. They go on from there after a restore: whoever
still has a number of a row that is gone must not find another one under it."""

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, Table, func, select, text
from sqlmodel import SQLModel

SQLITE_COUNTS = "AUTOINCREMENT"
"""What SQLite's tables say that never give a number twice; the others go on from the highest."""


def read(connection: Connection) -> dict[str, int]:
    """The last number that was given in each table whose rows are numbered."""
    if connection.dialect.name == "postgresql":
        return {
            table.name: _last_of_sequence(connection, name)
            for table, name in _sequences(connection)
        }
    counted = _counted(connection)
    return {
        table.name: max(counted.get(table.name, 0), _highest(connection, table))
        for table in _numbered()
    }


def write(connection: Connection, numbers: Mapping[str, int]) -> None:
    """Go on from these numbers."""
    if connection.dialect.name == "postgresql":
        for table, name in _sequences(connection):
            last = max(numbers.get(table.name, 0), _highest(connection, table))
            given = {"name": name, "last": max(last, 1), "was_given": last > 0}
            connection.execute(text("SELECT setval(:name, :last, :was_given)"), given)
        return
    counted = _counted(connection)
    for name in counted.keys() & numbers.keys():
        there = {"name": name, "last": numbers[name]}
        connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), there)
        connection.execute(text("INSERT INTO sqlite_sequence VALUES (:name, :last)"), there)


def _numbered() -> list[Table]:
    """The tables whose rows the database numbers."""
    return [
        table
        for table in SQLModel.metadata.sorted_tables
        if table.autoincrement_column is not None and not table.autoincrement_column.foreign_keys
    ]


def _highest(connection: Connection, table: Table) -> int:
    (key,) = table.primary_key
    return int(connection.execute(select(func.max(key))).scalar() or 0)


def _sequences(connection: Connection) -> Iterator[tuple[Table, str]]:
    """Each numbered table with PostgreSQL's sequence for it, if it has one."""
    quote = connection.dialect.identifier_preparer.quote
    for table in _numbered():
        (key,) = table.primary_key
        asked = text("SELECT pg_get_serial_sequence(:table, :column)")
        of = {"table": quote(table.name), "column": key.name}
        name = connection.execute(asked, of).scalar()
        if name is not None:
            yield table, str(name)


def _last_of_sequence(connection: Connection, name: str) -> int:
    last, was_given = connection.execute(text(f"SELECT last_value, is_called FROM {name}")).one()
    return int(last) if was_given else 0


def _counted(connection: Connection) -> dict[str, int]:
    """The last number of each table that SQLite counts; 0 where it has given none."""
    made = text("SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE :counts")
    names = connection.execute(made, {"counts": f"%{SQLITE_COUNTS}%"}).scalars().all()
    if not names:
        return {}
    given = connection.execute(text("SELECT name, seq FROM sqlite_sequence")).all()
    return dict.fromkeys(names, 0) | {name: int(last) for name, last in given}
