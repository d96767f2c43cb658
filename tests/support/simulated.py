"""A simulated time in which much happens at once, on one thread: whoever waits lets the others go
on, and time leaps to where the next one is due."""

import heapq
from collections.abc import Callable
from concurrent.futures import Executor, Future
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

from greenlet import getcurrent, greenlet

from tests.support.fast_ports import FastClock


class Simulation:
    """Everything that is planned, in the order of its time."""

    def __init__(self, clock: FastClock) -> None:
        self.clock = clock
        self._hub = getcurrent()
        self._numbers = count()
        self._planned: list[tuple[datetime, int, Callable[[], object]]] = []

    @property
    def now(self) -> datetime:
        """What time it is."""
        return self.clock.at

    def at(self, when: datetime, do: Callable[[], object]) -> None:
        """Have something done then; it may `sleep`."""
        self._plan(when, lambda: greenlet(do, self._hub).switch())

    def sleep(self, span: timedelta) -> None:
        """Let others go on for so long. What is not planned, but done while the world is made,
        takes no time."""
        me = getcurrent()
        if me is not self._hub:
            self._plan(self.now + span, me.switch)
            self._hub.switch()

    def run(self, until: datetime) -> None:
        """Let time pass."""
        while self._planned and self._planned[0][0] <= until:
            when, _, go_on = heapq.heappop(self._planned)
            self.clock.at = max(self.now, when)
            go_on()
        self.clock.at = until

    def _plan(self, when: datetime, go_on: Callable[[], object]) -> None:
        heapq.heappush(self._planned, (max(when, self.now), next(self._numbers), go_on))


class Alarm:
    """Does something at the earliest of the times that were asked for."""

    def __init__(self, simulation: Simulation, do: Callable[[], object]) -> None:
        self._simulation = simulation
        self._do = do
        self._at: datetime | None = None

    def set(self, at: datetime) -> None:
        """Ring at that time, unless it rings before."""
        if self._at is None or at < self._at:
            self._at = at
            self._simulation.at(at, partial(self._ring, at))

    def _ring(self, at: datetime) -> None:
        if self._at == at:  # or an earlier one took its place
            self._at = None
            self._do()


class Threads(Executor):
    """A pool whose threads are simulated; `after` happens when a piece of work is done."""

    def __init__(self, simulation: Simulation, after: Callable[[], object]) -> None:
        self._simulation = simulation
        self._after = after

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        def work() -> None:
            fn(*args, **kwargs)
            self._after()

        self._simulation.at(self._simulation.now, work)
        return Future()
