"""Incidents: what on-call is alerted to, the mailboxes of each, and what happened to it."""

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from storage.statuses import INCIDENTS, IncidentEvent
from storage.types import big_id_column, json_column, time_column, word_column
from storage.vocabulary import IncidentStatus, MaintenanceOf, Scope, Severity


class Incident(SQLModel, table=True):
    """One cause that is at work in one scope: at a mailbox, in a tenant, in our application or at
    Microsoft. `fingerprint` names it whatever becomes of it, `open_fingerprint` is the same while
    it is not closed, so that it is there once.

    `count` says how often its cause was seen, `most` how many mailboxes it ever had at a time.
    `told_at` is when on-call was told of it first: not yet where it began in silence. At `due_at`
    somebody is reminded, or something about it ends by itself; `rung` counts the reminders.
    `acknowledged_by` is a person in Slack, `acknowledged_name` one at the pager. An incident that
    is `inhibited_by` a wider one notifies nobody; what is `merged_into` another is seen there."""

    id: int = Field(default=None, primary_key=True)
    fingerprint: str = Field(index=True)
    open_fingerprint: str | None = Field(unique=True)
    cause: str = Field(index=True)
    scope: Scope = word_column(Scope)
    concerns: str = ""
    severity: Severity = word_column(Severity)
    status: IncidentStatus = word_column(IncidentStatus, default=IncidentStatus.OPEN)
    failure_ref: str = Field(foreign_key="failure.ref")
    count: int = 1
    most: int = 0
    opened_at: datetime = time_column()
    last_at: datetime = time_column()
    told_at: datetime | None = time_column(nullable=True)
    due_at: datetime | None = time_column(nullable=True, index=True)
    rung: int = 0
    acknowledged_by: str = ""
    acknowledged_name: str = ""
    acknowledged_at: datetime | None = time_column(nullable=True)
    acknowledged_until: datetime | None = time_column(nullable=True)
    asked_at: datetime | None = time_column(nullable=True)
    silenced_until: datetime | None = time_column(nullable=True)
    retest_at: datetime | None = time_column(nullable=True)
    retest_by: str = ""
    resolving: bool = False
    returns: int = 0
    inhibited_by: int | None = Field(default=None, foreign_key="incident.id")
    merged_into: int | None = Field(default=None, foreign_key="incident.id")
    handed_over_at: datetime | None = time_column(nullable=True)
    customers_told_at: datetime | None = time_column(nullable=True)
    mended_at: datetime | None = time_column(nullable=True)
    ended_at: datetime | None = time_column(nullable=True)

    @property
    def is_quiet(self) -> bool:
        """Whether nobody is to be notified of it just now."""
        return self.status is IncidentStatus.SILENCED or self.inhibited_by is not None

    def happened(self, event: IncidentEvent, now: datetime) -> None:
        """Keep what happened to it.

        Raises:
            StatusRefused: it cannot happen in the incident's status.
        """
        self.status = INCIDENTS.after(self.status, event)
        closed = self.status is IncidentStatus.CLOSED
        self.open_fingerprint = None if closed else self.fingerprint
        if event is IncidentEvent.SEEN:
            self.count += 1
            self.last_at = now
        if self.status is IncidentStatus.MENDED:
            self.mended_at = now
        elif closed:
            self.mended_at = self.mended_at or now
            self.ended_at = now
        else:
            self.mended_at = None
            self.ended_at = None
        if self.status is not IncidentStatus.ACKNOWLEDGED and event is not IncidentEvent.MENDED:
            self._forget_who_looks()

    def _forget_who_looks(self) -> None:
        """It is nobody's; of one that is mended it stays known whose it was."""
        if self.status is IncidentStatus.CLOSED:
            return
        self.acknowledged_by = ""
        self.acknowledged_name = ""
        self.acknowledged_at = None
        self.acknowledged_until = None
        self.asked_at = None


class IncidentMember(SQLModel, table=True):
    """A mailbox at which the cause of an incident is or was at work; `tested_at` is when it was
    seen last, `left_at` when it was out of it."""

    incident_id: int = Field(primary_key=True, foreign_key="incident.id")
    account_id: int = Field(primary_key=True, foreign_key="account.id", index=True)
    failure_ref: str = Field(foreign_key="failure.ref")
    joined_at: datetime = time_column()
    tested_at: datetime = time_column()
    left_at: datetime | None = time_column(nullable=True)


class IncidentEntry(SQLModel, table=True):
    """Something that happened to an incident, of which its timeline is made. `event` is a word of
    `bot.incidents.timeline`; `by_user` is empty where it happened by itself, `by_name` somebody
    whom only the pager knows."""

    id: int = big_id_column()
    incident_id: int = Field(foreign_key="incident.id", index=True)
    at: datetime = time_column()
    event: str
    by_team: str = ""
    by_user: str = ""
    by_name: str = ""
    detail: dict[str, Any] = json_column()


class Silence(SQLModel, table=True):
    """Nobody wants to hear of a fingerprint: until then, or (`until_mended`) until it is mended and
    stays so. It outlives the incident for which it was begun."""

    fingerprint: str = Field(primary_key=True)
    began_at: datetime = time_column()
    until: datetime = time_column()
    until_mended: bool = False
    reason: str = ""
    by_team: str = ""
    by_user: str = ""


class Maintenance(SQLModel, table=True):
    """A time in which failures alert nobody: of the whole application, of one customer, or of one
    cause (`concerns` is the customer's id or the cause)."""

    id: int = Field(default=None, primary_key=True)
    of: MaintenanceOf = word_column(MaintenanceOf)
    concerns: str = ""
    begins_at: datetime = time_column(index=True)
    ends_at: datetime = time_column(index=True)
    reason: str
    by_team: str
    by_user: str
    begun_at: datetime | None = time_column(nullable=True)
    ended_at: datetime | None = time_column(nullable=True)
