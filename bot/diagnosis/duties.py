"""Whether the worker does what it has to, in time: for /readyz, and for a dead man's switch."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.common.clock import Clock
from bot.common.correlation import correlated
from storage.database import Store

SPARE = timedelta(minutes=2)
"""So much later than twice its interval a duty may be done: a long batch, a restart."""


class Duties:
    """What the worker looks for again and again, each with its interval, and when it did it last.
    What any worker did counts for all."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._since = clock.now()
        self._every: dict[str, timedelta] = {}
        self._done: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def watched(self, name: str, every: timedelta, search: Callable[[], int]) -> Callable[[], int]:
        """`search`, which says how much it did; a duty is done once nothing is left to do. One that
        raises is not."""
        self._every[name] = every

        def look() -> int:
            with correlated():
                did = search()
            if not did:
                with self._lock:
                    self._done[name] = self._clock.now()
            return did

        return look

    def keep(self) -> int:
        """Write down what was done in this process since the last time. Nothing is left to do
        afterwards (0)."""
        with self._lock:
            done = self._done
            self._done = {}
        if done:
            with self._store.transaction() as tx:
                for name, at in sorted(done.items()):
                    tx.measures.done(name, at)
        return 0

    def ages(self) -> dict[str, timedelta]:
        """How long ago any worker did each of them; of what nobody has done yet, how long ago this
        process began."""
        now = self._clock.now()
        with self._store.reading() as tx:
            done = tx.measures.duties()
        return {name: now - done.get(name, self._since) for name in self._every}

    def late(self) -> list[str]:
        """The duties that no worker has done in time."""
        ages = self.ages()
        return [name for name, every in self._every.items() if ages[name] > 2 * every + SPARE]
