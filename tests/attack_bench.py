"""How soon `/slack/events` answers while everything public is attacked.

`python -m tests.attack_bench [SECONDS] [KIND]` starts the real web process on SQLite, with the
practice world for Slack and Microsoft, and prints a line for each time: when nothing else happens;
under two of the worst requests a second at every public address at once; and beside 2,000 half-open
and slow connections. `KIND` names one of the worst requests, to be the only one.
"""

import argparse
import asyncio
import contextlib
import resource
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.support import hostile
from tests.support.hostile import Address, Kind, Prey, Shot
from tests.support.slow import Crowd
from tests.support.web_process import Slack, Web, web_process
from tests.support.wire import exchanged, steadily

SECONDS = 60.0
QUIET_SECONDS = 10.0
A_SECOND = 2
EVERY = 0.25
"""So often Slack sends something, whether it was answered before or not."""

AT_MOST = 1.0
"""Seconds that Slack's longest wait may take."""

CONNECTIONS = 2000
FILES = 12_000


# -- what is measured


@dataclass
class Measured:
    """How long the answers took, in seconds, and how many were right."""

    times: list[float] = field(default_factory=list)
    right: int = 0

    @property
    def longest(self) -> float:
        """The longest time."""
        return max(self.times)

    def percentile(self, share: int) -> float:
        """The time within which so many of a hundred were answered."""
        return statistics.quantiles(self.times, n=100, method="inclusive")[share - 1]

    @property
    def holds(self) -> bool:
        """Whether everybody was answered, and soon."""
        return self.right == len(self.times) and self.longest <= AT_MOST


async def answers(slack: Slack, seconds: float) -> Measured:
    """What Slack is answered for so long."""
    measured = Measured()

    async def ask(number: int) -> None:
        request = slack.request(number)
        begun = time.perf_counter()
        status = await exchanged(slack.port, request)
        measured.times.append(time.perf_counter() - begun)
        measured.right += status == 200

    await steadily(EVERY, seconds, ask)
    return measured


# -- who attacks


@dataclass
class Attack:
    """Two requests a second at each address, all of one kind at the same moment."""

    port: int
    prey: Prey
    addresses: list[Address]
    kinds: tuple[Kind, ...]
    seconds: float
    statuses: Counter[int] = field(default_factory=Counter)

    async def run(self) -> None:
        """Attack for so long."""
        await steadily(1 / A_SECOND, self.seconds, self._volley)

    async def _volley(self, number: int) -> None:
        kind = self.kinds[number % len(self.kinds)]
        shots = [Shot(self.prey, address, number) for address in self.addresses]
        await asyncio.gather(*(self._shoot(kind(shot)) for shot in shots))

    async def _shoot(self, request: bytes) -> None:
        self.statuses[await exchanged(self.port, request)] += 1


@contextlib.contextmanager
def meanwhile(work: Callable[[], Awaitable[None]]) -> Iterator[None]:
    """Do `work` on a thread of its own until its end."""

    async def run() -> None:
        await work()

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    yield
    thread.join()


# -- what is printed


HEADINGS = ("", "asked", "right", "p50", "p99", "max", "x quiet", "")


def line(name: str, measured: Measured, quiet: Measured) -> str:
    """One measurement. The ratio is that of the longest times."""
    times = [measured.percentile(50), measured.percentile(99), measured.longest]
    shown = [f"{seconds * 1000:.0f} ms" for seconds in times]
    ratio = f"{measured.longest / quiet.longest:.1f}"
    verdict = "pass" if measured.holds else "FAIL"
    return row(name, str(len(measured.times)), str(measured.right), *shown, ratio, verdict)


def row(name: str, *cells: str) -> str:
    """A row of the table."""
    return f"{name:<44}" + "".join(f"{cell:>10}" for cell in cells)


def allow_files() -> None:
    """Ask for as many files as are needed here and in the web process; say so if there are
    fewer."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    if allowed < FILES:
        print(f"This machine allows {allowed:,} files for each process, of {FILES:,} wanted.")


def bench(web: Web, seconds: float, kinds: tuple[Kind, ...]) -> bool:
    """Print every measurement; whether all of them hold."""
    at_start = web.memory()
    print(row(*HEADINGS))
    quiet = asyncio.run(answers(web.slack, min(seconds, QUIET_SECONDS)))
    print(line("quiet", quiet, quiet), flush=True)

    attack = Attack(web.port, web.prey, web.addresses, kinds, seconds)
    with meanwhile(attack.run):
        attacked = asyncio.run(answers(web.slack, seconds))
    name = f"{A_SECOND} of the worst a second at {len(web.addresses)} addresses"
    print(line(name, attacked, quiet), flush=True)

    crowd = Crowd(web.port, CONNECTIONS, seconds)
    with meanwhile(crowd.run):
        crowd.complete.wait(2 * seconds)
        besieged = asyncio.run(answers(web.slack, seconds))
    print(line(f"{CONNECTIONS:,} half-open and slow connections", besieged, quiet), flush=True)

    print(f"\nThe worst requests were answered {told(attack.statuses)}.")
    print(f"Slow connections held at once: {crowd.most:,}; begun again: {crowd.again:,}.")
    refused = len(besieged.times) - besieged.right
    print(f"Kept out beside them: {refused} of Slack's.")
    print(
        f"The web process holds {at_start:.0f} MB at the start, "
        f"{web.memory('VmHWM'):.0f} MB at the most, {web.memory():.0f} MB at the end."
    )
    whole = crowd.most == CONNECTIONS and not attack.statuses[500]
    return quiet.holds and attacked.holds and besieged.holds and whole


def told(statuses: Counter[int]) -> str:
    """How often each status was the answer."""
    return ", ".join(
        f"{count} times {status or 'not at all'}" for status, count in sorted(statuses.items())
    )


def main() -> int:
    """Measure, and fail when Slack waits for longer than a second."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", nargs="?", type=float, default=SECONDS)
    named = {kind.__name__: kind for kind in hostile.KINDS}
    parser.add_argument("kind", nargs="?", choices=named)
    given = parser.parse_args()
    kinds = (named[given.kind],) if given.kind else hostile.KINDS
    allow_files()
    with tempfile.TemporaryDirectory(prefix="attack-") as folder, web_process(Path(folder)) as web:
        return 0 if bench(web, given.seconds, kinds) else 1


if __name__ == "__main__":
    sys.exit(main())
