"""How often somebody may do something within a minute, counted in this process.

In memory, since each call would otherwise cost a write, which on SQLite waits for every other one.
Several web processes count apart, so that together they may answer as many times more: what is
bounded is the work of a process. What must hold over all of them is counted in the database.
"""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from cachetools import LRUCache

from bot.api.refusals import Allowance
from bot.common.clock import Clock

MINUTE = timedelta(minutes=1)
REMEMBERED = 10_000
"""So many who call are remembered; of more, those are forgotten who called least recently."""


@dataclass
class _Window:
    begun: datetime
    used: int = 0


class Paces:
    """Counts for each of many, from any thread."""

    def __init__(self, clock: Clock, limit: int) -> None:
        """`limit`: how often each may within a minute, which begins with their first time."""
        self._clock = clock
        self._limit = limit
        self._lock = threading.Lock()
        self._windows: LRUCache[str, _Window] = LRUCache(REMEMBERED)

    def count(self, who: str) -> tuple[bool, Allowance]:
        """Count once more; whether that is within the limit, and what is left."""
        now = self._clock.now()
        with self._lock:
            window = self._windows.get(who)
            if window is None or not timedelta() <= now - window.begun < MINUTE:
                window = self._windows[who] = _Window(now)
            within = window.used < self._limit
            window.used += within
            left = self._limit - window.used
            return within, Allowance(self._limit, left, window.begun + MINUTE - now)
