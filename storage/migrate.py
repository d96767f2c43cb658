"""Bringing a database up to date."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from storage.database import connect

MIGRATIONS = Path(__file__).with_name("migrations")
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


def _wait_for_others(connection: Connection) -> None:
    """Hold the right to migrate until the transaction ends. SQLite's transactions begin with the
    write lock (`connect`), so that there it is held already."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
