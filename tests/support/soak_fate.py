"""When a simulated process dies, and what it leaves: nothing that it does after that moment."""

import os
import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from unittest.mock import patch

from sqlalchemy import Engine

from bot.common.stop import Stop
from storage.database import Store, Transaction
from storage.vocabulary import Pager
from tests.support.fast_ports import FastClock


class Killed(BaseException):
    """The process is no more. No `except Exception` of ours may outlive that."""


class Fate:
    """Says at each step that the outside can see whether the process dies there."""

    def __init__(self) -> None:
        self.is_dead = False
        self._left = 0
        self._sleeps = False

    def die_in(self, steps: int) -> None:
        """Die at so many steps from now; 0: live on."""
        self._left = steps

    def be_born(self) -> None:
        """Another process takes the place of the dead one."""
        self.is_dead = False
        self._left = 0

    @contextmanager
    def asleep(self) -> Iterator[None]:
        """Whoever only looks kills nobody."""
        self._sleeps = True
        try:
            yield
        finally:
            self._sleeps = False

    def step(self) -> None:
        """Go on, if the process lives.

        Raises:
            Killed: it does not.
        """
        if self._sleeps:
            return
        if not self.is_dead and self._left:
            self._left -= 1
            self.is_dead = not self._left
        if self.is_dead:
            raise Killed


class MortalStore(Store):
    """The database, as a process has it that may die before a commit and after it."""

    def __init__(self, engine: Engine, pagers: frozenset[Pager], fate: Fate) -> None:
        super().__init__(engine, pagers)
        self._fate = fate

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """As of any store. Nothing is begun by the dead, nor undone: the database does that."""
        self._fate.step()
        with super().transaction() as tx:
            yield tx
            self._fate.step()
        self._fate.step()


class Patience(Stop):
    """Waiting takes the simulation's time."""

    def __init__(self, clock: FastClock) -> None:
        super().__init__()
        self._clock = clock

    def pause(self, seconds: float) -> None:
        """Let the clock go on for so long."""
        self._clock.at += timedelta(seconds=seconds)


@contextmanager
def same_numbers(seed: int) -> Iterator[None]:
    """Within it whatever is drawn at random (IDs, secrets, nonces) is the same for the same seed:
    what is sorted by them comes in the same order."""
    drawn = random.Random(seed)
    with ExitStack() as patches:
        patches.enter_context(patch.object(os, "urandom", drawn.randbytes))
        patches.enter_context(patch.object(random, "_urandom", drawn.randbytes))
        yield
