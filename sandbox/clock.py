"""What time it is in the practice world: this machine's time, and as much more as somebody has
moved it on."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from enum import StrEnum
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Copenhagen")
"""Where the people of the practice world live."""

MORNING = time_of_day(9)
FRIDAY = 5


class Step(StrEnum):
    """How far the clock can be moved at once."""

    HOUR = "hour"
    DAY = "day"
    WORKING_DAY = "working_day"


class WorldClock:
    """A clock that is moved on, and never back."""

    def __init__(self) -> None:
        self.heard: list[Callable[[float], object]] = []
        """Who is told by how many seconds it is ahead of this machine's, whenever it was moved."""
        self._ahead = 0.0
        self._lock = threading.Lock()

    @property
    def ahead(self) -> float:
        """By how many seconds it is ahead of this machine's; less than none before the present."""
        return self._ahead

    def time(self) -> float:
        """Now, as `time.time` gives it."""
        return time.time() + self._ahead

    def move(self, step: Step) -> None:
        """Move it on."""
        with self._lock:
            now = datetime.fromtimestamp(self.time(), UTC)
            self.set(self._ahead + (_after(now, step) - now).total_seconds())

    def set(self, ahead: float) -> None:
        """Put it so many seconds ahead of this machine's."""
        self._ahead = ahead
        for hear in self.heard:
            hear(ahead)


def _after(now: datetime, step: Step) -> datetime:
    """When it is after a step: an hour or a day later, or at the next nine o'clock of a working
    day."""
    match step:
        case Step.HOUR:
            return now + timedelta(hours=1)
        case Step.DAY:
            return now + timedelta(days=1)
        case Step.WORKING_DAY:
            return _next_morning(now.astimezone(ZONE)).astimezone(UTC)


def _next_morning(now: datetime) -> datetime:
    day = now.date() if now.time() < MORNING else now.date() + timedelta(days=1)
    while day.isoweekday() > FRIDAY:
        day += timedelta(days=1)
    return datetime.combine(day, MORNING, ZONE)
