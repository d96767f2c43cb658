"""Retention on both databases: every sweep runs there, and the audit is forgotten only where it is
older than a year."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, select

from bot.app.retention import Retention
from bot.common.stop import Stop
from storage.database import Conflict, Store, connect
from storage.tables import AuditEntry, AuditRepetition
from tests.support.fast_ports import FastClock

pytestmark = pytest.mark.real

NOW = datetime.now(UTC)
"""The databases go by their own clocks."""


def entry(action: str, at: datetime) -> AuditEntry:
    return AuditEntry(at=at, team="T", user="U", action=action, subject="x", detail={})


def refused(action: str, at: datetime, last_at: datetime) -> AuditEntry:
    made = entry(action, at)
    made.repetition = AuditRepetition(likeness=action, first_at=at, last_at=last_at, times=2)
    return made


def test_the_audit_is_forgotten_where_it_is_old_enough(url: str) -> None:
    store = Store(connect(url))
    old = NOW - timedelta(days=500)
    young = NOW - timedelta(days=300)
    with store.transaction() as tx:
        for each in (
            entry("old", old),
            refused("old refusal", old, old),
            refused("refused until lately", old, young),
            entry("young", young),
        ):
            tx.session.add(each)
    everything = (timedelta(days=1), timedelta(days=400), Stop())
    Retention(store, FastClock(NOW), *everything).sweep()
    with store.transaction() as tx:
        oldest_first = select(AuditEntry).order_by(col(AuditEntry.id))
        kept = [each.action for each in tx.session.exec(oldest_first)]
    assert kept == ["refused until lately", "young"]

    for table, key in ((AuditEntry, AuditEntry.id), (AuditRepetition, AuditRepetition.entry_id)):
        youngest_first = select(table).order_by(col(key).desc())
        with pytest.raises((DBAPIError, Conflict)), store.transaction() as tx:
            tx.session.delete(tx.session.exec(youngest_first).first())
    store.engine.dispose()
