"""How soon and how many commands are acknowledged and answered, beside a bare Bolt app on the same
web server with the same threads.

`python -m tests.ack_bench [SECONDS]` prints how many commands a second each app answers when as
many clients ask as it can serve: ours, the bare app that only acknowledges, and the bare app that
answers by the response address, as ours does. Then it prints how long 50 commands a second wait
while a worker tests mailboxes, for ours and for the bare app that answers. What is measured has a
processor to itself where there are two.
"""

import argparse
import asyncio
import contextlib
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import structlog
from sqlmodel import col, func, select

from bot.common.people import MAILDESK
from sandbox.world import Person
from storage.tables import ConnectionTest
from tests.real.daemon import free_ports
from tests.support.web_process import Slack, wait_for
from tests.support.wire import exchanged, steadily
from tests.support.world import BotWorld

SECONDS = 60.0
ROUNDS = 5
"""So often each app is measured in turn: the machine may be busy with others meanwhile."""

CLIENTS = 48
A_SECOND = 50
LONGEST = 3.0
"""Seconds that Slack waits for an acknowledgement."""

AT_LEAST, AT_MOST = 0.7, 1.5
"""The answers a second that ours may give at least, and the time that 99 of 100 acknowledgements
may take at most, as a multiple of the bare app's."""

MAILBOXES = 20
OURS = ("-m", "bot.app.cli", "web")
BARE = ("-m", "tests.support.bare_bolt")


class Answers:
    """Slack's response address: counts what comes, and says "ok"."""

    def __init__(self) -> None:
        self.count = 0
        self._loop = asyncio.new_event_loop()
        serving = asyncio.start_server(self._take, "127.0.0.1", 0, backlog=1000)
        self._server = self._loop.run_until_complete(serving)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/response/none"
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, ValueError):
            while await self._answered(reader, writer):
                await writer.drain()
        writer.close()

    async def _answered(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Take one answer; whether the connection stays open, as Slack's do for who wants it."""
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
        await reader.readexactly(length)
        self.count += 1
        stays = b"connection: close" not in head
        said = b"keep-alive" if stays else b"close"
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: " + said + b"\r\n\r\nok")
        return stays


@dataclass
class Measured:
    """How long the acknowledgements took, in seconds, and how many there were not."""

    times: list[float] = field(default_factory=list)
    failed: int = 0

    def percentile(self, share: int) -> float:
        """The time within which so many of a hundred were there."""
        return statistics.quantiles(self.times, n=100, method="inclusive")[share - 1]

    async def ask(self, slack: Slack) -> None:
        """Send a command."""
        begun = time.perf_counter()
        status = await exchanged(slack.port, slack.command())
        self.times.append(time.perf_counter() - begun)
        self.failed += status != 200


@dataclass(frozen=True)
class App:
    """What is started, and how."""

    name: str
    command: Sequence[str]
    answers: bool


APPS = (
    App("ours", OURS, True),
    App("bare, acknowledges", BARE, False),
    App("bare, answers", (*BARE, "answers"), True),
)


class Bench:
    """A world in which each app is started in turn, for the same people."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.world = BotWorld(folder)
        self.world.practice.office.rate_limits = False
        self.world.set_up()
        self.answers = Answers()

    def begin(self) -> None:
        """From now on the world's time is the machine's, as that of the processes that are measured:
        it was moved ahead meanwhile, and what is asked for by it would not be due."""
        ahead = self.world.clock.now() - datetime.now(UTC)
        self.world.clock.pass_time(seconds=-ahead.total_seconds())

    @contextlib.contextmanager
    def running(self, app: App) -> Iterator[Slack]:
        """Run an app; who sends it commands."""
        (port,) = free_ports(1)
        with self.process(app.command, {"PORT": str(port)}, app.name, 1) as process:
            wait_for(port, process, self._folder / app.name)
            yield Slack(port, self.world.practice.office.signing_secret, self.answers.url)

    @contextlib.contextmanager
    def process(
        self, command: Sequence[str], more: Mapping[str, str], name: str, processor: int
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Run a command on a processor."""
        given = self.world.environment | {"BIND_ADDRESS": "127.0.0.1", **more}
        variables = {
            each: os.environ[each] for each in ("PATH", "PYTHONPATH") if each in os.environ
        }
        with (self._folder / name).open("wb") as said:
            process = subprocess.Popen(
                [sys.executable, *command], env=variables | given, stdout=said, stderr=said
            )
        there = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(process.pid, {there[processor % len(there)]})
        try:
            yield process
        finally:
            process.terminate()
            process.wait(timeout=30)


def at_saturation(bench: Bench, app: App, seconds: float) -> float:
    """How many commands a second an app takes, each answered."""
    with bench.running(app) as slack:
        asyncio.run(_all_ask(slack, Measured(), 1.0))  # warm
        time.sleep(1)
        before, begun, measured = bench.answers.count, time.monotonic(), Measured()
        asyncio.run(_all_ask(slack, measured, seconds))
        done = len(measured.times) - measured.failed
        while app.answers and bench.answers.count - before < done:
            if time.monotonic() > begun + 5 * seconds + 30:
                raise SystemExit(f"{app.name}: {bench.answers.count - before} of {done} answered")
            time.sleep(0.01)
        rate = done / (time.monotonic() - begun)
    print(f"{app.name:<20}{rate:8.1f} a second, {measured.failed} failed")
    return rate


async def _all_ask(slack: Slack, measured: Measured, seconds: float) -> None:
    end = time.monotonic() + seconds

    async def client() -> None:
        while time.monotonic() < end:
            await measured.ask(slack)

    await asyncio.gather(*(client() for _ in range(CLIENTS)))


def under_tests(bench: Bench, app: App, seconds: float) -> Measured:
    """How soon an app acknowledges while a worker tests mailboxes without a pause."""
    measured = Measured()

    async def ask(_: int) -> None:
        await measured.ask(slack)

    with (
        bench.running(app) as slack,
        bench.process(("-m", "bot.app.cli", "worker"), {}, "worker", 0),
        tested_meanwhile(bench.world) as tested,
    ):
        asyncio.run(steadily(1 / A_SECOND, seconds, ask))
        count = tested()
    if not count:
        raise SystemExit("no mailbox was tested meanwhile")
    print(
        f"{app.name:<20}p50 {measured.percentile(50) * 1000:6.0f} ms   "
        f"p99 {measured.percentile(99) * 1000:6.0f} ms   longest {max(measured.times):5.2f} s   "
        f"{measured.failed} failed   {count} tests meanwhile"
    )
    return measured


@contextlib.contextmanager
def tested_meanwhile(world: BotWorld) -> Iterator[Callable[[], int]]:
    """Have every mailbox tested, again as soon as it was; how many tests were finished so far."""
    ended = threading.Event()
    ids = [world.account(name).id for name in names()]

    def finished() -> int:
        with world.bot.store.transaction() as tx:
            done = col(ConnectionTest.finished_at).is_not(None)
            return tx.session.exec(select(func.count()).where(done)).one()

    def ask() -> None:
        while not ended.wait(0.2):
            for account_id in ids:
                world.bot.services.checks.start(account_id, MAILDESK)

    before = finished()
    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield lambda: finished() - before
    finally:
        ended.set()
        asking.join()


def connected(world: BotWorld, name: str) -> None:
    """A live mailbox of somebody who is new at Acme."""
    outside = world.practice.world
    like = outside.mailboxes["info@acme.example"]
    address = f"{name.lower().replace(' ', '')}@acme.example"
    outside.add(Person(address, name, outside.people[like.address].tenant_id))
    outside.add(replace(deepcopy(like), address=address))
    world.map_folders(world.connect(address, name))


def names() -> list[str]:
    """How the mailboxes are called."""
    return [f"Box {number}" for number in range(MAILBOXES)]


def saturated(bench: Bench, seconds: float) -> float:
    """What ours does at saturation, as a share of what the bare app that answers does."""
    rates: dict[str, list[float]] = {app.name: [] for app in APPS}
    for _ in range(ROUNDS):
        for app in APPS:
            rates[app.name].append(at_saturation(bench, app, seconds))
    ours, acknowledges, answers = (statistics.median(each) for each in rates.values())
    print(
        f"medians: ours {ours:.0f} a second; {ours / acknowledges:.2f} of the bare app that "
        f"acknowledges, {ours / answers:.2f} of the one that answers (at least {AT_LEAST})"
    )
    return ours / answers


def main() -> None:
    """Print every figure, and fail when one is outside its limit."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    parser = argparse.ArgumentParser()
    parser.add_argument("seconds", type=float, nargs="?", default=SECONDS)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        for name in names():
            connected(bench.world, name)
        bench.world.settle()
        bench.world.stop_bot()
        bench.begin()
        share = saturated(bench, seconds / 12)
        ours = under_tests(bench, APPS[0], seconds)
        bare = under_tests(bench, APPS[2], seconds)
        bench.world.practice.stop()
    ratio = ours.percentile(99) / bare.percentile(99)
    print(f"p99 of ours: {ratio:.2f} times the bare app's (at most {AT_MOST})")
    holds = share >= AT_LEAST and ratio <= AT_MOST and max(ours.times) <= LONGEST
    if not holds or ours.failed:
        raise SystemExit("outside its limits")


if __name__ == "__main__":
    main()
