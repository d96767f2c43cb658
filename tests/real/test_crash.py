"""Web processes and workers are killed at random moments, on either database, while people walk
accounts down the road: nothing is lost and nothing is done twice."""

import os
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlmodel import Session

from sandbox.practice import Practice
from storage.database import snapshot, connect
from tests.support import afterwards
from tests.support.forked import LeapingClock, Nursery
from tests.support.practice import new_practice
from tests.support.storm import Storm
from tests.support.walkers import Walker, planned, settle_in
from tests.support.world import KEY

pytestmark = [pytest.mark.crash, pytest.mark.real]

KILLS = int(os.environ.get("KILLS", 150))
QUAYS = int(os.environ.get("QUAYS", 25))
ACCOUNTS = 4
"""On each database so many kills, and so many customers with so many accounts each."""

PATIENCE_SECONDS = 20
"""So long the practice Slack waits here: this machine may be busy with others."""


@pytest.fixture
def practice() -> Iterator[Practice]:
    """A practice world in which what was posted can be looked up."""
    made = new_practice()
    made.office.patience = PATIENCE_SECONDS
    made.office.rate_limits = False
    made.office.scopes |= {"channels:history", "groups:history"}
    made.start()
    yield made
    made.stop()


def test_killed_at_random_moments(
    url: str, practice: Practice, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    seed = request.config.getoption("hypothesis_seed")
    quays = planned(QUAYS, ACCOUNTS)
    settle_in(practice, quays)
    clock = LeapingClock(tmp_path / "clock")
    practice.office.clock = lambda: clock.now().timestamp()
    # SQLite is for one machine: its parts run once
    count = 1 if url.startswith("sqlite") else 2
    storm = Storm(count, count, practice.office, clock)
    practice.deliver_to(storm.url)
    own = {"DATABASE_URL": url, "ENCRYPTION_KEYS": KEY, "PUBLIC_URL": storm.url}
    hours = {"WORKING_HOURS": "00:00-24:00", "WORKING_DAYS": "1234567", "LOG_LEVEL": "WARNING"}
    nursery = Nursery(practice.environment() | own | hours, tmp_path / "clock", tmp_path / "log")
    walkers = [Walker(practice, quay) for quay in quays]
    engine = connect(url)
    import time
    began = time.monotonic()
    try:
        storm.begin(nursery)
        with ThreadPoolExecutor(len(walkers)) as pool:
            walks = [pool.submit(walker.walk) for walker in walkers]
            storm.rage(KILLS, random.Random(seed))
            print("kills", storm.kills, time.monotonic() - began, practice.office.asked, sum(w.again for w in walkers), sum(w.done() for w in walks))
            storm.calm_down(lambda: all(walk.done() for walk in walks))
        print("walked", time.monotonic() - began, practice.office.asked, sum(w.again for w in walkers))
        for walk in walks:
            walk.result()

        rested = []

        def rests():
            with snapshot(engine) as connection:
                rested.append(clock.now())
                return not list(afterwards.at_work(Session(connection), rested[-1]))

        storm.calm_down(rests)
        print("rest", time.monotonic() - began, practice.office.asked, clock.now())
        storm.end()
    finally:
        nursery.end()
    with snapshot(engine) as connection:
        session = Session(connection)
        found = [
            *afterwards.astray(session, quays),
            *afterwards.misposted(session, practice.office, quays),
            *afterwards.orphans(session, rested[-1]),
            *afterwards.wrongly_audited(session, quays),
            *afterwards.alarms(session),
            *afterwards.left_in_mailboxes(practice.world, quays),
        ]
    engine.dispose()
    print(os.times())
    print("\n".join(found))
    assert found == [], seed
