"""What is forgotten of things that are over: outages, incidents, reminders, and what people did
about failures."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, exists

from storage.forgetting import forget, message, not_last, untold
from storage.tables import (
    Attempt,
    Batch,
    Incident,
    IncidentEntry,
    IncidentMember,
    Maintenance,
    Outage,
    OutageMailbox,
    Page,
    PageLane,
    Reminder,
    ReportedFix,
    Setback,
    Silence,
)


class PastRetention:
    """Forgets up to so many rows of a kind that were over before a moment; says how many. What is
    open stays, and what a message is still to be drawn from."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.kinds: Mapping[str, Callable[[datetime, int], int]] = {
            "attempts": self.attempts,
            "reported_fixes": self.reported_fixes,
            "outages": self.outages,
            "setbacks": self.setbacks,
            "reminders": self.reminders,
            "batches": self.batches,
            "incident_entries": self.incident_entries,
            "incident_members": self.incident_members,
            "silences": self.silences,
            "maintenance": self.maintenance,
            "last_pages": self.last_pages,
            "page_lanes": self.page_lanes,
        }

    def attempts(self, before: datetime, limit: int) -> int:
        """What people did about failures and does not count any more."""
        old = (col(Attempt.over_at) < before, not_last(col(Attempt.id)))
        return forget(self._session, Attempt, old, limit)

    def reported_fixes(self, before: datetime, limit: int) -> int:
        """What people said they mended, and that has shown or not."""
        old = (col(ReportedFix.ended_at) < before, not_last(col(ReportedFix.id)))
        return forget(self._session, ReportedFix, old, limit)

    def outages(self, before: datetime, limit: int) -> int:
        """What did not work, once all of it works again, with its mailboxes."""
        key = col(Outage.id)
        old = (col(Outage.ended_at) < before, not_last(key), *untold(message("outage", key)))
        return forget(self._session, Outage, old, limit, col(OutageMailbox.outage_id))

    def setbacks(self, before: datetime, limit: int) -> int:
        """What support was told of, once it is over."""
        key = col(Setback.id)
        told = message("customer", col(Setback.customer_id), "setback", key)
        old = (col(Setback.over_at) < before, not_last(key), *untold(told))
        return forget(self._session, Setback, old, limit)

    def reminders(self, before: datetime, limit: int) -> int:
        """Reminders of which all is done, or that a newer one replaced; but not the newest of a
        channel."""
        newer = aliased(Reminder)
        later = exists().where(
            col(newer.channel_id) == Reminder.channel_id, col(newer.id) > col(Reminder.id)
        )
        told = untold(message("reminder", col(Reminder.id)))
        old = (col(Reminder.finished_at) < before, later, *told)
        return forget(self._session, Reminder, old, limit)

    def batches(self, before: datetime, limit: int) -> int:
        """Which accounts were created at once, and what kept others from it."""
        key = col(Batch.id)
        old = (col(Batch.finished_at) < before, not_last(key), *untold(message("batch", key)))
        return forget(self._session, Batch, old, limit)

    def incident_entries(self, before: datetime, limit: int) -> int:
        """The timelines of incidents that are closed."""
        number = col(IncidentEntry.incident_id)
        old = (
            _closed(number, before),
            not_last(col(IncidentEntry.id)),
            *untold(message("alert", number)),
        )
        return forget(self._session, IncidentEntry, old, limit)

    def incident_members(self, before: datetime, limit: int) -> int:
        """Which mailboxes were in incidents that are closed."""
        old = (
            col(IncidentMember.left_at) < before,
            _closed(col(IncidentMember.incident_id), before),
            *untold(message("alert", col(IncidentMember.incident_id))),
        )
        return forget(self._session, IncidentMember, old, limit)

    def silences(self, before: datetime, limit: int) -> int:
        """What nobody wanted to hear of, for a time that is over."""
        is_open = exists().where(col(Incident.open_fingerprint) == Silence.fingerprint)
        return forget(self._session, Silence, (col(Silence.until) < before, ~is_open), limit)

    def maintenance(self, before: datetime, limit: int) -> int:
        """Times of maintenance that are over."""
        key = col(Maintenance.id)
        told = untold(message("maintenance", key))
        old = (col(Maintenance.ended_at) < before, not_last(key), *told)
        return forget(self._session, Maintenance, old, limit)

    def last_pages(self, before: datetime, limit: int) -> int:
        """What pagers were told last of an incident, once that is closed for so long or gone with
        its customer: a pager's words about it lead nowhere from then on."""
        recent = col(Incident.ended_at).is_(None) | (col(Incident.ended_at) >= before)
        there = exists().where(col(Incident.id) == Page.incident_id, recent)
        return forget(self._session, Page, (col(Page.done_at) < before, ~there), limit)

    def page_lanes(self, before: datetime, limit: int) -> int:
        """The turn-taking of pagers where nothing is left that they were told."""
        told = exists().where(
            col(Page.pager) == PageLane.pager, col(Page.fingerprint) == PageLane.fingerprint
        )
        said = col(PageLane.said_at)
        old = (col(PageLane.due_at).is_(None), said.is_(None) | (said < before), ~told)
        return forget(self._session, PageLane, old, limit)


def _closed(incident_id: Any, before: datetime) -> ColumnElement[bool]:
    return exists().where(col(Incident.id) == incident_id, col(Incident.ended_at) < before)
