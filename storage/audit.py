"""Who did what."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, insert, literal, not_, union_all
from sqlmodel import Session, SQLModel, col, func, select, update

from storage.cipher import digest
from storage.session import Unit
from storage.tables import Account, AuditEntry, AuditRepetition, Channel

REFUSING = 0x72656675
"""The first number of PostgreSQL's advisory lock, "refu" in ASCII; the second is the kind's."""


@dataclass(frozen=True)
class NewEntry:
    """What an entry of the audit will say: the columns of its row."""

    at: datetime
    team: str
    user: str
    action: str
    subject: str
    channel_id: str
    result: str
    detail: dict[str, object]


class AuditRepository:
    """The audit table: entries are added, never changed."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def add(self, entry: NewEntry) -> None:
        """Keep an entry. It is never changed, so that no session need watch it."""
        self._unit.connection.execute(ADDED, vars(entry))

    def add_or_count(self, refusal: NewEntry, since: datetime) -> None:
        """Keep a refusal: one more of the same kind that came first at `since` or later, else an
        entry of its own.

        Of two transactions that both see the first one, one waits for the other.
        """
        likeness = _likeness(refusal)
        if self._count(refusal.at, likeness, since):
            return
        if self._unit.connection.dialect.name == "postgresql":
            self._session.exec(select(func.pg_advisory_xact_lock(REFUSING, _lock_of(likeness))))
            if self._count(refusal.at, likeness, since):
                return
        entry = AuditEntry(**vars(refusal))
        entry.repetition = AuditRepetition(
            likeness=likeness, first_at=entry.at, last_at=entry.at, times=1
        )
        self._session.add(entry)
        self._session.flush()

    @property
    def _session(self) -> Session:
        return self._unit.session

    def _count(self, now: datetime, likeness: str, since: datetime) -> bool:
        """Count one more of a kind that is there; whether one is."""
        alike = (col(AuditRepetition.likeness) == likeness) & (
            col(AuditRepetition.first_at) >= since
        )
        newest = select(func.max(AuditRepetition.entry_id)).where(alike).scalar_subquery()
        again = update(AuditRepetition).where(col(AuditRepetition.entry_id) == newest)
        counted = again.values(times=col(AuditRepetition.times) + 1, last_at=now)
        return bool(self._session.exec(counted).rowcount)

    def about(self, subject: str) -> Iterator[AuditEntry]:
        """Everything that was done to `subject` (an account's or error's ID, a channel), oldest
        first."""
        return iter(
            self._session.exec(
                select(AuditEntry).where(AuditEntry.subject == subject).order_by(col(AuditEntry.id))
            )
        )

    def times(self, subject: str, action: str, since: datetime) -> list[datetime]:
        """When something was done to `subject` after `since`, oldest first."""
        about = AuditEntry.subject == subject, AuditEntry.action == action
        found = select(AuditEntry.at).where(*about, col(AuditEntry.at) > since)
        return list(self._session.exec(found.order_by(col(AuditEntry.id))))

    def of_customer(
        self, customer_id: int, actions: Collection[str], first: int, limit: int
    ) -> list[AuditEntry]:
        """Up to `limit` entries of these actions about a customer, their accounts, or their
        channels since they were bound, the newest first, from the `first` on."""
        found = select(AuditEntry).where(_about_customer(customer_id, actions))
        found = found.order_by(col(AuditEntry.id).desc()).offset(first).limit(limit)
        return list(self._session.exec(found))

    def count_of_customer(self, customer_id: int, actions: Collection[str]) -> int:
        """How many of them there are."""
        about = _about_customer(customer_id, actions)
        return self._session.exec(select(func.count(col(AuditEntry.id))).where(about)).one()

    def refusals(self, team: str, user: str, since: datetime) -> int:
        """How many entries tell of what a person was refused, since then."""
        found = (
            select(func.count())
            .select_from(AuditEntry)
            .join(AuditRepetition)
            .where(AuditEntry.at >= since, AuditEntry.team == team, AuditEntry.user == user)
        )
        return self._session.exec(found).one()

    def since(self, begin: datetime, end: datetime, after: int, limit: int) -> list[AuditEntry]:
        """Up to `limit` entries made from `begin` until before `end`, those with ids beyond
        `after`, oldest first."""
        found = select(AuditEntry).where(
            AuditEntry.at >= begin, AuditEntry.at < end, col(AuditEntry.id) > after
        )
        return list(self._session.exec(found.order_by(col(AuditEntry.id)).limit(limit)))


def _about_customer(customer_id: int, actions: Collection[str]) -> ColumnElement[bool]:
    """Whether an entry tells what was done at a customer. What was done in a channel before it was
    theirs was somebody else's; and what was refused, which alone is counted, was not done."""
    names = union_all(
        select(literal(f"customer:{customer_id}")),
        select(Account.ref).where(Account.customer_id == customer_id),
        select(Channel.id).where(Channel.customer_id == customer_id),
    )
    before = select(Channel.id).where(
        Channel.id == AuditEntry.subject, col(Channel.bound_at) > AuditEntry.at
    )
    refused = select(AuditRepetition.entry_id).where(AuditRepetition.entry_id == AuditEntry.id)
    told = col(AuditEntry.action).in_(actions)
    theirs = col(AuditEntry.subject).in_(names)
    return and_(told, theirs, not_(before.exists()), not_(refused.exists()))


def _lock_of(likeness: str) -> int:
    """The number of a kind of refusal among PostgreSQL's locks, which have 31 bits."""
    return int(likeness[:8], 16) >> 1


def _likeness(entry: NewEntry) -> str:
    """What refusals of one kind have in common, as one short text."""
    who = [entry.team, entry.user, entry.channel_id]
    what = [entry.action, entry.subject, entry.result]
    return digest(json.dumps([who, what, entry.detail], sort_keys=True))


# Added with each thing that anybody does: put together once
ADDED = insert(SQLModel.metadata.tables["auditentry"]).inline()
