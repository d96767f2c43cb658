"""Somebody else at the bot's database: who holds it, and who reads all that is kept in it."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import inspect

from storage.database import connect, file_of


@contextmanager
def database_held(url: str) -> Iterator[None]:
    """Somebody else holds the whole database, so that nobody of ours can do anything in it."""
    engine = connect(url)
    with engine.connect() as connection, connection.begin():  # on SQLite with the write lock
        if engine.dialect.name == "postgresql":
            names = ", ".join(f'"{name}"' for name in inspect(connection).get_table_names())
            connection.exec_driver_sql(f"LOCK TABLE {names}")
        yield
    engine.dispose()


def stored_in(url: str) -> str:
    """All that is in a database: the bytes of SQLite's files, or every row of PostgreSQL's
    tables, with bytes as they are."""
    file = file_of(url)
    if file is not None:
        found = file.parent.glob(f"{file.name}*")
        return b"".join(path.read_bytes() for path in found).decode("latin-1")
    engine = connect(url)
    with engine.begin() as connection:
        kept = [
            str(list(map(_plain, row)))
            for name in inspect(connection).get_table_names()
            for row in connection.exec_driver_sql(f'SELECT * FROM "{name}"')
        ]
    engine.dispose()
    return "\n".join(kept)


def _plain(value: object) -> object:
    return value.decode("latin-1") if isinstance(value, bytes) else value
