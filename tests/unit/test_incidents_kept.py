"""Alerts as they are kept: one is open for a cause at a time."""

from datetime import UTC, datetime, timedelta

import pytest

from storage.database import Store
from storage.statuses import IncidentEvent
from storage.tables import Failure, Incident
from storage.vocabulary import IncidentStatus, Owner, Permanence, Scope
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
        cause="wrong-secret",
        open_cause="wrong-secret",
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


def test_an_alert_that_is_left_makes_room_for_the_next_in_the_same_transaction(
    store: Store,
) -> None:
    later = NOW + timedelta(days=2)
    with store.transaction() as tx:
        first = tx.incidents.add(alert(NOW))

    with store.transaction() as tx:
        first = tx.incidents.open_for("wrong-secret") or first
        tx.incidents.note(first, IncidentEvent.LEFT, later)
        second = tx.incidents.add(alert(later))

    with store.transaction() as tx:
        assert [incident.id for incident in tx.incidents.all_open()] == [second.id]
        left = tx.incidents.get(first.id)
        assert left is not None and left.status is IncidentStatus.LEFT


def test_an_alert_that_ended_is_found_again_and_keeps_its_count(store: Store) -> None:
    later = NOW + timedelta(minutes=5)
    with store.transaction() as tx:
        tx.incidents.note(tx.incidents.add(alert(NOW)), IncidentEvent.ENDED, NOW)

    with store.transaction() as tx:
        assert tx.incidents.open_for("wrong-secret") is None
        ended = tx.incidents.ended("wrong-secret", since=NOW)
        assert ended is not None
        tx.incidents.note(ended, IncidentEvent.SEEN, later)

    with store.transaction() as tx:
        [reopened] = tx.incidents.all_open()
        assert (reopened.count, reopened.last_at, reopened.ended_at) == (2, later, None)
