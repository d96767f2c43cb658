"""What it takes to believe a failure at a mailbox that worked, by the kind of the failure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.diagnosis.observation import Observation, Where
from bot.diagnosis.verdict import Verdict
from storage.vocabulary import FaultKind, Permanence

TOO_MANY_REQUESTS = 429

LIMITS = frozenset(
    {
        "graph-send-limit",
        "graph-throttled",
        "imap-throttled",
        "imap-too-many-connections",
        "recipient-busy",
        "sign-in-throttled",
        "smtp-message-rate",
        "smtp-thread-limit",
        "smtp-throttled",
        "smtp-too-many-connections",
        "submission-quota",
        "tenant-quota",
        "tenant-throttled",
    }
)
"""The causes that somebody, perhaps we, asked for too much."""


@dataclass(frozen=True)
class Patience:
    """How often a failure has to be seen until it is believed, with nothing that passed between.

    Attributes:
        sightings: so often at least; None: it is never believed.
        over: so much time lies between the first and the last of these at least,
        within: and so much at most.
        doubted: when it is looked again while it is not believed, by how often it was seen; the
            last repeats, so that what came at odd times is believed in the end, too.
        known: when it is looked again once it is believed, by how often that was so; the last
            repeats.
    """

    sightings: int | None
    over: timedelta
    within: timedelta
    doubted: tuple[timedelta, ...]
    known: tuple[timedelta, ...]

    def believes(self, seen: Sequence[datetime]) -> bool:
        """Whether sightings at these times, newest first, are enough."""
        if self.sightings is None:
            return False
        return any(
            self.over <= last - first <= self.within
            for number, last in enumerate(seen)
            for first in seen[number + self.sightings - 1 :]
        )

    def wait(self, times: int, believed: int = 0) -> timedelta:
        """How long after the last sighting it is looked again.

        Args:
            times: how often it was seen.
            believed: at how many of these it was believed.
        """
        if believed:
            return self.known[min(believed, len(self.known)) - 1]
        return self.doubted[min(times, len(self.doubted)) - 1]


def _minutes(*numbers: float) -> tuple[timedelta, ...]:
    return tuple(timedelta(minutes=number) for number in numbers)


HOURLY = _minutes(60)
"""No mailbox that works is left alone for longer, whatever it failed with."""

PATIENCE = {
    # Microsoft said no, or that something is missing: once more, soon, rules out a server that was
    # just being changed
    FaultKind.REFUSED: Patience(
        2, timedelta(minutes=1), timedelta(minutes=10), _minutes(1.5), _minutes(15) + HOURLY
    ),
    # Nobody answered: what lasts half an hour is no lost packet and no restart
    FaultKind.NETWORK: Patience(
        3, timedelta(minutes=30), timedelta.max, _minutes(5, 10, 15), HOURLY
    ),
    # Microsoft said itself that it will pass; most such spells end within an hour
    FaultKind.BUSY: Patience(
        4, timedelta(minutes=80), timedelta.max, _minutes(5, 15) + HOURLY, HOURLY
    ),
    # We asked too often: nothing is broken, and we ask less often
    FaultKind.THROTTLED: Patience(
        None, timedelta.max, timedelta.max, _minutes(30) + HOURLY, HOURLY
    ),
}
"""The one table: what is believed when, and when it is looked again."""


def kind_of(seen: Observation, verdict: Verdict) -> FaultKind:
    """Of which kind a failure is: by the protocol's own fields, then by what its cause says."""
    if seen.where is Where.NETWORK:
        return FaultKind.NETWORK
    if seen.status == TOO_MANY_REQUESTS or verdict.cause in LIMITS:
        return FaultKind.THROTTLED
    passes = verdict.permanence is Permanence.RETRY or seen.where is Where.INTERNAL
    return FaultKind.BUSY if passes else FaultKind.REFUSED
