"""Numbers of a span of time, for every customer together: out of accounts, the audit, failures and
incidents, so that any week that is over can be counted again."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, func, select

from storage.tables import Account, AuditEntry, Customer, Failure, Incident
from storage.vocabulary import Owner, State

SETTLED = tuple(state for state in State if state is not State.TESTING)
"""Where an account stands when no test of it runs."""


class OnTheRoad(NamedTuple):
    """An account that was not live before a span of time began."""

    ref: str
    name: str
    customer: str
    created_at: datetime


class CausePart(NamedTuple):
    """At how many mailboxes a cause was at work, as whose move."""

    cause: str
    owner: Owner
    mailboxes: int


class Watch(NamedTuple):
    """When an incident was opened, acknowledged and over."""

    opened_at: datetime
    acknowledged_at: datetime | None
    ended_at: datetime | None


class ReportRepository:
    """Queries about spans of time, each from `begin` until before `end`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def on_the_road(self, begin: datetime, end: datetime) -> list[OnTheRoad]:
        """The accounts that were added before `end` and not live, or given up, before `begin`."""
        found = select(Account.ref, Account.name, Customer.name, Account.created_at).join(Customer)
        over = (col(Account.state) == State.DISCONNECTED) & (col(Account.state_since) < begin)
        found = found.where(_under_way(begin, end), ~over)
        return [OnTheRoad(*row) for row in self._session.exec(found.order_by(col(Account.id)))]

    def first_times(
        self, begin: datetime, end: datetime, actions: Collection[str]
    ) -> dict[tuple[str, str], datetime]:
        """When each of `actions` was first done to each account on the road, before `end`, by the
        account's ID and the action."""
        what = (col(AuditEntry.subject), col(AuditEntry.action))
        found = select(*what, func.min(col(AuditEntry.at)))
        found = found.join(Account, col(Account.ref) == col(AuditEntry.subject))
        found = found.where(_under_way(begin, end), col(AuditEntry.at) < end)
        found = found.where(col(AuditEntry.action).in_(actions))
        rows = self._session.exec(found.group_by(*what))
        return {(ref, action): at for ref, action, at in rows}

    def standing_at(self, at: datetime) -> dict[State, int]:
        """How many accounts stood where at a moment; one that was tested then as before its
        test."""
        still = select(Account.state, func.count()).where(
            Account.state_since < at, Account.state != State.TESTING
        )
        rows = self._session.exec(still.group_by(col(Account.state)))
        counts = Counter({State(state): count for state, count in rows})
        counts.update(self._moved_since(at))
        return counts

    def _moved_since(self, at: datetime) -> list[State]:
        """Where the accounts stood at a moment that have moved since."""
        entered = [f"account.{state}" for state in SETTLED]
        last = select(func.max(col(AuditEntry.id))).where(
            AuditEntry.subject == Account.ref,
            AuditEntry.at < at,
            col(AuditEntry.action).in_(entered),
        )
        newest = col(AuditEntry.id) == last.correlate(Account).scalar_subquery()
        found = select(AuditEntry.action).select_from(Account).join(AuditEntry, newest)
        moved = or_(col(Account.state_since) >= at, col(Account.state) == State.TESTING)
        rows = self._session.exec(found.where(moved))
        return [State(action.removeprefix("account.")) for action in rows]

    def broken_in(self, begin: datetime, end: datetime) -> int:
        """How many accounts broke."""
        found = select(func.count(func.distinct(col(AuditEntry.subject)))).where(
            AuditEntry.action == f"account.{State.BROKEN}",
            AuditEntry.at >= begin,
            AuditEntry.at < end,
        )
        return self._session.exec(found).one()

    def causes(self, begin: datetime, end: datetime) -> list[CausePart]:
        """What was seen at accounts, or gone only then, the most frequent first."""
        mailboxes = func.count(func.distinct(col(Failure.account_id)))
        found = select(Failure.cause, Failure.owner, mailboxes).where(
            Failure.first_at < end,
            or_(col(Failure.last_at) >= begin, col(Failure.mended_at) >= begin),
            col(Failure.account_id).is_not(None),
        )
        found = found.group_by(col(Failure.cause), col(Failure.owner))
        rows = self._session.exec(found.order_by(mailboxes.desc(), col(Failure.cause)))
        return [CausePart(cause, Owner(owner), count) for cause, owner, count in rows]

    def incidents(self, begin: datetime, end: datetime) -> list[Watch]:
        """The incidents of which on-call was told, besides those for which another one stands."""
        found = select(Incident.opened_at, Incident.acknowledged_at, Incident.mended_at)
        found = found.where(Incident.opened_at >= begin, Incident.opened_at < end)
        found = found.where(
            col(Incident.told_at).is_not(None),
            col(Incident.inhibited_by).is_(None),
            col(Incident.merged_into).is_(None),
        )
        return [Watch(*row) for row in self._session.exec(found)]


def _under_way(begin: datetime, end: datetime) -> ColumnElement[bool]:
    not_yet = or_(col(Account.live_at).is_(None), col(Account.live_at) >= begin)
    return (col(Account.created_at) < end) & not_yet
