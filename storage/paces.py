"""How often others are called: the calls of each kind are booked out, over all processes."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from storage.tables import Pace
from storage.vocabulary import Means


@dataclass(frozen=True)
class Rate:
    """How often somebody may be called: once an `interval`, and up to `burst` calls ahead of
    that."""

    interval: timedelta
    burst: int

    @property
    def ahead(self) -> timedelta:
        """How far calls may be ahead."""
        return self.interval * self.burst


@dataclass(frozen=True)
class SharedAnswer:
    """What one process was told and all go by, and when it asked."""

    names: frozenset[str]
    asked_at: datetime


class PaceRepository:
    """Queries about how far calls are booked out."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def book(self, means: Means, now: datetime, rate: Rate) -> datetime:
        """Book one more call. When its turn is; at once where that is past."""
        pace = self._held(means, now)
        booked = max(pace.booked_until, now)
        pace.booked_until = booked + rate.interval
        self._session.flush()
        return booked - rate.ahead

    def may_go(self, means: Means, now: datetime, rate: Rate, left: int = 0) -> bool:
        """Whether a call may be made now, after which so many may be made at once; if so, it is
        booked."""
        turn = self._held(means, now).booked_until - rate.ahead + rate.interval * left
        return turn <= now and self.book(means, now, rate) <= now

    def slow_down(self, means: Means, until: datetime, rate: Rate) -> None:
        """Whoever is called so has had enough of it until then."""
        pace = self._held(means, until)
        pace.booked_until = max(pace.booked_until, until + rate.ahead)

    def shared(self, means: Means) -> SharedAnswer | None:
        """What the last call was answered, of whatever process."""
        pace = self._session.get(Pace, means)
        if pace is None or pace.answer is None or pace.asked_at is None:
            return None
        return SharedAnswer(frozenset(pace.answer), pace.asked_at)

    def share(self, means: Means, names: Collection[str], asked_at: datetime) -> None:
        """Keep an answer for all, unless somebody who asked later has one."""
        pace = self._held(means, asked_at)
        if pace.asked_at is None or pace.asked_at <= asked_at:
            pace.answer = sorted(names)
            pace.asked_at = asked_at

    def _held(self, means: Means, now: datetime) -> Pace:
        """How far calls are booked out; held until the transaction ends."""
        pace = self._session.get(Pace, means, with_for_update=True)
        if pace is not None:
            return pace
        try:
            with self._session.begin_nested():
                self._session.add(Pace(means=means, booked_until=now))
        except IntegrityError:  # another transaction made it first
            pass
        return self._session.get_one(Pace, means, with_for_update=True)
