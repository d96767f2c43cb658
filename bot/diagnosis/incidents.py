"""Incidents: the alerts to on-call, one for each cause."""

from bot.common.clock import Clock
from bot.common.people import Person
from bot.messages import notices
from storage.database import Store


class Incidents:
    """What on-call does about alerts."""

    def __init__(self, store: Store, clock: Clock, alert_channel: str) -> None:
        self._store = store
        self._clock = clock
        self._alert_channel = alert_channel

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
