"""Incidents: the alerts to on-call, one for each cause."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.common.clock import Clock
from bot.common.people import Person
from bot.diagnosis.catalogue import Catalogue
from bot.messages import notices
from storage.database import Store


@dataclass(frozen=True)
class OpenIncident:
    """A cause that is at work and on-call's to mend, and the error ID where it was seen first."""

    title: str
    error: str


class Incidents:
    """What on-call does about alerts."""

    def __init__(
        self, store: Store, clock: Clock, catalogue: Catalogue, alert_channel: str
    ) -> None:
        self._store = store
        self._clock = clock
        self._catalogue = catalogue
        self._alert_channel = alert_channel

    def open(self) -> Sequence[OpenIncident]:
        """Every incident that has not ended, oldest first."""
        with self._store.transaction() as tx:
            found = tx.incidents.all_open()
        return [
            OpenIncident(self._catalogue.verdict(each.cause).title, each.failure_ref)
            for each in found
        ]

    def acknowledge(self, incident_id: int, by: Person) -> None:
        """`by` looks after an incident from now on; somebody who did so before stays, and one that
        is not there is left alone."""
        now = self._clock.now()
        with self._store.transaction() as tx:
            incident = tx.incidents.get(incident_id)
            if incident is None or incident.acknowledged_at is not None:
                return
            incident.acknowledged_by = by.user
            incident.acknowledged_at = now
            notices.show_alert(tx, incident, self._alert_channel, now)
