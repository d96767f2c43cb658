"""Processes that are suspended, on PostgreSQL: what they hold is given to others, and when they go on
they do nothing that another has done."""

import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import select

from bot.app.claimed_jobs import LEASE
from bot.messages import notices
from storage import database
from storage.database import DatabaseAway, Store, connect
from storage.tables import AuditEntry, ConnectionTest, Failure
from tests.support.fast import ACME, DESK, FastBot
from tests.support.worker_process import process, seconds_to_end, until
from tests.support.world import BotWorld

pytestmark = [pytest.mark.real, pytest.mark.parametrize("url", ["postgresql"], indirect=True)]

DEADLINE = 20


def waits_in(store: Store) -> bool:
    """Whether somebody waits in the database for what another holds."""
    with store.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(connection.execute(waiting).scalar_one())


def tell(store: Store, *words: str) -> None:
    """Have these be said."""
    with store.transaction() as tx:
        for word in words:
            notices.say_in(tx, DESK, word, "signin.mended", datetime.now(UTC), username=word)


def told(world: BotWorld) -> Counter[str]:
    """How often each of them stands in Slack."""
    texts = [message.text for message in world.practice.office.messages]
    found = (text.partition("word-")[2].partition("-end")[0] for text in texts if "word-" in text)
    return Counter(found)


def steps(store: Store) -> list[str]:
    """What the one test has passed so far."""
    with store.transaction() as tx:
        return [step["step"] for step in tx.session.exec(select(ConnectionTest)).one().steps]


def finished(store: Store) -> list[str]:
    """The results that the audit has of tests."""
    with store.transaction() as tx:
        ended = select(AuditEntry).where(AuditEntry.action == "test.finished")
        return [entry.result for entry in tx.session.exec(ended)]


def test_what_is_held_by_who_does_nothing_is_given_to_others(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "IDLE_SECONDS", 1)
    bot = FastBot(engine=connect(url))
    account = bot.account()

    def rename() -> None:
        with bot.store.transaction() as tx:
            tx.accounts.lock(account.id).name = "Quick"

    with ThreadPoolExecutor(1) as pool, pytest.raises(DatabaseAway), bot.store.transaction() as tx:
        tx.accounts.lock(account.id).name = "Suspended"
        tx.session.flush()
        pool.submit(rename).result(DEADLINE)
    assert bot.read(account).name == "Quick"
    bot.store.engine.dispose()


def test_a_channel_gets_another_id_while_a_message_is_sent_there(url: str) -> None:
    """Whoever sends holds the lane before the message, and so does who renumbers."""
    bot = FastBot(engine=connect(url))
    store = bot.store
    with store.transaction() as tx:
        notices.say_in(tx, ACME, "hello", "signin.mended", bot.now, username="somebody")
    with ThreadPoolExecutor(1) as pool:
        with store.transaction() as tx:
            tx.outbox.hold(ACME, bot.now)
            renumbering = pool.submit(bot.customers.renumber, ACME, "C0NEW")
            until(lambda: waits_in(store) or renumbering.done(), "two who want the same")
            claimed = tx.outbox.claim_next(bot.now, LEASE)
        renumbering.result(DEADLINE)
    assert claimed is not None and claimed.item.channel_id == ACME
    with store.transaction() as tx:
        tx.outbox.sent(claimed, "1.1", bot.now, LEASE)
        stands = tx.outbox.posted(claimed.item.key)
        assert stands is not None and stands.channel_id == "C0NEW"
    store.engine.dispose()


def test_a_suspended_worker_goes_on_and_does_nothing_that_another_has_done(
    url: str, tmp_path: Path
) -> None:
    world = BotWorld(tmp_path, DATABASE_URL=url)
    office = world.practice.office
    office.scopes.add("channels:history")
    world.set_up()
    card = world.add("info@acme.example", "Info")
    world.settle()
    world.bot.worker.stop()
    world.sign_in(card, "info@acme.example")
    world.stop_bot()
    store = Store(connect(url))
    tell(store, "word-one-end", "word-two-end")
    office.fall_silent("chat.postMessage")
    world.throw("no-answer-greeting")
    with process(world.environment, tmp_path / "first") as first:
        until(lambda: told(world) and "identity" in steps(store), "a message and a test")
        first.send_signal(signal.SIGSTOP)
        office.answer_again()
        world.take_back("no-answer-greeting")
        with process(world.environment, tmp_path / "second"):
            until(lambda: len(told(world)) == 2 and finished(store), "the other's turn")
        first.send_signal(signal.SIGCONT)
        until(lambda: "outbox.turn_lost" in (tmp_path / "first").read_text(), "the loss")
        seconds_to_end(first)

    assert told(world) == Counter(one=1, two=1)
    assert finished(store) == ["passed"]
    with store.transaction() as tx:
        assert tx.session.exec(select(Failure)).all() == []
    store.engine.dispose()
    world.practice.stop()
