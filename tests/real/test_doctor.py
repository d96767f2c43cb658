"""The doctor and the measures on either database."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app.checkup import Checkup
from bot.common.clock import SystemClock
from bot.common.tallies import SLACK_CALLS, Tallies
from bot.config.loading import read
from bot.diagnosis.duties import Duties
from bot.diagnosis.measures import Measures
from storage.database import Store, connect
from tests.support.fast import ENVIRONMENT
from tests.support.world import BotWorld

pytestmark = pytest.mark.real

EACH = 50


def kinds(environment: dict[str, str], *names: str) -> set[str]:
    """What these checks find."""
    checkup = Checkup(read(environment), SystemClock())
    findings = checkup.run()
    return {each.kind for each in findings if each.check in names}


def test_the_database_and_its_keys_are_looked_at(url: str, tmp_path: Path) -> None:
    world = BotWorld(tmp_path, DATABASE_URL=url)
    try:
        world.set_up()
        world.connect("info@acme.example", "Info")
        world.settle()
        names = ("database", "migrations", "keys", "credential", "slack-events")
        right = world.environment
        assert {"database-ok", "migrations-ok", "keys-ok", "credential-ok"} <= kinds(right, *names)
        other = {"ENCRYPTION_KEYS": ENVIRONMENT["ENCRYPTION_KEYS"][:-4] + "AAA="}
        assert kinds(right | other, "keys") == {"key-missing"}
    finally:
        world.stop()


def test_a_database_that_is_not_there_is_told(url: str) -> None:
    if url.startswith("sqlite"):
        wrong = url.replace("maildesk.db", "nowhere/maildesk.db")
        assert kinds(ENVIRONMENT | {"DATABASE_URL": wrong}, "database") == {"database-no-folder"}
        return
    server, _, _ = url.rpartition("/")
    wrong = f"{server}/nowhere"
    assert kinds(ENVIRONMENT | {"DATABASE_URL": wrong}, "database") == {"database-refuses"}


def test_processes_that_count_at_the_same_time_lose_nothing(url: str) -> None:
    engine = connect(url)

    def process(number: int) -> Measures:
        tallies = Tallies()
        clock = SystemClock()
        store = Store(engine)
        measures = Measures(store, clock, tallies, Duties(store, clock))
        for _ in range(EACH):
            tallies.count(SLACK_CALLS, "chat.update", "ok")
            tallies.count(SLACK_CALLS, f"method.{number % 2}", "ok")
            measures.keep()
        return measures

    with ThreadPoolExecutor(4) as pool:
        measures = list(pool.map(process, range(4)))
    for each in measures:
        each.keep()
    counted = measures[0].take().counted
    assert counted[SLACK_CALLS.name, ("chat.update", "ok")] == 4 * EACH
    assert counted[SLACK_CALLS.name, ("method.0", "ok")] == 2 * EACH
    engine.dispose()


def test_everything_is_measured(url: str, tmp_path: Path) -> None:
    world = BotWorld(tmp_path, DATABASE_URL=url)
    try:
        world.set_up()
        world.connect("info@acme.example", "Info")
        world.settle()
        world.bot.worker.tick()
        measured = world.bot.measures.take()
        assert measured.accounts["unmapped",] == 1
        assert measured.tests["passed",] == 1
        assert measured.messages.count == 0
        assert measured.duties["reminders",] < timedelta(minutes=1).total_seconds()
        assert world.bot.services.health.behind() == ""
    finally:
        world.stop()
