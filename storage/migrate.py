"""Bringing a database up to date."""

from pathlib import Path

from alembic import command
from alembic.config import Config

from storage.database import connect

MIGRATIONS = Path(__file__).with_name("migrations")


def upgrade(url: str) -> None:
    """Apply every migration that the database at `url` does not have yet."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = connect(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    engine.dispose()
