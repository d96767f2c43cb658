"""Alerts as they are kept: one is open for a cause at a time."""

from datetime import UTC, datetime, timedelta

import pytest

from storage.database import Store
from storage.statuses import IncidentEvent
from storage.tables import Failure, Incident
from storage.vocabulary import IncidentStatus, Owner, Permanence, Scope, Severity
from tests.support.fast_database import new_database

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def store() -> Store:
    store = Store(new_database())
    with store.transaction() as tx:
        tx.failures.add(
            Failure(
                ref="MX-1",
                cause="wrong-secret",
                step="token",
                owner=Owner.ON_CALL,
                scope=Scope.APPLICATION,
                permanence=Permanence.AFTER_FIX,
                first_at=NOW,
                last_at=NOW,
            )
        )
    return store


def alert(at: datetime) -> Incident:
    return Incident(
        fingerprint="wrong-secret/application/",
        open_fingerprint="wrong-secret/application/",
        cause="wrong-secret",
        scope=Scope.APPLICATION,
        severity=Severity.HIGH,
        status=IncidentStatus.OPEN,
        failure_ref="MX-1",
        opened_at=at,
        last_at=at,
    )


@pytest.mark.delivery
def test_a_second_alert_for_a_cause_that_has_one_is_not_kept_and_breaks_nothing(
    store: Store,
) -> None:
    with store.transaction() as tx:
        first = tx.incidents.add(alert(NOW))

    with store.transaction() as tx:
        assert tx.incidents.add(alert(NOW)).id == first.id

    with store.transaction() as tx:
        assert len(tx.incidents.all_open()) == 1


def test_an_alert_that_is_closed_makes_room_for_the_next_in_the_same_transaction(
    store: Store,
) -> None:
    later = NOW + timedelta(days=2)
    with store.transaction() as tx:
        first = tx.incidents.add(alert(NOW))

    with store.transaction() as tx:
        first = tx.incidents.lock_open("wrong-secret/application/") or first
        first.happened(IncidentEvent.CLOSED, later)
        second = tx.incidents.add(alert(later))

    with store.transaction() as tx:
        assert [incident.id for incident in tx.incidents.all_open()] == [second.id]
        left = tx.incidents.get(first.id)
        assert left is not None and left.status is IncidentStatus.CLOSED
        assert left.ended_at == later


def test_an_alert_that_was_mended_opens_again_and_keeps_its_count(store: Store) -> None:
    later = NOW + timedelta(minutes=5)
    with store.transaction() as tx:
        tx.incidents.add(alert(NOW)).happened(IncidentEvent.MENDED, NOW)

    with store.transaction() as tx:
        assert tx.incidents.all_open() == []
        mended = tx.incidents.lock_open("wrong-secret/application/")
        assert mended is not None and mended.mended_at == NOW
        mended.happened(IncidentEvent.RETURNED, later)
        mended.happened(IncidentEvent.SEEN, later)

    with store.transaction() as tx:
        [reopened] = tx.incidents.all_open()
        assert (reopened.count, reopened.last_at, reopened.mended_at) == (2, later, None)
