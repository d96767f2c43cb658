"""Empty databases of either kind."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from storage.database import connect
from storage.migrate import upgrade
from tests.real.postgres import Postgres


@pytest.fixture(scope="session")
def cluster() -> Iterator[Postgres]:
    with Postgres() as running:
        yield running


@pytest.fixture(params=["postgresql", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty, migrated database of either kind."""
    if request.param == "sqlite":
        fresh = f"sqlite:///{tmp_path / 'maildesk.db'}"
    else:
        fresh = str(request.getfixturevalue("cluster").url)
        engine = connect(fresh)
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE; CREATE SCHEMA public"))
        engine.dispose()
    upgrade(fresh)
    return fresh
