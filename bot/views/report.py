"""How the work went in a span of time: the road, how long it took, what broke and why, and how fast
on-call was."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from statistics import mean, median
from zoneinfo import ZoneInfo

from bot.diagnosis.explainer import Explainer
from storage.database import Store, Transaction
from storage.reports import CausePart, OnTheRoad, Watch
from storage.vocabulary import Owner, State

WEEK = timedelta(days=7)


class Stage(StrEnum):
    """How far a mailbox has come on the road; who came to one came to all before it."""

    CREATED = "created"
    SIGNED_IN = "signed-in"
    TESTED = "tested"
    MAPPED = "mapped"
    LIVE = "live"


REACHED: Mapping[str, Stage] = {
    "signin.done": Stage.SIGNED_IN,
    "account.testing": Stage.SIGNED_IN,
    "account.failing": Stage.SIGNED_IN,
    "account.unmapped": Stage.TESTED,
    "folders.mapped": Stage.MAPPED,
    "account.live": Stage.LIVE,
}
"""What of the audit shows that a stage was reached."""


@dataclass(frozen=True)
class Connected:
    """A mailbox that became live, and how long that took since it was added."""

    ref: str
    name: str
    customer: str
    took: timedelta


@dataclass(frozen=True)
class CauseCount:
    """A cause, whose move it was, and at how many mailboxes it was at work."""

    cause: str
    title: str
    owner: Owner
    mailboxes: int


@dataclass(frozen=True)
class OnCallTimes:
    """How many incidents there were, and how long it took on average until one was acknowledged and
    until it was over; None where none was."""

    opened: int = 0
    acknowledged: timedelta | None = None
    mended: timedelta | None = None


@dataclass(frozen=True)
class Numbers:
    """What a span of time was like, from `begin` until before `end`.

    Attributes:
        road: of the mailboxes that were on their way, how many had come to each stage by the end.
        connected: those that became live, the fastest first.
        live: how many were live at the end; `broken`: how many had been and were not.
        broke: how many broke in between.
        causes: what was at work, the most frequent first.
    """

    begin: datetime
    end: datetime
    road: Mapping[Stage, int]
    connected: Sequence[Connected]
    live: int
    broken: int
    broke: int
    causes: Sequence[CauseCount]
    on_call: OnCallTimes

    @property
    def first_day(self) -> date:
        """The first day, where weeks and days begin."""
        return self.begin.date()

    @property
    def last_day(self) -> date:
        """The last day there."""
        return self.end.date() - timedelta(days=1)

    @property
    def median(self) -> timedelta | None:
        """How long it took half of those that became live, at most."""
        seconds = [each.took.total_seconds() for each in self.connected]
        return timedelta(seconds=median(seconds)) if seconds else None

    @property
    def worst(self) -> Connected | None:
        """What took longest."""
        return self.connected[-1] if self.connected else None

    @property
    def by_owner(self) -> Mapping[Owner, int]:
        """At how many mailboxes it was whose move, a mailbox for each cause."""
        counts: dict[Owner, int] = {}
        for each in self.causes:
            counts[each.owner] = counts.get(each.owner, 0) + each.mailboxes
        return dict(sorted(counts.items(), key=lambda pair: -pair[1]))

    @property
    def is_empty(self) -> bool:
        """Whether nothing was there to be counted."""
        return not (self.road[Stage.CREATED] or self.live or self.broken or self.causes)


@dataclass(frozen=True)
class Report:
    """A week, and the one before it."""

    week: Numbers
    before: Numbers


class Reports:
    """Counts any span of time that is over."""

    def __init__(self, store: Store, explainer: Explainer, zone: ZoneInfo) -> None:
        """`zone`: where weeks and days begin."""
        self._store = store
        self._explainer = explainer
        self.zone = zone

    def week(self, monday: date) -> Report:
        """The week that begins on that day, with the one before."""
        return Report(
            self.between(monday, monday + WEEK),
            self.between(monday - WEEK, monday),
        )

    def between(self, first: date, until: date) -> Numbers:
        """The days from `first` until before `until`."""
        with self._store.reading() as tx:
            return self.counted(tx, first, until)

    def counted(self, tx: Transaction, first: date, until: date) -> Numbers:
        """The same within the caller's transaction."""
        begin, end = (datetime.combine(day, time(), self.zone) for day in (first, until))
        accounts = tx.reports.on_the_road(begin, end)
        times = tx.reports.first_times(begin, end, REACHED)
        there = tx.reports.standing_at(end)
        return Numbers(
            begin=begin,
            end=end,
            road=_road([each.ref for each in accounts], times),
            connected=_connected(accounts, times),
            live=there.get(State.LIVE, 0),
            broken=there.get(State.BROKEN, 0),
            broke=tx.reports.broken_in(begin, end),
            causes=[self._cause(tx, each) for each in tx.reports.causes(begin, end)],
            on_call=_times(tx.reports.incidents(begin, end)),
        )

    def _cause(self, tx: Transaction, part: CausePart) -> CauseCount:
        title = self._explainer.verdict(tx, part.cause).title
        return CauseCount(part.cause, title, part.owner, part.mailboxes)


def week_before(day: date) -> date:
    """The Monday of the last week that was over on a day."""
    return day - timedelta(days=day.weekday()) - WEEK


def _road(refs: Collection[str], times: Mapping[tuple[str, str], datetime]) -> dict[Stage, int]:
    """How many of the accounts came to each stage."""
    stages = list(Stage)
    furthest = dict.fromkeys(refs, 0)
    for ref, action in times:
        if ref in furthest:
            furthest[ref] = max(furthest[ref], stages.index(REACHED[action]))
    return {
        stage: sum(reached >= number for reached in furthest.values())
        for number, stage in enumerate(stages)
    }


def _connected(
    accounts: Iterable[OnTheRoad], times: Mapping[tuple[str, str], datetime]
) -> list[Connected]:
    live = ((each, times.get((each.ref, "account.live"))) for each in accounts)
    found = [
        Connected(each.ref, each.name, each.customer, at - each.created_at)
        for each, at in live
        if at is not None
    ]
    return sorted(found, key=lambda each: each.took)


def _times(incidents: Sequence[Watch]) -> OnCallTimes:
    return OnCallTimes(
        opened=len(incidents),
        acknowledged=_average(
            each.acknowledged_at - each.opened_at for each in incidents if each.acknowledged_at
        ),
        mended=_average(each.ended_at - each.opened_at for each in incidents if each.ended_at),
    )


def _average(spans: Iterable[timedelta]) -> timedelta | None:
    seconds = [span.total_seconds() for span in spans]
    return timedelta(seconds=mean(seconds)) if seconds else None
