"""Socket Mode with several processes on one database: Slack gives each thing to one of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.app.maildesk import build, mail_hosts
from bot.config.loading import load
from tests.support.world import ACME, BotWorld


@pytest.fixture
def world(tmp_path: Path) -> Iterator[BotWorld]:
    running = BotWorld(tmp_path, socket_mode=True)
    yield running
    running.stop()


def test_each_press_is_answered_once_by_one_of_two_and_by_the_other_when_one_ends(
    world: BotWorld,
) -> None:
    settings = load(world.environment | {"PUBLIC_URL": world.url})
    second = build(settings, world.clock, mail_hosts(settings))
    link = second.socket()
    assert link is not None
    link.connect()
    delivery = world.practice.slack.delivery
    world.until(lambda: len(delivery._sockets) == 2)
    try:
        world.set_up()
        world.add("info@acme.example", "Info")
        both = set(delivery.sent_to)
        assert len(both) == 2, "each of them had something to do"
    finally:
        link.close()
        world.until(lambda: len(delivery._sockets) == 1)
        second.slack.behind.stop(20)
    world.add("sales@acme.example", "Sales")
    world.settle()

    said = [message.text for message in world.carol.messages(ACME)]
    for words in ("Connect your Microsoft 365 mailboxes", "*Info*   `MB-", "*Sales*   `MB-"):
        assert sum(words in text for text in said) == 1
    assert len(said) == 3
    assert world.practice.office.complaints == []
    second.store.engine.dispose()
