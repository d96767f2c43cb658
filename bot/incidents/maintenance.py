"""Times of maintenance, in which failures are kept and alert nobody."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.common import audit
from bot.common.clock import Clock
from bot.common.people import Person
from bot.common.refusals import Refused
from bot.incidents.course import Course, is_about
from bot.incidents.presses import checked_reason
from bot.messages import notices
from storage.database import Store, Transaction
from storage.tables import Maintenance
from storage.vocabulary import AT_WORK, MaintenanceOf

LONGEST = timedelta(days=7)
FURTHEST = timedelta(days=90)


@dataclass(frozen=True)
class Plan:
    """A time of maintenance as somebody wants it; times are UTC."""

    of: MaintenanceOf
    concerns: str
    begins_at: datetime
    ends_at: datetime
    reason: str


class MaintenanceWindows:
    """Plans, begins and ends times of maintenance."""

    def __init__(self, store: Store, clock: Clock, course: Course, alert_channel: str) -> None:
        self._store = store
        self._clock = clock
        self._course = course
        self._alert_channel = alert_channel

    def plan(self, plan: Plan, by: Person) -> int:
        """Keep a time of maintenance; its id.

        Raises:
            Refused: it is over already, ends before it begins, is too long or too far away, or has
                no reason.
        """
        now = self._clock.now()
        reason = checked_reason(plan.reason)
        if plan.ends_at <= max(now, plan.begins_at):
            raise Refused("maintenance.ends_before")
        if plan.ends_at - plan.begins_at > LONGEST:
            raise Refused("maintenance.too_long")
        if plan.begins_at - now > FURTHEST:
            raise Refused("maintenance.too_far")
        with self._store.transaction() as tx:
            window = tx.incidents.plan(
                Maintenance(
                    of=plan.of,
                    concerns=plan.concerns,
                    begins_at=plan.begins_at,
                    ends_at=plan.ends_at,
                    reason=reason,
                    by_team=by.team,
                    by_user=by.user,
                )
            )
            audit.record(tx, by, "maintenance.planned", f"maintenance:{window.id}", now)
        self.look()
        return window.id

    def end(self, window_id: int, by: Person) -> None:
        """A time of maintenance ends now, or does not come.

        Raises:
            Refused: it is over already.
        """
        now = self._clock.now()
        with self._store.transaction() as tx:
            window = tx.incidents.lock_window(window_id)
            if window is None or window.ended_at is not None or window.ends_at <= now:
                raise Refused("maintenance.over")
            window.ends_at = now
            audit.record(tx, by, "maintenance.ended", f"maintenance:{window.id}", now)
        self.look()

    def look(self) -> int:
        """Begin and end what is due; how many that were."""
        with self._store.reading() as tx:
            due = tx.incidents.windows_to_tell(self._clock.now())
        for window_id in due:
            with self._store.transaction() as tx:
                window = tx.incidents.lock_window(window_id)
                if window is not None and window.ended_at is None:
                    self._turn(tx, window)
        return len(due)

    def _turn(self, tx: Transaction, window: Maintenance) -> None:
        now = self._clock.now()
        if window.begun_at is None and window.begins_at <= now < window.ends_at:
            window.begun_at = now
            notices.show_maintenance(tx, window, self._alert_channel, now)
            self._hush(tx, window)
        elif window.ends_at <= now:
            window.ended_at = now
            if window.begun_at is not None:
                notices.show_maintenance(tx, window, self._alert_channel, now, over=True)
                self._wake(tx, window, now)

    def _hush(self, tx: Transaction, window: Maintenance) -> None:
        """What is open already is not heard of any more."""
        for each in tx.incidents.all_open()[::-1]:
            incident = tx.incidents.lock(each.id)
            if incident is None or incident.status not in AT_WORK:
                continue
            if is_about(window.of, window.concerns, incident):
                self._course.hush(tx, incident)
                self._course.tell(tx, incident)

    def _wake(self, tx: Transaction, window: Maintenance, now: datetime) -> None:
        """What still fails is heard of when `Upkeep` looks, at once."""
        for each in tx.incidents.all_open()[::-1]:
            incident = tx.incidents.lock(each.id)
            silenced = incident is not None and incident.silenced_until is not None
            if incident is not None and silenced and is_about(window.of, window.concerns, incident):
                silence = tx.incidents.silence_of(incident.fingerprint, now)
                incident.due_at = now if silence is None else silence.until
