"""The practice world for scenario tests, and what hostile requests are aimed at in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.common.people import Person
from tests.support.target import INFO, Target, aim, is_tested
from tests.support.world import BotWorld


@pytest.fixture
def world(tmp_path: Path) -> Iterator[BotWorld]:
    """A bot in the practice world, delivered to by HTTP."""
    running = BotWorld(tmp_path)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BotWorld]:
    """One bot for all cases, in a channel that is bound to Acme's organisation."""
    running = BotWorld(tmp_path_factory.mktemp("hall"))
    running.set_up()
    running.practice.world.tenant_of(INFO).granted |= set(running.bot.settings.cloud.scopes)  # type: ignore[union-attr]
    yield running
    running.stop()


@pytest.fixture
def target(hall: BotWorld) -> Iterator[Target]:
    aimed = aim(hall)
    yield aimed
    for scenario, thrown_for in hall.practice.world.thrown():
        hall.take_back(scenario, thrown_for)
    account_id = aimed.account_id
    hall.bot.services.accounts.disconnect(account_id, Person("", "test"))
    # The end of a test is audited whenever it comes, and is none of the next case's
    hall.until(lambda: not is_tested(hall, account_id))


@pytest.fixture
def shown(world: BotWorld) -> Target:
    """The same in a world of its own, where what Slack shows is looked at."""
    world.set_up()
    return aim(world)
