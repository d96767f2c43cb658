"""A bad day of Slack's: many calls are refused or lost, each by its dice."""

import random
import threading
from dataclasses import dataclass, field
from enum import StrEnum

BUSY = 1 / 3
BROKEN = 1 / 10
LOST = 1 / 20


class Fate(StrEnum):
    """What becomes of a call: it is answered, refused as one too many (429), meets an error of
    Slack's own (503), or is done and its answer is lost."""

    ANSWERED = "answered"
    BUSY = "busy"
    BROKEN = "broken"
    LOST = "lost"


@dataclass
class Weather:
    """How often what happens. With all at nothing, every call is answered."""

    busy: float = 0.0
    broken: float = 0.0
    lost: float = 0.0
    seed: int = 0
    met: dict[Fate, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)
        self._lock = threading.Lock()

    def fate(self) -> Fate:
        """Of the next call."""
        with self._lock:
            drawn = self._dice.random()
            fate = self._drawn(drawn)
            self.met[fate] = self.met.get(fate, 0) + 1
        return fate

    def _drawn(self, drawn: float) -> Fate:
        for fate, share in ((Fate.BUSY, self.busy), (Fate.BROKEN, self.broken)):
            if drawn < share:
                return fate
            drawn -= share
        return Fate.LOST if drawn < self.lost else Fate.ANSWERED


def bad_day(seed: int) -> Weather:
    """A third of the calls are too many, a tenth fail, and of a twentieth the answer is lost."""
    return Weather(BUSY, BROKEN, LOST, seed)
