"""A PostgreSQL that another server took over from: what is connected to it looks for the primary."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from storage.database import CannotConnect, DatabaseAway, Store, connect, look_in
from tests.real.daemon import free_ports
from tests.support.databases import Databases

pytestmark = [pytest.mark.real]

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
QUESTIONS_ONLY = "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"
"""From then on a server takes from a connection what a standby takes: questions."""


@pytest.fixture
def url(databases: Databases, tmp_path: Path) -> Iterator[str]:
    yield databases.url(databases.of(tmp_path))
    databases.leave(tmp_path)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    made = Store(connect(url))
    yield made
    made.engine.dispose()


def becomes_a_standby(store: Store) -> None:
    """The server of the connection that is there takes no more than questions."""
    with store.engine.begin() as connection:
        connection.exec_driver_sql(QUESTIONS_ONLY)


def server_process(store: Store) -> object:
    with store.reading() as tx:
        return tx.connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()


def test_a_standby_is_left_for_the_primary(store: Store) -> None:
    before = server_process(store)
    becomes_a_standby(store)
    assert server_process(store) == before, "it answers questions"
    with pytest.raises(DatabaseAway), store.transaction() as tx:
        tx.channels.first_sight("told", NOW)
    with store.transaction() as tx:
        assert tx.channels.first_sight("told", NOW), "nothing of before was kept"
    assert server_process(store) != before


def test_a_standby_takes_no_writes(store: Store) -> None:
    becomes_a_standby(store)
    assert not store.takes_writes()
    assert store.takes_writes(), "the primary"


def test_of_several_hosts_the_one_that_takes_writes_is_used(url: str) -> None:
    whole = make_url(url)
    port = whole.port
    several = whole.set(host=None, port=None).update_query_dict(
        {
            "host": "127.0.0.1,127.0.0.1",
            "port": f"{free_ports(1)[0]},{port}",
            "target_session_attrs": "read-write",
        }
    )
    written = several.render_as_string(hide_password=False)
    look_in(written)
    engine = connect(url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(
            f"ALTER DATABASE {whole.database} SET default_transaction_read_only = on"
        )
    engine.dispose()
    look_in(url)
    with pytest.raises(CannotConnect, match="read-only"):
        look_in(written)
