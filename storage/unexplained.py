"""Replies that no row of the catalogue explains, and the causes that on-call noted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import ColumnElement, bindparam
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, delete, exists, func, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from storage.tables import Failure, NotedCause, UnexplainedReply, UnexplainedSighting


@dataclass(frozen=True)
class Spread:
    """How often a reply came, at how many mailboxes and customers, and when; one whose
    customers were all erased came to nobody."""

    count: int
    mailboxes: int
    customers: int
    first_at: datetime | None
    last_at: datetime | None


class UnexplainedRepository:
    """Queries about unexplained replies."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, reply_id: int) -> UnexplainedReply | None:
        """The reply with that id."""
        return self._session.get(UnexplainedReply, reply_id)

    def lock(self, reply_id: int) -> UnexplainedReply | None:
        """The reply with that id, held until the transaction ends."""
        found = select(UnexplainedReply).where(UnexplainedReply.id == reply_id)
        return self._session.exec(found.with_for_update()).first()

    def known(self, signature: str) -> UnexplainedReply | None:
        """The reply with that signature."""
        found = select(UnexplainedReply).where(UnexplainedReply.signature == signature)
        return self._session.exec(found).first()

    def add(self, reply: UnexplainedReply) -> UnexplainedReply:
        """Keep a new reply. Where another transaction kept it just now, it is that one."""
        try:
            with self._session.begin_nested():
                self._session.add(reply)
        except IntegrityError:
            there = self.known(reply.signature)
            if there is None:  # it was forgotten in this moment
                raise
            return there
        return reply

    def sighting(self, reply_id: int, account_id: int | None) -> UnexplainedSighting | None:
        """The reply at an account."""
        found = select(UnexplainedSighting).where(
            UnexplainedSighting.reply_id == reply_id,
            col(UnexplainedSighting.account_id).is_not_distinct_from(account_id),
        )
        return self._session.exec(found).first()

    def add_sighting(self, sighting: UnexplainedSighting) -> None:
        """Keep that a reply was seen at an account for the first time."""
        self._session.add(sighting)
        self._session.flush()

    def new_at(self, account_id: int | None, since: datetime) -> int:
        """How many replies were seen at an account (None: at none) for the first time then or
        later."""
        found = select(func.count()).where(
            col(UnexplainedSighting.account_id).is_not_distinct_from(account_id),
            UnexplainedSighting.first_at >= since,
        )
        return self._session.exec(found).one()

    def pending(self) -> list[UnexplainedReply]:
        """Replies without a noted cause that were seen since they stood in a list: those that stood
        in none first, then by how often they came."""
        numbers = self._session.exec(_pending())
        found = [self._session.get(UnexplainedReply, each) for each in numbers]
        return [reply for reply in found if reply is not None]

    def listed(self, day: str) -> list[UnexplainedReply]:
        """What stands in the list of a day."""
        found = select(UnexplainedReply).where(UnexplainedReply.listed_on == day)
        return list(self._session.exec(found.order_by(col(UnexplainedReply.id))))

    def spread(self, reply_id: int) -> Spread:
        """How far a reply reaches."""
        seen = UnexplainedSighting
        here = seen.reply_id == reply_id
        places = select(
            func.sum(seen.count),
            func.count(func.distinct(col(seen.account_id))),
            func.count(func.distinct(col(seen.customer_id))),
        )
        times = select(func.min(seen.first_at), func.max(seen.last_at))
        count, mailboxes, customers = self._session.exec(places.where(here)).one()
        first_at, last_at = self._session.exec(times.where(here)).one()
        return Spread(count or 0, mailboxes, customers, first_at, last_at)

    def newest(self, reply_id: int, limit: int) -> list[UnexplainedSighting]:
        """Where a reply was seen last."""
        found = select(UnexplainedSighting).where(UnexplainedSighting.reply_id == reply_id)
        newest = found.order_by(
            col(UnexplainedSighting.last_at).desc(), col(UnexplainedSighting.id).desc()
        )
        return list(self._session.exec(newest.limit(limit)))

    def open_failures(self) -> list[Failure]:
        """The failures with an unexplained reply, or one that was, that are not mended yet."""
        met = select(UnexplainedSighting.failure_ref)
        found = select(Failure).where(col(Failure.ref).in_(met), col(Failure.mended_at).is_(None))
        return list(self._session.exec(found.order_by(col(Failure.ref))))

    def forget(self, before: datetime) -> None:
        """Forget what was seen before then for the last time, and of which nothing is noted."""
        ids = list(self._session.exec(_not_seen_since(), params={"before": before}))
        if not ids:  # as at nearly every look
            return
        for table, column in (
            (UnexplainedSighting, UnexplainedSighting.reply_id),
            (UnexplainedReply, UnexplainedReply.id),
        ):
            self._session.exec(delete(table).where(col(column).in_(ids)))


class NotedCauseRepository:
    """Queries about noted causes."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def all(self) -> Sequence[tuple[NotedCause, UnexplainedReply]]:
        """Every noted cause with its reply, the oldest first."""
        found = select(NotedCause, UnexplainedReply).join(UnexplainedReply)
        return self._session.exec(found.order_by(col(NotedCause.id))).all()

    def of(self, reply_id: int) -> NotedCause | None:
        """What is noted of a reply."""
        found = select(NotedCause).where(NotedCause.reply_id == reply_id)
        return self._session.exec(found).first()

    def own(self, cause: str) -> tuple[NotedCause, UnexplainedReply] | None:
        """The cause of that id with its reply, where a person put it in words."""
        found = select(NotedCause, UnexplainedReply).join(UnexplainedReply)
        own = col(NotedCause.owner).is_not(None)
        return self._session.exec(found.where(NotedCause.cause == cause, own)).first()

    def keep(self, noted: NotedCause) -> None:
        """Keep what is noted now."""
        self._session.add(noted)
        self._session.flush()

    def take_back(self, noted: NotedCause) -> None:
        """Nothing is noted any more."""
        self._session.delete(noted)
        self._session.flush()


@cache
def _pending() -> SelectOfScalar[int]:
    """The replies without a noted cause that were seen since they stood in a list, in order."""
    seen = UnexplainedSighting
    news = or_(
        col(UnexplainedReply.listed_at).is_(None),
        func.max(seen.last_at) > UnexplainedReply.listed_at,
    )
    return (
        select(UnexplainedReply.id)
        .join(seen)
        .where(~_is_noted())
        .group_by(col(UnexplainedReply.id))
        .having(news)
        .order_by(
            col(UnexplainedReply.listed_at).is_not(None),
            func.sum(seen.count).desc(),
            col(UnexplainedReply.id),
        )
    )


@cache
def _not_seen_since() -> SelectOfScalar[int]:
    """The replies of which nothing is noted, and that nobody met since `before`."""
    recently = exists().where(
        col(UnexplainedSighting.reply_id) == UnexplainedReply.id,
        col(UnexplainedSighting.last_at) >= bindparam("before"),
    )
    return select(UnexplainedReply.id).where(~_is_noted(), ~recently)


def _is_noted() -> ColumnElement[bool]:
    return exists().where(col(NotedCause.reply_id) == UnexplainedReply.id)
