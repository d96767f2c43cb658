"""Incidents as they are shown to on-call."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.common.people import Person, Profile
from bot.diagnosis.failures import Failures
from bot.diagnosis.history import History
from bot.diagnosis.verdict import Verdict
from storage.database import Store, Transaction
from storage.tables import Failure, Incident, Maintenance
from storage.vocabulary import IncidentStatus, MaintenanceOf, Scope, Severity

Names = Callable[[Person], Profile | None]
"""What Slack says of a person."""


@dataclass(frozen=True)
class IncidentView:
    """The plain facts of an incident. `mailboxes` and `customers` say how many are concerned now,
    `most` how many mailboxes were at a time; `failure_ref` is the error ID with which it began,
    `latest_ref` the newest. `retested` of `mailboxes` were tested since everybody was to be.
    `inhibited_by` is the wider incident that stands for it, `narrower` how many it stands for."""

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

    @property
    def is_silent(self) -> bool:
        """Whether nobody is notified of it just now."""
        return self.status is IncidentStatus.SILENCED or self.inhibited_by is not None


@dataclass(frozen=True)
class AlertCard:
    """What an alert tells: the incident, what its cause means, what mended it before, and the user
    group that is on call ("" where none is named)."""

    incident: IncidentView
    verdict: Verdict
    history: History = field(default_factory=lambda: History([], 0, 0, [], None))
    group: str = ""


@dataclass(frozen=True)
class AlertLine:
    """Something that happened to an incident: a word of `bot.incidents.timeline`, when, who did it
    ("" for nobody) and what else is worth knowing."""

    event: str
    at: datetime
    user: str
    name: str
    detail: Mapping[str, Any]


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

    def __init__(self, store: Store, failures: Failures, names: Names, group: str) -> None:
        """`names`: what Slack says of a person; `group`: the user group that is on call."""
        self._store = store
        self._failures = failures
        self._names = names
        self._group = group

    def card(self, incident_id: int) -> AlertCard:
        """What the alert of an incident tells."""
        with self._store.transaction() as tx:
            incident = tx.incidents.get(incident_id)
            assert incident is not None
            failure = _example(tx, incident)
            verdict = self._failures.verdict(tx, failure)
            history = self._failures.history(tx, failure)
            return AlertCard(view_of(tx, incident), verdict, history, self._group)

    def line(self, entry_id: int) -> AlertLine:
        """Something that happened to an incident, for its thread: who did it is named, and not
        mentioned."""
        with self._store.transaction() as tx:
            entry = tx.incidents.entry(entry_id)
        name = entry.by_name
        if entry.by_user and not name:
            profile = self._names(Person(entry.by_team, entry.by_user))
            name = profile.name if profile is not None else ""
        return AlertLine(entry.event, entry.at, entry.by_user, name, entry.detail)

    def where(self, incident_id: int) -> tuple[str, str] | None:
        """The channel in which the alert of an incident stands, and where."""
        with self._store.transaction() as tx:
            posted = tx.outbox.posted(f"alert:{incident_id}")
            return (posted.channel_id, posted.ts) if posted is not None else None

    def mailboxes_in(self, incident_id: int, channel_id: str) -> int:
        """How many mailboxes of a channel are in an incident."""
        with self._store.transaction() as tx:
            return tx.incidents.count_in(incident_id, channel_id)

    def maintenance(self, window_id: int) -> MaintenanceView:
        """A time of maintenance."""
        with self._store.transaction() as tx:
            window = tx.incidents.window(window_id)
            return self.maintenance_view(tx, window)

    def maintenance_view(self, tx: Transaction, window: Maintenance) -> MaintenanceView:
        """The same, of a row."""
        concerns = window.concerns
        if window.of is MaintenanceOf.CUSTOMER:
            concerns = tx.channels.customer(int(window.concerns)).name
        elif window.of is MaintenanceOf.CAUSE:
            concerns = self._failures.title(tx, window.concerns)
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
    retested = 0
    if row.retest_at is not None:
        retested = mailboxes - tx.incidents.not_tested(row.id, row.retest_at)
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
    )


def _example(tx: Transaction, incident: Incident) -> Failure:
    """A failure by which the incident is explained: the newest that has its cause still."""
    latest = tx.incidents.latest_failure(incident.id)
    failure = tx.failures.get(latest or incident.failure_ref)
    if failure is None or failure.cause != incident.cause:
        failure = tx.failures.get(incident.failure_ref)
    assert failure is not None
    return failure
