"""What on-call does about incidents."""

from datetime import datetime, timedelta

from bot.common import audit
from bot.common.clock import Clock
from bot.common.jobs import CheckAccount
from bot.common.people import Person
from bot.common.refusals import Refused
from bot.incidents.course import Course
from bot.incidents.reach import GRAVITY
from bot.incidents.timeline import ITSELF, By, Entry
from bot.incidents.times import UNTIL_MENDED
from bot.messages import notices
from storage.database import Store, Transaction
from storage.statuses import INCIDENTS, IncidentEvent
from storage.tables import Incident, Silence
from storage.vocabulary import AT_WORK, IncidentStatus, PageChange, Severity

SHORTEST_KEPT = timedelta(minutes=15)
LONGEST_KEPT = timedelta(days=7)
"""So long whoever acknowledges an incident may keep it."""

LONGEST_REASON = 300


class IncidentPresses:
    """Does what somebody pressed on an alert, or at the pager. What came too late (the incident
    went on meanwhile) is refused with a sentence, and changes nothing."""

    def __init__(
        self, store: Store, clock: Clock, course: Course, alert_channel: str, support_channel: str
    ) -> None:
        self._store = store
        self._clock = clock
        self._course = course
        self._alert_channel = alert_channel
        self._support_channel = support_channel

    def acknowledge(
        self, incident_id: int, by: Person, kept_for: timedelta | None = None, by_name: str = ""
    ) -> None:
        """`by` looks after an incident from now on, for as long as usual or as they say; who does
        already may say for how long from now on.

        Raises:
            Refused: somebody else does already, it is mended, or that is too short or too long.
        """
        now = self._clock.now()
        length = kept_for or self._course.times.kept_for
        if not SHORTEST_KEPT <= length <= LONGEST_KEPT:
            raise Refused("alert.kept_too_long")
        with self._store.transaction() as tx:
            incident = self._held(tx, incident_id)
            goes_on = kept_for is not None and incident.acknowledged_by == by.user
            if incident.status is IncidentStatus.ACKNOWLEDGED and not goes_on:
                self._taken(incident, by)
            elif incident.status is not IncidentStatus.ACKNOWLEDGED:
                self._do(tx, incident, IncidentEvent.ACKNOWLEDGED)
                incident.acknowledged_at = now
            incident.acknowledged_by = by.user if not by_name else ""
            incident.acknowledged_name = by_name
            incident.acknowledged_until = now + length
            incident.asked_at = None
            incident.silenced_until = None
            incident.due_at = min(now + self._course.times.ask_after, incident.acknowledged_until)
            tx.incidents.unsilence(incident.fingerprint)
            self._done(
                tx,
                incident,
                Entry.ACKNOWLEDGED,
                By(by, by_name),
                PageChange.ACKNOWLEDGED,
                until=_iso(now + length),
            )

    def unacknowledge(self, incident_id: int, by: Person, by_name: str = "") -> None:
        """Nobody looks after an incident any more, so that on-call is reminded again.

        Raises:
            Refused: nobody did.
        """
        with self._store.transaction() as tx:
            incident = self._held(tx, incident_id)
            self._do(tx, incident, IncidentEvent.UNACKNOWLEDGED)
            self._course.remind_from(incident, self._clock.now())
            self._done(
                tx, incident, Entry.UNACKNOWLEDGED, By(by, by_name), PageChange.UNACKNOWLEDGED
            )

    def silence(
        self, incident_id: int, length: timedelta | None, reason: str, by: Person
    ) -> datetime:
        """Nobody hears of an incident, or of the same again, for a while; with None, until it is
        mended and stays so. Until when, at the longest.

        Raises:
            Refused: no reason is given or it is too long, or the incident is mended.
        """
        reason = checked_reason(reason)
        now = self._clock.now()
        until = now + (length or UNTIL_MENDED)
        with self._store.transaction() as tx:
            incident = self._held(tx, incident_id)
            self._do(tx, incident, IncidentEvent.SILENCED)
            tx.incidents.silence(
                Silence(
                    fingerprint=incident.fingerprint,
                    began_at=now,
                    until=until,
                    until_mended=length is None,
                    reason=reason,
                    by_team=by.team,
                    by_user=by.user,
                )
            )
            incident.silenced_until = until
            incident.due_at = until
            self._done(
                tx,
                incident,
                Entry.SILENCED,
                By(by),
                PageChange.SILENCED,
                until=_iso(until),
                until_mended=length is None,
                reason=reason,
            )
        return until

    def unsilence(self, incident_id: int, by: Person) -> None:
        """An incident may be heard of again.

        Raises:
            Refused: it is not silent.
        """
        with self._store.transaction() as tx:
            incident = self._held(tx, incident_id)
            if incident.status is not IncidentStatus.SILENCED:
                raise Refused("alert.not_silent")
            end_silence(tx, self._course, incident, self._clock.now(), By(by))
            audit.record(tx, by, "incident.silence-ended", _subject(incident), self._clock.now())

    def retest(self, incident_id: int, by: Person, resolving: bool, by_name: str = "") -> int:
        """Test every mailbox of an incident, and ask everybody to sign in again who was refused for
        its cause; how many mailboxes. It ends with the last that works (`resolving`: somebody says
        that it is mended; one without mailboxes is, then).

        Raises:
            Refused: it is mended already, or its mailboxes are being tested.
        """
        now = self._clock.now()
        with self._store.transaction() as tx:
            incident = self._held(tx, incident_id)
            if incident.status not in AT_WORK:
                raise Refused("alert.over")
            if incident.retest_at is not None and not resolving:
                raise Refused("alert.being_tested")
            tested = tx.incidents.tested(incident.id)
            refused = tx.failures.refused_with(incident.cause)
            for account_id in [*tested, *refused]:
                tx.jobs.add(CheckAccount(account_id=account_id), now, sooner=True)
            incident.retest_at = now if tested else None
            incident.retest_by = by.user
            incident.resolving = resolving
            who = By(by, by_name)
            if resolving and not tested and not refused:
                self._course.mend(tx, incident, Entry.MENDED, who)
                self._kept(tx, incident, Entry.MENDED, by)
            else:
                self._done(
                    tx,
                    incident,
                    Entry.RETESTED,
                    who,
                    many=len(tested),
                    refused=len(refused),
                    resolving=resolving,
                )
            return len(tested)

    def escalate(self, incident_id: int, by: Person, by_name: str = "") -> None:
        """Everybody who is on call is told again, at once.

        Raises:
            Refused: it is mended, or nobody wants to hear of it.
        """
        with self._store.transaction() as tx:
            incident = self._held(tx, incident_id)
            if incident.status not in (IncidentStatus.OPEN, IncidentStatus.ACKNOWLEDGED):
                raise Refused("alert.cannot_escalate")
            if GRAVITY[incident.severity] < GRAVITY[Severity.HIGH]:
                incident.severity = Severity.HIGH
            self._done(tx, incident, Entry.ESCALATED, By(by, by_name), PageChange.ESCALATED)
            self._course.nudge(tx, incident, Entry.ESCALATED)

    def hand_to_support(self, incident_id: int, by: Person) -> None:
        """The support team is told of an incident, and looks after its customers.

        Raises:
            Refused: it was already, or the incident is mended.
        """
        now = self._clock.now()
        with self._store.transaction() as tx:
            incident = self._held(tx, incident_id)
            if incident.status not in AT_WORK or incident.handed_over_at is not None:
                raise Refused("alert.not_to_hand_over")
            incident.handed_over_at = now
            self._done(tx, incident, Entry.HANDED_OVER, By(by))
            notices.show_handed_over(tx, incident, self._support_channel, now)

    def tell_customers(self, incident_id: int, by: Person) -> int:
        """The channels of the customers concerned read that we know of it, and later that it is
        over; how many they are.

        Raises:
            Refused: they did already, it is mended, or nobody is concerned.
        """
        now = self._clock.now()
        with self._store.transaction() as tx:
            incident = self._held(tx, incident_id)
            if incident.status not in AT_WORK or incident.customers_told_at is not None:
                raise Refused("alert.not_to_tell")
            channels = sorted(tx.incidents.channels(incident.id, there=True))
            if not channels:
                raise Refused("alert.nobody_to_tell")
            incident.customers_told_at = now
            for channel_id in channels:
                notices.show_known(tx, incident, channel_id, now)
            self._done(tx, incident, Entry.CUSTOMERS_TOLD, By(by), many=len(channels))
            return len(channels)

    def reopen(self, incident_id: int, by: Person, by_name: str = "") -> None:
        """An incident is not mended after all.

        Raises:
            Refused: it is not mended, or another one stands for the same by now.
        """
        now = self._clock.now()
        with self._store.transaction() as tx:
            incident = self._held(tx, incident_id)
            there = tx.incidents.lock_open(incident.fingerprint)
            if incident.merged_into is not None or (there is not None and there.id != incident_id):
                raise Refused("alert.another_stands")
            was_over = incident.status is IncidentStatus.CLOSED
            self._do(tx, incident, IncidentEvent.REOPENED)
            if was_over:
                self._course.opened(tx, incident)
            incident.last_at = now
            incident.told_at = incident.told_at or now
            self._course.remind_from(incident, now)
            self._done(tx, incident, Entry.REOPENED, By(by, by_name), PageChange.REOPENED)

    def _held(self, tx: Transaction, incident_id: int) -> Incident:
        incident = tx.incidents.lock(incident_id)
        if incident is None:
            raise Refused("alert.gone")
        return incident

    def _do(self, tx: Transaction, incident: Incident, event: IncidentEvent) -> None:
        """What is pressed on a card that was drawn before something else happened is refused."""
        if not INCIDENTS.allows(incident.status, event):
            raise Refused(f"alert.stale_{incident.status}")
        incident.happened(event, self._clock.now())

    def _taken(self, incident: Incident, by: Person) -> None:
        if incident.acknowledged_by == by.user:
            raise Refused("alert.yours")
        if incident.acknowledged_name:
            raise Refused("alert.taken_at_pager", name=incident.acknowledged_name)
        raise Refused("alert.taken_by", user=incident.acknowledged_by)

    def _done(
        self,
        tx: Transaction,
        incident: Incident,
        entry: Entry,
        by: By,
        change: PageChange | None = None,
        **detail: object,
    ) -> None:
        self._course.keep(tx, incident, entry, by, detail)
        self._course.tell(tx, incident)
        self._kept(tx, incident, entry, by.person)
        if change is not None:
            self._course.page(tx, incident, change)

    def _kept(self, tx: Transaction, incident: Incident, entry: Entry, by: Person) -> None:
        now = self._clock.now()
        subject = _subject(incident)
        audit.record(tx, by, f"incident.{entry}", subject, now, cause=incident.cause)


def end_silence(
    tx: Transaction, course: Course, incident: Incident, now: datetime, by: By = ITSELF
) -> None:
    """What was silent is heard of from now on; what is mended meanwhile never was."""
    tx.incidents.unsilence(incident.fingerprint)
    incident.happened(IncidentEvent.SILENCE_ENDED, now)
    incident.silenced_until = None
    course.hush(tx, incident)  # maintenance may go on
    if incident.is_quiet:
        return
    course.remind_from(incident, now)
    course.keep(tx, incident, Entry.SILENCE_ENDED, by)
    course.tell(tx, incident)
    if incident.told_at != now:
        course.nudge(tx, incident, Entry.SILENCE_ENDED)
        course.page(tx, incident, PageChange.REOPENED)


def checked_reason(reason: str) -> str:
    """The reason as it is kept.

    Raises:
        Refused: there is none, or it is too long.
    """
    reason = " ".join(reason.split())
    if not reason:
        raise Refused("alert.no_reason")
    if len(reason) > LONGEST_REASON:
        raise Refused("alert.reason_too_long", most=str(LONGEST_REASON))
    return reason


def _subject(incident: Incident) -> str:
    return f"incident:{incident.id}"


def _iso(at: datetime) -> str:
    return at.isoformat()
