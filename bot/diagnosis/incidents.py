"""Incidents: the alerts to on-call, one for each cause."""

from bot.common import audit
from bot.common.clock import Clock
from bot.common.jobs import CheckAccount
from bot.common.people import Person
from bot.messages import notices
from storage.database import Store

MAX_LOOKED_AT = 20
"""At so many mailboxes we look at once; each that works again has others looked at."""


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

    def mended(self, incident_id: int, by: Person) -> None:
        """`by` says that the cause of an alert is mended: we look at the mailboxes at which it was
        seen, and whoever was refused a sign-in for it is asked to sign in. Only a mailbox that
        works ends the alert. One that is over, or is not there, is left alone."""
        now = self._clock.now()
        with self._store.transaction() as tx:
            incident = tx.incidents.get(incident_id)
            if incident is None or incident.ended_at is not None:
                return
            failing = sorted(tx.failures.accounts_with(incident.cause))[:MAX_LOOKED_AT]
            refused = tx.failures.refused_with(incident.cause)
            for account_id in [*failing, *refused]:
                tx.jobs.add(CheckAccount(account_id=account_id), now, sooner=True)
            audit.record(tx, by, "incident.mended", str(incident.id), now, cause=incident.cause)
            values = {"user": by.user, "count": len(failing), "refused": len(refused)}
            notices.tell_on_call(tx, incident, self._alert_channel, "alert.mended", now, **values)
