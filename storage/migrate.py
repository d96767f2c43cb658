"""Bringing a database up to date."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import OperationalError

from storage.database import connect

MIGRATIONS = Path(__file__).with_name("migrations")
MAX_REASON = 300
LOCK = 0x6D61696C
"""The number of the advisory lock, "mail" in ASCII; other programs in the database have others."""


def upgrade(url: str) -> None:
    """Apply every migration that the database at `url` does not have yet.

    Several processes may begin at once: the others wait until one is done, and find nothing left
    to do. All migrations are one transaction, so one that fails or is killed leaves the database as
    it was.
    """
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = connect(url)
    with engine.begin() as connection:
        _wait_for_others(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    engine.dispose()


def upgrade_if_there(url: str) -> str:
    """The same where the database answers; else why it does not, in one line. SQLite's file is
    there or cannot be: nothing of it passes by itself."""
    try:
        upgrade(url)
    except OperationalError as error:
        if make_url(url).get_backend_name() == "sqlite":
            raise
        return " ".join(str(error.orig).split())[:MAX_REASON]
    return ""


def _wait_for_others(connection: Connection) -> None:
    """Hold the right to migrate until the transaction ends. SQLite's transactions begin with the
    write lock (`connect`), so that there it is held already."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
