"""An incident as it is shown."""

from dataclasses import dataclass
from datetime import datetime

from bot.diagnosis.failures import Failures
from bot.diagnosis.verdict import Verdict
from storage.database import Store
from storage.tables import Incident


@dataclass(frozen=True)
class IncidentView:
    """The plain facts of an alert to on-call for one cause; `failure_ref` is the error ID with
    which it began."""

    id: int
    cause: str
    failure_ref: str
    count: int
    opened_at: datetime
    last_at: datetime
    acknowledged_by: str
    acknowledged_at: datetime | None
    ended_at: datetime | None

    @classmethod
    def of(cls, row: Incident) -> "IncidentView":
        """The incident as it stands now."""
        return cls(
            id=row.id,
            cause=row.cause,
            failure_ref=row.failure_ref,
            count=row.count,
            opened_at=row.opened_at,
            last_at=row.last_at,
            acknowledged_by=row.acknowledged_by,
            acknowledged_at=row.acknowledged_at,
            ended_at=row.ended_at,
        )


@dataclass(frozen=True)
class AlertCard:
    """What an alert tells: the incident, and what its cause means."""

    incident: IncidentView
    verdict: Verdict


@dataclass(frozen=True)
class OpenIncident:
    """A cause that is at work and on-call's to mend, the error ID where it was seen first, and who
    looks after it ("" for nobody)."""

    title: str
    error: str
    since: datetime | None = None
    taken_by: str = ""


class AlertCards:
    """Reads what is shown of incidents, as they stand now."""

    def __init__(self, store: Store, failures: Failures) -> None:
        self._store = store
        self._failures = failures

    def card(self, incident_id: int) -> AlertCard:
        """What the alert of an incident tells."""
        with self._store.transaction() as tx:
            incident = tx.incidents.get(incident_id)
            assert incident is not None
            failure = tx.failures.get(incident.failure_ref)
            assert failure is not None
            return AlertCard(IncidentView.of(incident), self._failures.verdict(tx, failure))
