"""A worker that is told to stop ends within ten seconds, whatever it does, and nothing is lost or
done twice by that."""

import ctypes
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import select

from bot.common.jobs import RunTest
from bot.messages import notices
from storage.database import Store, connect
from storage.tables import AuditEntry, ConnectionTest
from storage.vocabulary import TestStatus
from tests.support.worker_process import process, seconds_to_end, until
from tests.support.world import ACME, BotWorld

pytestmark = [pytest.mark.real, pytest.mark.delivery]

PROMISED_SECONDS = 10.0
CHANNELS = 130
MESSAGES = 3
"""In each: more than can be sent in a minute, since Slack takes a post a second in a channel and
some hundred a minute in all."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[BotWorld]:
    """A practice world where the history may be read, and the bot has done what was due."""
    running = BotWorld(tmp_path)
    running.practice.office.scopes.add("channels:history")
    running.set_up()
    running.settle()
    yield running
    running.practice.office.answer_again()
    running.stop()


def store_of(world: BotWorld) -> Store:
    return Store(connect(world.environment["DATABASE_URL"]))


def tell(world: BotWorld, channel: str, *words: str) -> None:
    """Have these be said in a channel."""
    with store_of(world).transaction() as tx:
        for word in words:
            values = {"username": word}
            notices.say_in(tx, channel, word, "signin.mended", world.clock.now(), **values)


def new_channels(world: BotWorld, count: int) -> list[str]:
    """Channels that the bot is in."""
    office = world.practice.office
    here = office.channels[ACME]
    names = [f"C0NEW{number}" for number in range(count)]
    for name in names:
        office.channels[name] = replace(here, id=name, name=name.lower())
    return names


def times_told(world: BotWorld) -> Counter[str]:
    """How often each message of `tell` stands in Slack."""
    texts = [message.text for message in world.practice.office.messages]
    found = (text.partition("word-")[2].partition("-end")[0] for text in texts if "word-" in text)
    return Counter(found)


def test_while_hundreds_of_messages_wait(world: BotWorld, tmp_path: Path) -> None:
    world.stop_bot()
    asked = []
    for channel in new_channels(world, CHANNELS):
        words = [f"word-{channel}.{number}-end" for number in range(MESSAGES)]
        tell(world, channel, *words)
        asked += words
    with process(world.environment, tmp_path / "said") as worker:
        until(lambda: times_told(world), "the first message")
        assert seconds_to_end(worker) < PROMISED_SECONDS
    assert len(times_told(world)) < len(asked), "some are left for whoever comes next"

    world.start_bot()
    world.settle(300)
    assert times_told(world) == Counter({word[5:-4]: 1 for word in asked})


def test_while_slack_does_not_answer(world: BotWorld, tmp_path: Path) -> None:
    world.stop_bot()
    office = world.practice.office
    office.fall_silent("chat.postMessage")
    tell(world, ACME, "word-one-end", "word-two-end")
    with process(world.environment, tmp_path / "said") as worker:
        until(lambda: times_told(world), "the first message")
        assert seconds_to_end(worker) < PROMISED_SECONDS

    office.answer_again()
    world.start_bot()
    world.settle()
    assert times_told(world) == Counter(one=1, two=1)


def the_test(world: BotWorld) -> ConnectionTest:
    with store_of(world).transaction() as tx:
        return tx.session.exec(select(ConnectionTest)).one()


def times_finished(world: BotWorld) -> int:
    """How often the audit has the end of a test."""
    with store_of(world).transaction() as tx:
        ended = select(AuditEntry).where(AuditEntry.action == "test.finished")
        return len(tx.session.exec(ended).all())


def test_while_a_test_message_is_awaited(world: BotWorld, tmp_path: Path) -> None:
    card = world.add("info@acme.example", "Info")
    world.settle()
    world.bot.worker.stop()
    world.throw("message-not-arrived")
    world.sign_in(card, "info@acme.example")
    world.stop_bot()
    with process(world.environment, tmp_path / "said") as worker:
        until(lambda: the_test(world).message_id, "the message that does not arrive")
        assert seconds_to_end(worker) < PROMISED_SECONDS
    assert the_test(world).status is TestStatus.RUNNING
    with store_of(world).transaction() as tx:
        (job,) = tx.jobs.of_kind(RunTest.kind)
    assert (job.leased_until, job.attempts, job.failures) == (None, 0, 0), "handed back at once"

    world.take_back("message-not-arrived")
    world.start_bot()
    world.settle()
    world.card("Info", "folders not mapped yet")
    assert (the_test(world).passed, times_finished(world)) == (True, 1)


def test_whichever_of_its_threads_hears_of_it(world: BotWorld, tmp_path: Path) -> None:
    """The kernel gives a signal to any thread of a process that was suspended a moment ago."""
    world.stop_bot()
    output = tmp_path / "worker.log"
    with process(world.environment, output) as worker:
        until(lambda: "maildesk.running" in output.read_text(), "a worker")
        others = [int(each.name) for each in Path(f"/proc/{worker.pid}/task").iterdir()]
        others.remove(worker.pid)
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.tgkill(worker.pid, max(others), signal.SIGTERM) == 0
        assert worker.wait(60) == 0
    world.start_bot()
