"""A storm: web processes and workers die at random moments, and others take their places."""

import random
import time
from collections.abc import Callable
from datetime import timedelta

from bot.app.claimed_jobs import LEASE
from sandbox.slack.office import Office
from tests.real.daemon import free_ports
from tests.support.forked import Forked, LeapingClock, Nursery
from tests.support.front import Front

MOST_TOLD = 9
QUIET_SECONDS = (4.0, 12.0)
"""A kill comes when so much was told in channels since the one before, at most, or when nothing was
for so long. What is told is what workers have done: however slow the machine is, they get on."""

QUIET_AFTERWARDS_SECONDS = (0.2, 1.5)

TELLS = ("chat.postMessage", "chat.update")
LONGEST_AFTER_CALL_SECONDS = 0.05
ALL_WORKERS = 0.6
"""Of the kills of workers so many are of all of them at once, after which time passes: nobody has
work in hand then."""

A_LEASE = LEASE + timedelta(seconds=1)
LONGEST_LEASES = 2.0
"""So many leases pass then, at most."""

A_REST = timedelta(seconds=30)
"""So much time passes in the end again and again: fifty updates a minute are taken by Slack."""

A_MOMENT_SECONDS = 2.0
PATIENCE_SECONDS = 600.0
"""As long as those who walk wait."""


class Storm:
    """The processes, and who kills them. `url` leads to the web processes."""

    def __init__(self, webs: int, workers: int, office: Office, clock: LeapingClock) -> None:
        self._seats = free_ports(webs)
        self._front = Front(lambda: self._seats)
        self.url = self._front.url
        self._office = office
        self._clock = clock
        self._count = workers
        self._webs: list[Forked] = []
        self._workers: list[Forked] = []
        self.kills = 0

    def begin(self, nursery: Nursery) -> None:
        """Start every process."""
        self._nursery = nursery
        self._webs = [nursery.start(port) for port in self._seats]
        self._workers = [nursery.start() for _ in range(self._count)]

    def rage(self, kills: int, dice: random.Random, walk: Callable[[], bool]) -> None:
        """Kill so many, one after the other; quickly once nobody has to `walk` any more."""
        while self.kills < kills:
            self._await_moment(dice, QUIET_SECONDS if walk() else QUIET_AFTERWARDS_SECONDS)
            if dice.random() < 0.5:
                self._kill_web(dice)
            elif dice.random() < ALL_WORKERS:
                self._pass_time(A_LEASE * dice.uniform(1, LONGEST_LEASES))
            else:
                self._kill_worker(dice)

    def calm_down(self, is_over: Callable[[], bool]) -> None:
        """The last time that workers die. Then time passes whenever nobody works, until it is
        over."""
        end = time.monotonic() + PATIENCE_SECONDS
        self._pass_time(A_LEASE)
        while not is_over():
            assert time.monotonic() < end, "it does not come to an end"
            time.sleep(A_MOMENT_SECONDS)
            for each in self._workers:
                self._nursery.stop(each)
            self._clock.leap(A_REST)
            self._start_workers()

    def end(self) -> None:
        """Have every process end as a deployment does."""
        for each in (*self._webs, *self._workers):
            self._nursery.stop(each)
        self._front.close()

    def _await_moment(self, dice: random.Random, quiet: tuple[float, float]) -> None:
        """Until so much was told, or nothing for a while; and a moment longer."""
        wanted = self._told() + dice.randint(1, MOST_TOLD)
        end = time.monotonic() + dice.uniform(*quiet)
        while self._told() < wanted and time.monotonic() < end:
            self._office.wait_beyond(self._office.version, 0.05)
        time.sleep(dice.uniform(0, LONGEST_AFTER_CALL_SECONDS))

    def _told(self) -> int:
        """How often something was told in a channel so far."""
        return sum(each["method"] in TELLS for each in list(self._office.heard))

    def _kill_web(self, dice: random.Random) -> None:
        place = dice.randrange(len(self._webs))
        self._nursery.kill(self._webs[place])
        self._webs[place] = self._nursery.start(self._webs[place].port)
        self.kills += 1

    def _kill_worker(self, dice: random.Random) -> None:
        place = dice.randrange(len(self._workers))
        self._nursery.kill(self._workers[place])
        self._workers[place] = self._nursery.start()
        self.kills += 1

    def _pass_time(self, span: timedelta) -> None:
        """All workers die, and it takes a while until others are there."""
        for each in self._workers:
            self._nursery.kill(each)
            self.kills += 1
        self._clock.leap(span)
        self._start_workers()

    def _start_workers(self) -> None:
        self._workers = [self._nursery.start() for _ in range(self._count)]
