"""Sweeps in turn: what the product seldom sweeps for is not swept for whenever a test looks."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.app.worker import Sweep
from bot.common.clock import Clock

SELDOM = timedelta(minutes=5)
"""A sweep that the product does more often than that is done at once."""


def in_turn(sweep: Sweep, clock: Clock) -> Sweep:
    """The sweep, which finds nothing before its interval has passed if that is a long one."""
    return sweep if sweep.every < SELDOM else replace(sweep, search=_InTurn(sweep, clock))


class _InTurn:
    """A search that ends when nothing is left, and begins again after the sweep's interval."""

    def __init__(self, sweep: Sweep, clock: Clock) -> None:
        self._sweep = sweep
        self._clock = clock
        self._ended: datetime | None = None

    def __call__(self) -> int:
        now = self._clock.now()
        # a test may set its clock back, too
        if self._ended is not None and abs(now - self._ended) < self._sweep.every:
            return 0
        found = self._sweep.search()
        if not found:
            self._ended = now
        return found
