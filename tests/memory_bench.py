"""How soon a web process is there, and what it and a worker hold in memory: at rest, and after a
hundred thousand events.

`python -m tests.memory_bench [EVENTS]` starts both on SQLite, with the practice world for Slack and
Microsoft. The events are signed, each is new, and all of them are worked off before memory is read:
people join and leave a customer's channel. The start is measured beside a bare Bolt app's on the
same web server.
"""

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import requests
from sqlmodel import func, select

from storage.tables import Job
from tests.real.daemon import free_ports
from tests.support.web_process import Slack, wait_for
from tests.support.wire import exchanged
from tests.support.world import ACME, BotWorld

EVENTS = 100_000
CLIENTS = 16
STARTS = 7
WEB = ("-m", "bot.app.cli", "web")
WORKER = ("-m", "bot.app.cli", "worker")
BARE = ("-m", "tests.support.bare_bolt")

AT_MOST = 1.5
"""What a process may hold after all events, as a multiple of what it held after the first tenth:
what only grows shows here."""


class Bench:
    """A world with one customer, for processes that are started one after the other."""

    def __init__(self, folder: Path) -> None:
        self.said = folder / "said"
        self.world = BotWorld(folder)
        self.world.practice.office.rate_limits = False
        self.world.set_up()
        self.world.settle()
        self.world.stop_bot()
        (self.port,) = free_ports(1)

    @contextlib.contextmanager
    def process(self, command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
        """Run a command until the end of the block."""
        own: Mapping[str, str] = {"BIND_ADDRESS": "127.0.0.1", "PORT": str(self.port)}
        paths = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
        with self.said.open("ab") as said:
            running = subprocess.Popen(
                [sys.executable, *command],
                env=paths | self.world.environment | own,
                stdout=said,
                stderr=said,
            )
        try:
            yield running
        finally:
            running.terminate()
            running.wait(timeout=30)

    def start(self, command: Sequence[str]) -> float:
        """Seconds until something is answered."""
        begun = time.perf_counter()
        with self.process(command) as running:
            wait_for(self.port, running, self.said)
            requests.get(f"http://127.0.0.1:{self.port}/healthz", timeout=60)
            return time.perf_counter() - begun

    def waiting(self) -> int:
        """How many events have not been worked off."""
        with self.world.bot.store.transaction() as tx:
            of_slack = select(func.count()).where(Job.kind == "slack-event")
            return tx.session.exec(of_slack).one()


def event(slack: Slack, number: int) -> bytes:
    """Somebody joins or leaves the customer's channel."""
    what = "member_joined_channel" if number % 2 else "member_left_channel"
    told = {"type": what, "channel": ACME, "user": f"U0NEW{number % 1000}", "team": "T0ACME"}
    of = {"type": "event_callback", "event_id": f"Ev{time.time_ns()}", "team_id": "T0LUMEN"}
    return slack.signed(json.dumps(of | {"event": told}), "application/json")


async def send(slack: Slack, events: int) -> None:
    """Send so many events, from many connections at a time.

    Raises:
        SystemExit: one was not taken.
    """
    numbers = iter(range(events))

    async def client() -> None:
        for number in numbers:
            if await exchanged(slack.port, event(slack, number)) != 200:
                raise SystemExit(f"event {number} was not taken")

    await asyncio.gather(*(client() for _ in range(CLIENTS)))


def memory(pid: int) -> float:
    """What a process holds, in MB."""
    said = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in said if line.startswith("VmRSS:"))


def show_starts(bench: Bench) -> None:
    """Print how soon each is there."""
    for name, command in (("ours", WEB), ("a bare Bolt app", BARE)):
        took = statistics.median(bench.start(command) for _ in range(STARTS))
        print(f"{name:<16} answers after {took:5.2f} s (median of {STARTS} starts)")


def held(bench: Bench, events: int) -> float:
    """Print what the processes hold along the way; the larger of what they grew by after the first
    tenth."""
    with bench.process(WEB) as web, bench.process(WORKER) as worker:
        wait_for(bench.port, web, bench.said)
        slack = Slack(bench.port, bench.world.practice.office.signing_secret, "")
        time.sleep(10)  # what is done once after a start
        sizes = [(memory(web.pid), memory(worker.pid))]
        for share in (events // 10, events - events // 10):
            asyncio.run(send(slack, share))
            while bench.waiting():
                time.sleep(0.5)
            sizes.append((memory(web.pid), memory(worker.pid)))
    for after, (of_web, of_worker) in zip((0, events // 10, events), sizes, strict=True):
        print(f"after {after:>7,} events: web {of_web:6.1f} MB   worker {of_worker:6.1f} MB")
    _, early, late = sizes
    return max(late[each] / early[each] for each in (0, 1))


def main() -> None:
    """Print every figure, and fail where memory grows with what was done."""
    parser = argparse.ArgumentParser()
    parser.add_argument("events", type=int, nargs="?", default=EVENTS)
    events = parser.parse_args().events
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        show_starts(bench)
        grown = held(bench, events)
        bench.world.practice.stop()
    print(f"from a tenth of them to all: {grown:.2f} times as much (at most {AT_MOST})")
    if grown > AT_MOST:
        raise SystemExit("it grows")


if __name__ == "__main__":
    main()
