"""Web processes and workers are killed at random moments, three hundred times, while people walk two
hundred accounts down the road: nothing is lost, and nothing is done twice."""

import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
from sqlmodel import Session

from sandbox.practice import Practice
from storage.database import connect, snapshot
from tests.support import afterwards
from tests.support.examples import size
from tests.support.forked import LeapingClock, Nursery
from tests.support.practice import new_practice
from tests.support.storm import Storm
from tests.support.walkers import Quay, Walker, planned, settle_in
from tests.support.worker_process import until
from tests.support.world import KEY

pytestmark = [pytest.mark.crash, pytest.mark.real]

KILLS = size(150, 14)
CUSTOMERS = size(25, 4)
ACCOUNTS = 4
"""On each database so many kills, and so many customers with so many accounts each."""

PATIENCE_SECONDS = 20
"""So long the practice Slack waits here: this machine may be busy with others."""

SETTINGS = {
    "ENCRYPTION_KEYS": KEY,
    "WORKING_HOURS": "00:00-24:00",
    "WORKING_DAYS": "1234567",
    "LOG_LEVEL": "WARNING",
}


@pytest.fixture
def clock(tmp_path: Path) -> LeapingClock:
    """The time of all processes."""
    return LeapingClock(tmp_path / "clock")


@pytest.fixture
def practice(clock: LeapingClock) -> Iterator[Practice]:
    """A practice world in which what was posted can be looked up."""
    made = new_practice()
    made.office.clock = lambda: clock.now().timestamp()
    made.office.patience = PATIENCE_SECONDS
    made.office.rate_limits = False
    made.office.scopes |= {"channels:history", "groups:history"}
    made.start()
    yield made
    made.stop()


def walk_through(storm: Storm, walkers: Sequence[Walker], seed: int) -> None:
    """Have everybody walk while processes die, and to the end afterwards."""
    with ThreadPoolExecutor(len(walkers)) as pool:
        walks = [pool.submit(walker.walk) for walker in walkers]
        storm.rage(KILLS, random.Random(seed), lambda: not all(walk.done() for walk in walks))
        storm.calm_down(lambda: all(walk.done() for walk in walks))
    for walk in walks:
        walk.result()


def found_wrong(
    url: str, practice: Practice, quays: Sequence[Quay], rested_at: datetime
) -> Iterator[str]:
    """What is not as it has to be, once everything rests."""
    engine = connect(url)
    with snapshot(engine) as connection:
        session = Session(connection)
        yield from afterwards.astray(session, quays)
        yield from afterwards.misposted(session, practice.office, quays)
        yield from afterwards.orphans(session, rested_at)
        yield from afterwards.wrongly_audited(session, quays)
        yield from afterwards.alarms(session)
        yield from afterwards.left_in_mailboxes(practice.world, quays)
    engine.dispose()


def errors_in(log: Path) -> list[str]:
    """What our processes logged as an error of ours."""
    return [line for line in log.read_text("utf-8").splitlines() if "level='error'" in line]


def test_nothing_is_lost_or_done_twice_where_processes_are_killed_at_random_moments(
    url: str,
    practice: Practice,
    clock: LeapingClock,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    """The moments are drawn from the seed that is printed at the end of a run; what happens in each
    is not the same twice."""
    quays = planned(CUSTOMERS, ACCOUNTS)
    settle_in(practice, quays)
    walkers = [Walker(practice, quay) for quay in quays]
    # SQLite is for one machine, where each part runs once
    count = 1 if url.startswith("sqlite") else 2
    storm = Storm(count, count, practice.office, clock)
    practice.deliver_to(storm.url)
    environment = practice.environment() | SETTINGS
    environment |= {"DATABASE_URL": url, "PUBLIC_URL": storm.url}
    rested_at = clock.now()

    def rests() -> bool:
        nonlocal rested_at
        rested_at = clock.now()
        return afterwards.is_at_rest(url, rested_at)

    with Nursery(environment, tmp_path / "clock", tmp_path / "log") as nursery:
        storm.begin(nursery)
        until(practice.slack.delivery.is_configured, "Slack has its challenge back")
        walk_through(storm, walkers, request.config.getoption("hypothesis_seed"))
        storm.calm_down(rests)
        storm.end()
    assert storm.kills >= KILLS
    assert list(found_wrong(url, practice, quays, rested_at)) == []
    assert errors_in(tmp_path / "log") == []
