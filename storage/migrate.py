"""Bringing a database up to date."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, make_url, text
from sqlalchemy.exc import OperationalError

from storage.database import connect

MIGRATIONS = Path(__file__).with_name("migrations")
MAX_REASON = 300
VERSIONS = "alembic_version"
"""Where Alembic keeps a database's revision."""
OLDEST = "oldest_code"
"""The column beside the revision: the newest revision that a release has to know at least, to go on
with tables that are newer than it. A migration that takes something away raises it."""
LOCK = 0x6D61696C
"""The number of the advisory lock, "mail" in ASCII; other programs in the database have others."""


class TooNew(Exception):
    """The tables are of a newer release, and this one cannot go on with them."""

    def __init__(self, revision: str) -> None:
        super().__init__(
            f"the database is at migration {revision}, which this release does not know "
            f"(it knows {newest_revision()} at most): start the newer release"
        )


def upgrade(url: str) -> None:
    """Apply every migration that the database at `url` does not have yet. Tables of a newer release
    that lets this one go on with them are left as they are.

    Several processes may begin at once: the others wait until one is done, and find nothing left
    to do. All migrations are one transaction, so one that fails or is killed leaves the database as
    it was.

    Raises:
        TooNew: the tables are of a newer release that does not.
    """
    engine = connect(url)
    with engine.begin() as connection:
        wait_for_others(connection)
        there = _standing(connection)
        if not there.usable:
            raise TooNew(there.revision)
        if there.known:
            upgrade_within(connection)
    engine.dispose()


def upgrade_within(connection: Connection) -> None:
    """The same in a transaction of the caller's, who holds the right to migrate."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def upgrade_if_there(url: str) -> str:
    """The same where the database answers; else why it does not, in one line. SQLite's file is
    there or cannot be: nothing of it passes by itself.

    Raises:
        TooNew: as `upgrade` does.
    """
    try:
        upgrade(url)
    except OperationalError as error:
        if make_url(url).get_backend_name() == "sqlite":
            raise
        return " ".join(str(error.orig).split())[:MAX_REASON]
    return ""


@dataclass(frozen=True)
class Standing:
    """At which migration a database is: `revision` (empty where it has no tables of ours), the
    newest that we know, and whether we know the database's own at all. `usable`: we do, or it is a
    newer one that lets this release go on."""

    revision: str
    newest: str
    known: bool
    usable: bool

    @property
    def is_newest(self) -> bool:
        """Whether nothing is left to do."""
        return self.revision == self.newest

    @property
    def is_ready(self) -> bool:
        """Whether this release works with it as it is."""
        return self.is_newest or (self.usable and not self.known)


def standing(engine: Engine) -> Standing:
    """At which migration a database is. Changes nothing."""
    with engine.connect() as connection:
        return _standing(connection)


def wait_for_others(connection: Connection) -> None:
    """Hold the right to migrate until the transaction ends. SQLite's transactions begin with the
    write lock (`connect`), so that there it is held already."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})


def newest_revision() -> str:
    """The revision that this release needs."""
    return _revisions()[0]


def revision_of(connection: Connection) -> str:
    """The revision that a database has; empty where it has no tables of ours."""
    if not inspect(connection).has_table(VERSIONS):
        return ""
    return str(connection.execute(text(f"SELECT version_num FROM {VERSIONS}")).scalar() or "")


def _standing(connection: Connection) -> Standing:
    newest, ours = _revisions()
    revision = revision_of(connection)
    known = not revision or revision in ours
    return Standing(revision, newest, known, known or _oldest_code(connection) in ours)


def _oldest_code(connection: Connection) -> str:
    """What a release has to know to go on with the tables; empty where they do not say."""
    if all(column["name"] != OLDEST for column in inspect(connection).get_columns(VERSIONS)):
        return ""
    return str(connection.execute(text(f"SELECT {OLDEST} FROM {VERSIONS}")).scalar() or "")


@cache
def _revisions() -> tuple[str, frozenset[str]]:
    """The newest revision, and all."""
    scripts = ScriptDirectory.from_config(_config())
    known = frozenset(script.revision for script in scripts.walk_revisions())
    return scripts.get_current_head() or "", known


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config
