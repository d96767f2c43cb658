"""Incidents as they are shown to on-call."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from bot.common.people import Person, Profile
from bot.common.refusals import Refused
from bot.diagnosis.failures import Failures
from bot.diagnosis.history import History
from bot.diagnosis.verdict import Verdict
from bot.incidents.timeline import Entry
from storage.database import Store, Transaction
from storage.tables import Failure, Incident, IncidentEntry, Maintenance
from storage.vocabulary import AT_WORK, IncidentStatus, MaintenanceOf, Scope, Severity

BEFORE_SHOWN = 3
NARROWER_SHOWN = 10
TIMELINE_SHOWN = 60
MOST_TOLD_AT_THE_END = 12
TOLD_AT_THE_END = frozenset(
    {
        Entry.OPENED,
        Entry.GREW,
        Entry.ACKNOWLEDGED,
        Entry.ESCALATED,
        Entry.HANDED_OVER,
        Entry.CUSTOMERS_TOLD,
        Entry.RETESTED,
        Entry.RETURNED,
    }
)
"""What is told again of an incident once it is over."""

Names = Callable[[Person], Profile | None]
"""What Slack says of a person."""


@dataclass(frozen=True)
class IncidentView:
    """The plain facts of an incident. `mailboxes` and `customers` say how many are concerned now,
    `most` how many mailboxes were at a time; `failure_ref` is the error ID with which it began,
    `latest_ref` the newest. `retested` of `to_retest` were tested since everybody was to be.
    `inhibited_by` is the wider incident that stands for it, `narrower` how many it stands for.
    `whom` is the customer or the mailbox that it concerns alone ("" if nobody)."""

    id: int
    cause: str
    scope: Scope
    severity: Severity
    status: IncidentStatus
    failure_ref: str
    opened_at: datetime
    last_at: datetime
    latest_ref: str = ""
    count: int = 1
    mailboxes: int = 0
    customers: int = 0
    most: int = 0
    is_told: bool = True
    acknowledged_by: str = ""
    acknowledged_name: str = ""
    acknowledged_at: datetime | None = None
    acknowledged_until: datetime | None = None
    silenced_until: datetime | None = None
    silence_reason: str = ""
    silenced_by: str = ""
    until_mended: bool = False
    retest_at: datetime | None = None
    retested: int = 0
    returns: int = 0
    inhibited_by: int | None = None
    merged_into: int | None = None
    narrower: int = 0
    handed_over_at: datetime | None = None
    customers_told_at: datetime | None = None
    mended_at: datetime | None = None
    ended_at: datetime | None = None
    to_retest: int = 0
    whom: str = ""

    @property
    def in_maintenance(self) -> bool:
        """Whether nobody hears of it because of maintenance, and not because somebody said so."""
        return self.status is IncidentStatus.SILENCED and not self.silence_reason

    @property
    def is_silent(self) -> bool:
        """Whether nobody is notified of it just now."""
        return self.status is IncidentStatus.SILENCED or self.inhibited_by is not None


@dataclass(frozen=True)
class Past:
    """An incident of the same cause that is over: since when, and how many minutes it took."""

    at: datetime
    minutes: int


@dataclass(frozen=True)
class StillFails:
    """All mailboxes of an incident were tested, and so many do not work; `resolving` where somebody
    had said that it is fixed."""

    at: datetime
    mailboxes: int
    resolving: bool


@dataclass(frozen=True)
class AlertCard:
    """What an alert tells: the incident, what its cause means, what ended it before, and the user
    group that is on call ("" where none is named). `handbook` is the address of our page about the
    cause; `fails` is how the last test of all mailboxes went, where nothing happened since;
    `includes` are the first of the narrower incidents for which it stands."""

    incident: IncidentView
    verdict: Verdict
    history: History = field(default_factory=lambda: History([], 0, 0, [], None))
    group: str = ""
    handbook: str = ""
    before: Sequence[Past] = ()
    fails: StillFails | None = None
    includes: Sequence[IncidentView] = ()


@dataclass(frozen=True)
class AlertLine:
    """Something that happened to an incident: a word of `bot.incidents.timeline`, when, who did it
    ("" for nobody) and what else is worth knowing. With its end goes what happened `before`."""

    event: str
    at: datetime
    user: str
    name: str
    detail: Mapping[str, Any]
    before: Sequence["AlertLine"] = ()


@dataclass(frozen=True)
class MaintenanceView:
    """A time of maintenance; `concerns` is the customer's name or the title of the cause."""

    id: int
    of: MaintenanceOf
    concerns: str
    begins_at: datetime
    ends_at: datetime
    reason: str
    user: str
    is_over: bool


class AlertCards:
    """Reads what is shown of incidents, as they stand now."""

    def __init__(
        self, store: Store, failures: Failures, names: Names, group: str, public_url: str
    ) -> None:
        """`names`: what Slack says of a person; `group`: the user group that is on call."""
        self._store = store
        self._failures = failures
        self._names = names
        self._group = group
        self._public_url = public_url

    def card(self, incident_id: int) -> AlertCard:
        """What the alert of an incident tells.

        Raises:
            Refused: there is no such incident (any more).
        """
        with self._store.reading() as tx:
            incident = tx.incidents.get(incident_id)
            if incident is None:
                raise Refused("alert.gone")
            failure = _example(tx, incident)
            verdict = self._failures.verdict(tx, failure)
            narrower = tx.incidents.inhibited(incident.id)[:NARROWER_SHOWN]
            return AlertCard(
                view_of(tx, incident),
                verdict,
                self._failures.history(tx, failure),
                self._group,
                f"{self._public_url}/errors/{verdict.cause}",
                [_past(each) for each in _before(tx, incident)],
                _fails(tx, incident),
                [view_of(tx, each) for each in narrower],
            )

    def standing_for(self, incident_id: int) -> int:
        """The incident into which one was merged, or itself."""
        with self._store.reading() as tx:
            incident = tx.incidents.get(incident_id)
            while incident is not None and incident.merged_into is not None:
                incident = tx.incidents.get(incident.merged_into)
            return incident.id if incident is not None else incident_id

    def line(self, entry_id: int) -> AlertLine:
        """Something that happened to an incident, for its thread: who did it is named, and not
        mentioned."""
        with self._store.reading() as tx:
            entry = tx.incidents.entry(entry_id)
        line = self._line(entry)
        if entry.event != Entry.MENDED:
            return line
        told = [each for each in self.timeline(entry.incident_id) if each.event in TOLD_AT_THE_END]
        return replace(line, before=told[-MOST_TOLD_AT_THE_END:])

    def timeline(self, incident_id: int) -> list[AlertLine]:
        """The newest of what happened to an incident, oldest first."""
        with self._store.reading() as tx:
            entries = tx.incidents.timeline(incident_id, TIMELINE_SHOWN)
        return [self._line(entry) for entry in entries]

    def _line(self, entry: IncidentEntry) -> AlertLine:
        name = entry.by_name
        if entry.by_user and not name:
            profile = self._names(Person(entry.by_team, entry.by_user))
            name = profile.name if profile is not None else ""
        return AlertLine(entry.event, entry.at, entry.by_user, name, entry.detail)

    def where(self, incident_id: int) -> tuple[str, str] | None:
        """The channel in which the alert of an incident stands, and where."""
        with self._store.reading() as tx:
            posted = tx.outbox.posted(f"alert:{incident_id}")
            return (posted.channel_id, posted.ts) if posted is not None else None

    def mailboxes_in(self, incident_id: int, channel_id: str) -> int:
        """How many mailboxes of a channel are in an incident."""
        with self._store.reading() as tx:
            return tx.incidents.count_in(incident_id, channel_id)

    def maintenance(self, window_id: int) -> MaintenanceView:
        """A time of maintenance."""
        with self._store.reading() as tx:
            return maintenance_view(tx, tx.incidents.window(window_id), self._failures)


def maintenance_view(tx: Transaction, window: Maintenance, failures: Failures) -> MaintenanceView:
    """A time of maintenance as it stands now."""
    concerns = window.concerns
    if window.of is MaintenanceOf.CUSTOMER:
        customer = tx.channels.known_customer(int(window.concerns))
        concerns = customer.name if customer is not None else "–"
    elif window.of is MaintenanceOf.CAUSE:
        concerns = failures.title(tx, window.concerns)
    return MaintenanceView(
        id=window.id,
        of=window.of,
        concerns=concerns,
        begins_at=window.begins_at,
        ends_at=window.ends_at,
        reason=window.reason,
        user=window.by_user,
        is_over=window.ended_at is not None,
    )


def view_of(tx: Transaction, row: Incident) -> IncidentView:
    """An incident as it stands now."""
    mailboxes = tx.incidents.count(row.id)
    silence = tx.incidents.silence_of(row.fingerprint, row.opened_at)
    to_retest = 0
    retested = 0
    if row.retest_at is not None:
        there = len(tx.incidents.tested(row.id))
        to_retest = there + tx.incidents.left_since(row.id, row.retest_at)
        retested = to_retest - tx.incidents.not_tested(row.id, row.retest_at)
    return IncidentView(
        id=row.id,
        cause=row.cause,
        scope=row.scope,
        severity=row.severity,
        status=row.status,
        failure_ref=row.failure_ref,
        opened_at=row.opened_at,
        last_at=row.last_at,
        latest_ref=tx.incidents.latest_failure(row.id) or row.failure_ref,
        count=row.count,
        mailboxes=mailboxes,
        customers=len(tx.incidents.customers(row.id)),
        most=row.most,
        is_told=row.told_at is not None,
        acknowledged_by=row.acknowledged_by,
        acknowledged_name=row.acknowledged_name,
        acknowledged_at=row.acknowledged_at,
        acknowledged_until=row.acknowledged_until,
        silenced_until=row.silenced_until,
        silence_reason=silence.reason if silence else "",
        silenced_by=silence.by_user if silence else "",
        until_mended=silence.until_mended if silence else False,
        retest_at=row.retest_at,
        retested=retested,
        returns=row.returns,
        inhibited_by=row.inhibited_by,
        merged_into=row.merged_into,
        narrower=len(tx.incidents.inhibited(row.id)),
        handed_over_at=row.handed_over_at,
        customers_told_at=row.customers_told_at,
        mended_at=row.mended_at,
        ended_at=row.ended_at,
        to_retest=to_retest,
        whom=_whom(tx, row.concerns),
    )


def _whom(tx: Transaction, concerns: str) -> str:
    """Whom an incident concerns alone; nobody whose mailboxes were erased."""
    kind, _, number = concerns.partition(":")
    match kind:
        case "customer":
            customer = tx.channels.known_customer(int(number))
            return customer.name if customer is not None else ""
        case "account":
            for account in tx.accounts.several([int(number)]):
                return f"{tx.channels.customer(account.customer_id).name}, {account.name}"
    return ""


def _before(tx: Transaction, incident: Incident) -> list[Incident]:
    """The last incidents like one."""
    return tx.incidents.ended_like(incident.fingerprint, incident.cause, BEFORE_SHOWN)


def _past(incident: Incident) -> Past:
    ended = incident.mended_at or incident.last_at
    return Past(incident.opened_at, round((ended - incident.opened_at) / timedelta(minutes=1)))


def _fails(tx: Transaction, incident: Incident) -> StillFails | None:
    """How the last test of all mailboxes went, unless another one runs or it was fixed since."""
    newest = tx.incidents.newest_of(incident.id, (Entry.RETESTED, Entry.STILL_FAILS, Entry.MENDED))
    if newest is None or newest.event != Entry.STILL_FAILS or incident.status not in AT_WORK:
        return None
    return StillFails(newest.at, newest.detail["many"], newest.detail["resolving"])


def _example(tx: Transaction, incident: Incident) -> Failure:
    """A failure by which the incident is explained: the newest that has its cause still."""
    latest = tx.incidents.latest_failure(incident.id)
    failure = tx.failures.get(latest or incident.failure_ref)
    if failure is None or failure.cause != incident.cause:
        failure = tx.failures.get(incident.failure_ref)
    assert failure is not None
    return failure
