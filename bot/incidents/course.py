"""The course of one incident: what happens to it is kept, shown, and told to the pager."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from bot.common.clock import Clock
from bot.incidents.reach import GRAVITY
from bot.incidents.timeline import ITSELF, By, Entry
from bot.incidents.times import COMES_AND_GOES, FLAPS_FROM, LOW_AGAIN, QUIET_FOR, OnCallTimes
from bot.messages import notices
from bot.messages.changes import Changes
from storage.change_statuses import ChangeKind
from storage.database import Transaction
from storage.statuses import IncidentEvent
from storage.tables import Incident, IncidentEntry
from storage.vocabulary import AT_WORK, IncidentStatus, PageChange, Severity

OnChange = Callable[[Transaction, Incident, PageChange], object]
"""Is called when a pager has to hear of a change."""

Detail = Mapping[str, object]
"""What else is worth knowing of an entry, as JSON."""

NOTHING: Detail = {}

IN_THREAD = (
    Entry.INHIBITED,
    Entry.ACKNOWLEDGED,
    Entry.UNACKNOWLEDGED,
    Entry.ACKNOWLEDGEMENT_ENDED,
    Entry.ESCALATED,
    Entry.SILENCED,
    Entry.SILENCE_ENDED,
    Entry.RETESTED,
    Entry.STILL_FAILS,
    Entry.HANDED_OVER,
    Entry.CUSTOMERS_TOLD,
    Entry.MENDED,
    Entry.QUIET,
    Entry.EXPLAINED,
    Entry.RETURNED,
    Entry.FLAPS,
    Entry.REOPENED,
    Entry.MERGED,
    Entry.TAKEN_IN,
    Entry.SPLIT,
)
"""What is said in the thread, too; the rest is on the card or in messages of its own."""


class Course:
    """Takes incidents from status to status, each change in the caller's transaction with its entry
    in the timeline, its messages and what the pager is told.

    Whoever calls holds the incident's row. Incidents are locked after accounts, by ascending ID,
    and before our own channel's lane of messages.
    """

    def __init__(
        self,
        clock: Clock,
        alert_channel: str,
        support_channel: str,
        times: OnCallTimes,
        on_change: OnChange,
        changes: Changes,
    ) -> None:
        """`on_change`: what pagers hear of; `changes`: what the product does."""
        self._clock = clock
        self._alert_channel = alert_channel
        self._support_channel = support_channel
        self._on_change = on_change
        self._changes = changes
        self.times = times

    def begin(self, tx: Transaction, incident: Incident) -> None:
        """A new incident: on-call is told, unless nobody wants to hear of it now."""
        self.keep(tx, incident, Entry.OPENED, detail={"error": incident.failure_ref})
        self.opened(tx, incident)
        self.hush(tx, incident)
        self.tell(tx, incident)

    def opened(self, tx: Transaction, incident: Incident) -> None:
        """The product hears of an incident that begins, or is not over after all, whether or not
        on-call wants to."""

        def accounts() -> list[int]:
            return [each.account_id for each in tx.incidents.members(incident.id)]

        self._changes.of_incident(tx, incident, ChangeKind.INCIDENT_OPENED, accounts)

    def hush(self, tx: Transaction, incident: Incident) -> None:
        """Nobody hears of an incident that is to be silent, or that falls into maintenance."""
        now = self._clock.now()
        silence = tx.incidents.silence_of(incident.fingerprint, now)
        until = silence.until if silence is not None else None
        for window in tx.incidents.windows(now):
            if window.begins_at <= now and is_about(window.of, window.concerns, incident):
                until = max(until or now, window.ends_at)
        if until is not None and incident.status in AT_WORK:
            incident.happened(IncidentEvent.SILENCED, now)
            incident.silenced_until = until
            incident.due_at = until
            self.page(tx, incident, PageChange.SILENCED)

    def tell(self, tx: Transaction, incident: Incident) -> None:
        """Have the alert show how the incident stands; on-call is told of it where they were not
        yet. What is silent, or only noted, is shown to whoever looks for it."""
        now = self._clock.now()
        if incident.told_at is None:
            if incident.is_quiet or incident.severity is Severity.INFO:
                return
            if incident.status not in AT_WORK:
                return
            incident.told_at = now
            self.remind_from(incident, now)
            self.page(tx, incident, PageChange.OPENED)
        notices.show_alert(tx, incident, self._alert_channel, now)
        notices.settle_nudge(tx, incident, self._alert_channel, now)

    def remind_from(self, incident: Incident, now: datetime) -> None:
        """Who is on call is reminded from now on, as long as nobody acknowledges it."""
        incident.rung = 0
        incident.due_at = now + self.until_reminded(incident)

    def until_reminded(self, incident: Incident) -> timedelta:
        """How long it is to the next reminder."""
        if GRAVITY[incident.severity] < GRAVITY[Severity.HIGH]:
            return LOW_AGAIN
        return self.times.wait(incident.rung)

    def keep(
        self,
        tx: Transaction,
        incident: Incident,
        entry: Entry,
        by: By = ITSELF,
        detail: Detail = NOTHING,
        aloud: bool = True,
    ) -> None:
        """An entry in the timeline, which is said in the thread (`aloud`) where on-call was told of
        the incident and wants to hear of it."""
        now = self._clock.now()
        kept = IncidentEntry(
            incident_id=incident.id,
            at=now,
            event=entry,
            by_team=by.person.team,
            by_user="" if by == ITSELF or by.name else by.person.user,
            by_name=by.name,
            detail=dict(detail),
        )
        tx.incidents.note(kept)
        silent = incident.status is IncidentStatus.SILENCED and entry is not Entry.SILENCED
        if aloud and entry in IN_THREAD and incident.told_at is not None and not silent:
            notices.show_alert_entry(tx, incident, kept.id, self._alert_channel, now)

    def page(self, tx: Transaction, incident: Incident, change: PageChange) -> None:
        """Tell the pagers, of what on-call was told. One that told us itself knows it already."""
        if incident.told_at is not None:
            self._on_change(tx, incident, change)

    def nudge(self, tx: Transaction, incident: Incident, why: Entry) -> None:
        """Remind who is on call in a message of its own: who reads an edited card is not told."""
        if incident.told_at is not None and not incident.is_quiet:
            notices.nudge(tx, incident, self._alert_channel, why, self._clock.now())

    def mend(
        self,
        tx: Transaction,
        incident: Incident,
        entry: Entry = Entry.MENDED,
        by: By = ITSELF,
        unproved: int = 0,
    ) -> None:
        """Its last mailbox is out of an incident, so many `unproved`; it is closed if it stays
        so."""
        now = self._clock.now()
        silent = incident.is_quiet or incident.returns >= FLAPS_FROM
        incident.happened(IncidentEvent.MENDED, now)
        incident.due_at = now + COMES_AND_GOES
        incident.retest_at = None
        incident.resolving = False
        minutes = round((now - incident.opened_at) / timedelta(minutes=1))
        many = tx.incidents.ever(incident.id)
        how = {"many": many, "back": many - unproved, "minutes": minutes}
        self.keep(tx, incident, entry, by, how, aloud=not silent)
        self.page(tx, incident, PageChange.MENDED)
        self.tell(tx, incident)
        self._tell_others(tx, incident)

    def came_back(self, tx: Transaction, incident: Incident) -> None:
        """The cause of a mended incident is at work again, soon after."""
        now = self._clock.now()
        incident.happened(IncidentEvent.RETURNED, now)
        incident.returns += 1
        self.remind_from(incident, now)
        self.hush(tx, incident)
        flaps = incident.returns >= FLAPS_FROM
        if not flaps or incident.returns == FLAPS_FROM:
            entry = Entry.FLAPS if flaps else Entry.RETURNED
            self.keep(tx, incident, entry, detail={"times": incident.returns})
        if not incident.is_quiet:
            self.page(tx, incident, PageChange.REOPENED)
        self.tell(tx, incident)
        self._tell_others(tx, incident)

    def close(
        self,
        tx: Transaction,
        incident: Incident,
        entry: Entry,
        by: By = ITSELF,
        detail: Detail = NOTHING,
    ) -> None:
        """An incident is over."""
        now = self._clock.now()
        incident.happened(IncidentEvent.CLOSED, now)
        incident.due_at = None
        self._changes.of_incident(
            tx,
            incident,
            ChangeKind.INCIDENT_CLOSED,
            lambda: tx.incidents.ever_in(incident.id),
        )
        self.keep(tx, incident, entry, by, detail)
        self.page(tx, incident, PageChange.CLOSED)
        silence = tx.incidents.silence_of(incident.fingerprint, now)
        if silence is not None and silence.until_mended:
            tx.incidents.unsilence(incident.fingerprint)
        self.tell(tx, incident)

    def mend_if_empty(self, tx: Transaction, incident: Incident) -> bool:
        """Mend an incident none of whose mailboxes could still show that its cause is at work.
        Those that wait for a sign-in go on without it."""
        if incident.status not in AT_WORK or tx.incidents.may_end(incident.id):
            return False
        left = [each.account_id for each in tx.incidents.members(incident.id)]
        tx.incidents.leave(incident.id, left, self._clock.now())
        self.mend(tx, incident, unproved=len(left))
        return True

    def is_over(self, tx: Transaction, incident: Incident) -> bool:
        """Whether an incident that no mailbox can end was not seen for a day."""
        if tx.incidents.count(incident.id):
            return False
        return self._clock.now() - incident.last_at >= QUIET_FOR

    def _tell_others(self, tx: Transaction, incident: Incident) -> None:
        """What the customers and the support team were told of an incident, or of one that was
        merged into it, shows how it stands."""
        now = self._clock.now()
        for each in [incident, *tx.incidents.merged(incident.id)]:
            for channel_id in sorted(tx.incidents.channels(each.id)):
                if tx.outbox.knows(notices.known_key(each, channel_id)):
                    notices.show_known(tx, each, channel_id, now)
            if each.handed_over_at is not None:
                notices.show_handed_over(tx, each, self._support_channel, now)


def is_about(of: str, concerns: str, incident: Incident) -> bool:
    """Whether a time of maintenance is about an incident."""
    if of == "cause":
        return incident.cause == concerns
    if of == "customer":
        return incident.concerns == f"customer:{concerns}"
    return True
