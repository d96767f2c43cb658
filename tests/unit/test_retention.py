"""Retention: what nobody asks for any more is forgotten in time, a batch at a time; what something
still points to is kept."""

from datetime import timedelta

import pytest
from sqlmodel import SQLModel, col, func, select

from bot.app import retention
from bot.app.retention import USUAL, Retention
from bot.common.stop import Stop
from bot.diagnosis.observation import Where
from bot.messages import notices
from storage.retention import TESTS_KEPT
from storage.tables import ConnectionTest, Failure, OutboxItem, Page, SeenEvent, SupportRequest
from storage.vocabulary import PageChange, Pager, Standing, State
from tests.support.fast import ACME, DESK, FastBot, days
from tests.support.pagers import facts

EVIDENCE = timedelta(days=100)
OWN_WORDS = ["event", "greeted:C0ACME", "prediction:secret:x:7"]
SLACKS = ["Ev123", "C0ACME:share:1.1:channel_shared", "G0ACME:left:1.1:group_left"]


def sweep(bot: FastBot, stop: Stop | None = None) -> None:
    """What a day's sweep forgets."""
    Retention(bot.store, bot.clock, EVIDENCE, None, stop or Stop()).sweep()


def count(bot: FastBot, table: type[SQLModel]) -> int:
    with bot.store.transaction() as tx:
        return tx.session.exec(select(func.count()).select_from(table)).one()


def say(bot: FastBot, *keys: str, channel: str = ACME) -> None:
    for key in keys:
        with bot.store.transaction() as tx:
            notices.say_in(tx, channel, key, "signin.mended", bot.now, username=key)
        bot.deliver()
        bot.clock.at += timedelta(seconds=5)  # the channel rests


def test_of_each_message_the_newest_is_kept_as_long_as_it_stands(bot: FastBot) -> None:
    say(bot, "card", "card", "gone", "card")
    with bot.store.transaction() as tx:
        tx.outbox.forget("gone")
    bot.clock.at += USUAL - days(1)
    sweep(bot)
    assert count(bot, OutboxItem) == 4, "nothing is old enough"
    bot.clock.at += days(2)
    say(bot, "new", "new")
    sweep(bot)
    with bot.store.transaction() as tx:
        kept = [
            item.key for item in tx.session.exec(select(OutboxItem).order_by(col(OutboxItem.id)))
        ]
    assert kept == ["card", "new", "new"]


def test_what_waits_for_a_closed_channel_is_kept_and_shown_when_it_is_back(bot: FastBot) -> None:
    bot.customers.close(ACME, "archived")
    say(bot, "while closed")
    bot.clock.at += USUAL * 2
    sweep(bot)
    bot.customers.reopen(ACME, ("archived",))
    bot.deliver()
    assert any("while closed" in posted.text for posted in bot.posted(ACME))


def test_the_head_of_a_thread_is_kept_while_something_waits_there(bot: FastBot) -> None:
    say(bot, "head")
    with bot.store.transaction() as tx:
        tx.outbox.forget("head")
    bot.clock.at += USUAL * 2
    with bot.store.transaction() as tx:
        tx.outbox.show(ACME, "reply", "note", {"sentence": "x"}, bot.now, thread_key="head")
    sweep(bot)
    with bot.store.transaction() as tx:
        assert tx.outbox.latest("head") is not None


def test_slacks_events_are_forgotten_and_what_is_said_once_is_not(bot: FastBot) -> None:
    with bot.store.transaction() as tx:
        for key in (*OWN_WORDS, *SLACKS):
            tx.channels.first_sight(key, bot.now)
    bot.clock.at += USUAL - days(1)
    sweep(bot)
    assert count(bot, SeenEvent) == len(OWN_WORDS) + len(SLACKS)
    bot.clock.at += days(2)
    sweep(bot)
    with bot.store.transaction() as tx:
        assert sorted(tx.session.exec(select(SeenEvent.event_id))) == sorted(OWN_WORDS)


def test_the_newest_tests_of_each_account_are_kept(bot: FastBot) -> None:
    ours, theirs = bot.account(State.LIVE), bot.account(State.LIVE)
    begun = bot.now
    with bot.store.transaction() as tx:
        for account, number in ((ours, TESTS_KEPT + 5), (theirs, 3)):
            for minutes in range(number):
                test = ConnectionTest(account_id=account.id, started_at=begun)
                test.finished_at = begun + timedelta(minutes=minutes)
                test.passed = True
                tx.checks.add(test)
        tx.checks.add(ConnectionTest(account_id=ours.id, started_at=begun))
    bot.clock.at += EVIDENCE - days(1)
    sweep(bot)
    assert count(bot, ConnectionTest) == TESTS_KEPT + 5 + 3 + 1
    bot.clock.at += days(2)
    sweep(bot)
    assert count(bot, ConnectionTest) == TESTS_KEPT + 3
    with bot.store.transaction() as tx:
        assert len(tx.checks.unfinished(bot.now)) == 1


def test_failures_of_no_account_are_forgotten_unless_something_points_to_them(
    bot: FastBot,
) -> None:
    account = bot.account(State.LIVE)
    theirs = bot.failure(account)
    asked = bot.failure(where=Where.INTERNAL, step="asked", text="asked")
    with bot.store.transaction() as tx:
        request = SupportRequest(
            failure_ref=asked.ref, channel_id=DESK, asked_at=bot.now, asked_by_team="T"
        )
        request.asked_by_user = "U"
        tx.session.add(request)
    alerted = bot.failure(where=Where.INTERNAL, step="other", text="an incident's")
    bot.failure(where=Where.AUTHORIZE, step="authorize", error="access_denied")
    bot.clock.at += EVIDENCE + days(1)
    sweep(bot)
    with bot.store.transaction() as tx:
        kept = set(tx.session.exec(select(Failure.ref)))
    assert kept == {theirs.ref, asked.ref, alerted.ref}


def test_of_what_a_pager_was_told_the_newest_of_each_incident_is_kept(bot: FastBot) -> None:
    for change in (PageChange.OPENED, PageChange.ACKNOWLEDGED):
        with bot.store.transaction() as tx:
            tx.pages.add(1, "a/b/c", change, facts(change), bot.now)
        bot.tell_pagers()
    assert count(bot, Page) == 4
    bot.clock.at += USUAL + days(1)
    sweep(bot)
    assert count(bot, Page) == 2
    with bot.store.transaction() as tx:
        said = tx.pages.said(Pager.PAGERDUTY, "a/b/c", bot.now, Standing.NOTHING)
    assert said == 1, "its words are understood still"


def test_a_turn_is_bounded_and_ends_when_the_process_is_to_stop(
    bot: FastBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    monkeypatch.setattr(retention, "MOST_BATCHES", 3)
    with bot.store.transaction() as tx:
        for number in range(20):
            tx.channels.first_sight(f"Ev{number}", bot.now)
    bot.clock.at += USUAL * 2
    stop = Stop()
    stop.ask()
    sweep(bot, stop)
    assert count(bot, SeenEvent) == 20
    sweep(bot)
    assert count(bot, SeenEvent) == 14
