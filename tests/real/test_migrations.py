"""Migrations of databases that are in use: what stands in them stays, and new columns have a
meaning for it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

from storage.database import Store, connect
from storage.migrate import MIGRATIONS, upgrade
from storage.vocabulary import State

pytestmark = pytest.mark.real

SINCE = datetime(2026, 11, 1, 12, tzinfo=UTC)


def to(engine: Engine, revision: str) -> None:
    """Bring an empty database to an earlier revision."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("DROP SCHEMA public CASCADE; CREATE SCHEMA public"))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


ROWS = """
INSERT INTO customer (id, name, tenant_id, created_at) VALUES (1, 'Acme', '', :at);
INSERT INTO channel (id, customer_id, bound_by_team, bound_by_user, bound_at) VALUES ('C1', 1, 'T', 'U', :at);
INSERT INTO account (id, ref, customer_id, channel_id, name, sender_name, sender_email, username, shared_mailbox, address_key,
 state, state_since, owner, tenant_id, object_id, signed_in_as, created_at, created_by_team, created_by_user,
 nag_rung, nag_due_at) VALUES (1, 'MB-1', 1, 'C1', 'Info', 'Acme', 'a@acme.example', 'a@acme.example', '', 'a@acme.example',
 'awaiting_sign_in', :at, 'user', '', '', '', :at, 'T', 'U', 0, NULL);
INSERT INTO account (id, ref, customer_id, channel_id, name, sender_name, sender_email, username, shared_mailbox, address_key,
 state, state_since, owner, tenant_id, object_id, signed_in_as, created_at, created_by_team, created_by_user,
 nag_rung, nag_due_at) VALUES (2, 'MB-2', 1, 'C1', 'Live', 'Acme', 'b@acme.example', 'b@acme.example', '', 'b@acme.example',
 'live', :at, 'maildesk', '', '', '', :at, 'T', 'U', 0, NULL);
INSERT INTO foldermapping (account_id, role, server_name, shown_name) VALUES (2, 'sent', 'Sent', 'Sent')
"""


def test_a_database_in_use_is_brought_up_to_date(url: str, tmp_path: Path) -> None:
    fresh = url if url.startswith("postgresql") else f"sqlite:///{tmp_path / 'old.db'}"
    engine = connect(fresh)
    to(engine, "0003")
    with engine.begin() as connection:
        at = SINCE if engine.dialect.name == "postgresql" else SINCE.replace(tzinfo=None)
        for row in ROWS.strip().split(";\n"):
            connection.execute(text(row), {"at": at} if ":at" in row else {})
    upgrade(fresh)
    with Store(engine).transaction() as tx:
        waits, live = tx.accounts.get(1), tx.accounts.get(2)
        channel = tx.channels.get("C1")
        assert channel is not None and channel.closed == ""
        assert (
            tx.channels.customer(1).time_zone == "" and tx.channels.customer(1).paused_until is None
        )
        assert (
            waits.state is State.AWAITING_SIGN_IN
            and waits.nag_due_at is not None
            and waits.nag_due_at > SINCE
        )
        assert live.nag_due_at is None and live.nag_since == SINCE
        assert [row.lost for row in tx.accounts.folders(2).values()] == [None]
    engine.dispose()
