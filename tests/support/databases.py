"""Which database the tests run on: SQLite, or PostgreSQL where MAILDESK_TEST_DATABASE says so. Then
each bot has a database of its own in the private cluster of its process."""

import atexit
import gc
import os
import weakref
from collections import deque
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.pool import PoolProxiedConnection

from storage.database import connect
from storage.migrate import VERSIONS, upgrade
from tests.real.postgres import Postgres
from tests.support.compiled import sharing

CHOICE = "MAILDESK_TEST_DATABASE"
TEMPLATE = "maildesk_template"
MAX_CONNECTIONS = 400
"""Each bot that still lives keeps one, a running world some."""

MANY = 10
"""From so many bots on, those that nobody knows any more are looked for; where all are known, only
when there are twice as many."""

TABLES = (
    f"SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> '{VERSIONS}'"
)
SEQUENCES = "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'"


def on_postgresql() -> bool:
    """Whether PostgreSQL takes SQLite's place.

    Raises:
        ValueError: the environment names another database.
    """
    chosen = os.environ.get(CHOICE, "sqlite")
    if chosen not in ("sqlite", "postgresql"):
        raise ValueError(f"{CHOICE} is sqlite or postgresql")
    return chosen == "postgresql"


class Databases:
    """The databases of a cluster."""

    def __init__(self, cluster: Postgres) -> None:
        """Migrate the one that the others are copied from."""
        self._address = make_url(cluster.url)
        self._admin = self._to("postgres")
        self._made = 0
        self._in_folders: dict[Path, str] = {}
        self._unused: deque[str] = deque()
        self._admin.execute(f"CREATE DATABASE {TEMPLATE}")
        upgrade(self.url(TEMPLATE))
        with self._to(TEMPLATE) as template:
            self.rows = Rows(template)

    def url(self, name: str) -> str:
        """How to reach a database."""
        return self._address.set(database=name).render_as_string(hide_password=False)

    def new(self) -> str:
        """A migrated database without rows; its name. What nobody uses any more is dropped."""
        while self._unused:
            self._admin.execute(f"DROP DATABASE {self._unused.popleft()} WITH (FORCE)")
        self._made += 1
        name = f"maildesk_{self._made}"
        self._admin.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        return name

    def of(self, folder: Path) -> str:
        """The database of what lives in this folder, made when it is asked for first; its name."""
        if folder not in self._in_folders:
            self._in_folders[folder] = self.new()
        return self._in_folders[folder]

    def leave(self, folder: Path) -> None:
        """Nobody lives in this folder any more."""
        if folder in self._in_folders:
            self._unused.append(self._in_folders.pop(folder))

    def close(self) -> None:
        """Say goodbye to the cluster."""
        self._admin.close()

    def _to(self, name: str) -> psycopg.Connection[Any]:
        address = self._address.set(drivername="postgresql", database=name)
        return psycopg.connect(address.render_as_string(hide_password=False), autocommit=True)


class Rows:
    """All rows of a database. To delete them is a matter of milliseconds, where a new database is
    hundreds of files."""

    def __init__(self, template: psycopg.Connection[Any]) -> None:
        """`template`: a connection to a database of the same tables."""
        self._tables = [name for (name,) in template.execute(TABLES)]
        self._sequences = [name for (name,) in template.execute(SEQUENCES)]

    def delete(self, engine: Engine) -> None:
        """Empty a database, and number from one again."""
        emptied = "; ".join(f'DELETE FROM "{name}"' for name in self._tables)
        numbered = ", ".join(f"setval('{name}', 1, false)" for name in self._sequences)
        with engine.begin() as connection:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            connection.exec_driver_sql(f"{emptied}; SELECT {numbered}")

    def copy(self, source: Engine, target: Engine) -> None:
        """Put everything that is in one database into another, which is empty."""
        # Beside the engines, of which a test may hear whenever they begin something
        with closing(source.raw_connection()) as here, closing(target.raw_connection()) as there:
            reader, writer = _cursor(here), _cursor(there)
            writer.execute("SET LOCAL session_replication_role = replica")
            for name in self._filled(reader):
                with (
                    reader.copy(f'COPY "{name}" TO STDOUT') as rows,
                    writer.copy(f'COPY "{name}" FROM STDIN') as copied,
                ):
                    for row in rows:
                        copied.write(row)
            standing = "SELECT '{0}', last_value, is_called FROM \"{0}\""
            reader.execute(" UNION ALL ".join(standing.format(name) for name in self._sequences))
            writer.executemany("SELECT setval(%s, %s, %s)", reader.fetchall())
            there.commit()

    def _filled(self, reader: psycopg.Cursor[Any]) -> list[str]:
        filled = "SELECT '{0}' WHERE EXISTS (SELECT 1 FROM \"{0}\")"
        reader.execute(" UNION ALL ".join(filled.format(name) for name in self._tables))
        return [name for (name,) in reader.fetchall()]


class Engines:
    """Engines of databases that are used again, by one bot after the other."""

    def __init__(self, databases: Databases) -> None:
        self._databases = databases
        self._free: deque[Engine] = deque()
        self._lent = 0
        self._many = MANY

    def take(self, like: Engine | None) -> Engine:
        """An engine of a database of its own: without rows, or with all that are in `like`'s."""
        if not self._free and self._lent >= self._many:
            gc.collect()  # a bot is a circle
            self._many = MANY if self._free else 2 * self._lent
        engine = self._emptied() or self._new()
        if like is not None:
            self._databases.rows.copy(like, engine)
        lent = sharing(engine)
        self._lent += 1
        # Whoever lets go of it may be the garbage collector, at any moment: nothing is done then
        weakref.finalize(lent, self._take_back, engine).atexit = False
        return lent

    def _new(self) -> Engine:
        engine = connect(self._databases.url(self._databases.new()))
        engine.pool._pre_ping = False  # this server goes away for nobody
        return engine

    def _take_back(self, engine: Engine) -> None:
        self._lent -= 1
        self._free.append(engine)

    def _emptied(self) -> Engine | None:
        if not self._free:
            return None
        engine = self._free.popleft()
        self._databases.rows.delete(engine)
        return engine


@cache
def databases() -> Databases:
    """Those of this process, whose cluster ends with it."""
    cluster = Postgres(max_connections=str(MAX_CONNECTIONS))
    cluster.__enter__()
    made = Databases(cluster)
    owner = os.getpid()

    def end() -> None:
        if os.getpid() == owner:  # not in a process that was forked from it
            made.close()
            cluster.__exit__()

    atexit.register(end)
    return made


@cache
def _engines() -> Engines:
    return Engines(databases())


def engine_of(like: Engine | None = None) -> Engine:
    """An engine of a new database, with everything that is in `like`'s where that is given. The
    database is used again when the engine is gone."""
    return _engines().take(like)


def url_of(folder: Path) -> str:
    """The database of the world that lives in this folder."""
    return databases().url(databases().of(folder))


def let_go(folder: Path) -> None:
    """The world in this folder is gone."""
    if on_postgresql():
        databases().leave(folder)


def _cursor(connection: PoolProxiedConnection) -> psycopg.Cursor[Any]:
    """Past the engine, which says at the beginning of a transaction whether it only reads: the one
    before on this connection may have."""
    driver: Any = connection.driver_connection
    driver.read_only = None
    return psycopg.Cursor(driver)
