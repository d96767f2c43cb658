"""What ends by itself: acknowledgements, silences, and the wait for somebody to acknowledge."""

from datetime import datetime

from bot.common.clock import Clock
from bot.incidents.course import Course
from bot.incidents.presses import end_silence
from bot.incidents.timeline import Entry
from storage.database import Store, Transaction
from storage.statuses import IncidentEvent
from storage.tables import Incident
from storage.vocabulary import IncidentStatus, PageChange

AT_ONCE = 20


class Upkeep:
    """Sees to it that nothing open is silent for good, however many processes look."""

    def __init__(self, store: Store, clock: Clock, course: Course) -> None:
        self._store = store
        self._clock = clock
        self._course = course

    def look(self) -> int:
        """Do what is due at incidents; how many they were."""
        with self._store.reading() as tx:
            due = tx.incidents.due(self._clock.now(), AT_ONCE)
        for incident_id in due:
            with self._store.transaction() as tx:
                incident = tx.incidents.lock(incident_id)
                now = self._clock.now()
                if incident is not None and incident.due_at is not None and incident.due_at <= now:
                    self._do(tx, incident, now)
        return len(due)

    def look_for_forgotten(self) -> int:
        """End the incidents whose mailboxes were all disconnected; how many."""
        with self._store.reading() as tx:
            forgotten = tx.incidents.forgotten(AT_ONCE)
        for incident_id in forgotten:
            with self._store.transaction() as tx:
                incident = tx.incidents.lock(incident_id)
                if incident is not None:
                    self._course.mend_if_empty(tx, incident)
        return len(forgotten)

    def _do(self, tx: Transaction, incident: Incident, now: datetime) -> None:
        match incident.status:
            case IncidentStatus.OPEN:
                self._nobody_yet(tx, incident, now)
            case IncidentStatus.ACKNOWLEDGED:
                self._acknowledged(tx, incident, now)
            case IncidentStatus.SILENCED:
                end_silence(tx, self._course, incident, now)
            case IncidentStatus.MENDED:
                self._course.close(tx, incident, Entry.CLOSED)
            case IncidentStatus.CLOSED:
                incident.due_at = None

    def _nobody_yet(self, tx: Transaction, incident: Incident, now: datetime) -> None:
        if self._course.is_over(tx, incident):
            self._course.mend(tx, incident, Entry.QUIET)
            return
        if incident.inhibited_by is None:
            self._course.keep(tx, incident, Entry.REMINDED, detail={"rung": incident.rung + 1})
            self._course.nudge(tx, incident, Entry.REMINDED)
            self._course.page(tx, incident, PageChange.ESCALATED)
        incident.rung += 1
        incident.due_at = now + self._course.until_reminded(incident)

    def _acknowledged(self, tx: Transaction, incident: Incident, now: datetime) -> None:
        until = incident.acknowledged_until or now
        if until > now:
            self._course.keep(tx, incident, Entry.UPDATE_ASKED)
            self._course.nudge(tx, incident, Entry.UPDATE_ASKED)
            incident.asked_at = now
            incident.due_at = until
            return
        who = {"user": incident.acknowledged_by, "name": incident.acknowledged_name}
        incident.happened(IncidentEvent.UNACKNOWLEDGED, now)
        self._course.remind_from(incident, now)
        self._course.keep(tx, incident, Entry.ACKNOWLEDGEMENT_ENDED, detail=who)
        self._course.tell(tx, incident)
        self._course.nudge(tx, incident, Entry.ACKNOWLEDGEMENT_ENDED)
        self._course.page(tx, incident, PageChange.UNACKNOWLEDGED)
