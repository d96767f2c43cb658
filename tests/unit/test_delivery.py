"""Messages on their way: in order, each once, through refusals, limits, outages and crashes."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from bot.messages import notices
from bot.messages.delivery import MAX_FAULTS
from bot.messages.turns import LEASE
from storage.database import DatabaseAway
from storage.tables import Job, OutboxItem
from storage.vocabulary import State
from tests.support.fast import ACME, DESK, FastBot, hours
from tests.support.fast_ports import Posted


def say(bot: FastBot, *words: str, channel: str = ACME, thread: str = "") -> None:
    """Have messages shown in a channel, one after the other."""
    with bot.store.transaction() as tx:
        for word in words:
            args = {"sentence": "credential.ends", "values": {"name": word, "day": "", "days": 2}}
            tx.outbox.show(channel, word, notices.SUPPORT_NOTE, args, bot.now, thread_key=thread)


def say_what_cannot_be_drawn(bot: FastBot) -> None:
    """Have something shown that no card can be made of."""
    with bot.store.transaction() as tx:
        tx.outbox.show(ACME, "broken", "of a later version", {}, bot.now)


def stands(bot: FastBot, channel: str = ACME) -> list[str]:
    """The words that stand in a channel, in order."""
    words = ("first", "second", "third", "reply")
    said = [message.text for message in bot.posted(channel)]
    return [word for text in said for word in words if word in text]


def given_up(bot: FastBot) -> list[str]:
    """Why messages were given up."""
    return [item.given_up for item in bot.outbox(ACME) if item.given_up]


def test_messages_of_a_channel_arrive_in_their_order(bot: FastBot) -> None:
    say(bot, "first", "second", "third")
    bot.run_due()

    assert stands(bot) == ["first", "second", "third"]


def test_a_channel_rests_a_second_between_two_posts(bot: FastBot) -> None:
    say(bot, "first", "second")

    assert bot.delivery.deliver_due() == 1
    assert bot.delivery.next_due() == bot.now + timedelta(seconds=1)


def test_a_known_key_is_updated_in_place(bot: FastBot) -> None:
    say(bot, "first", "second")
    bot.run_due()
    bot.clock.at += hours(1)
    say(bot, "first")

    bot.run_due()
    assert stands(bot) == ["first", "second"]
    assert bot.slack.calls[-1][0] == "chat.update"


def test_the_same_message_asked_for_twice_before_it_goes_is_sent_once(bot: FastBot) -> None:
    say(bot, "first", "first")
    bot.run_due()

    assert stands(bot) == ["first"]
    assert len(bot.slack.calls) == 1


def test_a_message_that_cannot_be_drawn_holds_its_channel_up_for_minutes_only(
    bot: FastBot,
) -> None:
    say_what_cannot_be_drawn(bot)
    say(bot, "first")
    bot.run_due()
    assert stands(bot) == []

    bot.live(hours(0.1))
    assert stands(bot) == ["first"]
    assert given_up(bot) == ["KeyError"]


def test_a_message_that_cannot_be_drawn_holds_no_other_channel_up(bot: FastBot) -> None:
    say_what_cannot_be_drawn(bot)
    say(bot, "first", channel=DESK)
    bot.run_due()

    assert stands(bot, DESK) == ["first"]


def test_a_rate_limit_is_waited_out_as_long_as_slack_says(bot: FastBot) -> None:
    bot.slack.fails_next("chat.postMessage", "ratelimited", status=429, retry_after=30)
    say(bot, "first", "second")
    bot.run_due()
    assert stands(bot) == []

    bot.pass_time(seconds=20)
    assert stands(bot) == []
    bot.pass_time(seconds=10)
    assert stands(bot) == ["first", "second"]


def test_rate_limits_do_not_use_up_a_messages_tries(bot: FastBot) -> None:
    for _ in range(10):
        bot.slack.fails_next("chat.postMessage", "ratelimited", status=429, retry_after=1)
    say(bot, "first")
    bot.live(hours(1))

    (item,) = bot.outbox(ACME)
    assert stands(bot) == ["first"]
    assert item.attempts == 1


@pytest.mark.parametrize("error", ["service_unavailable", "internal_error", "fatal_error"])
def test_an_outage_delays_a_message_and_does_not_lose_it(bot: FastBot, error: str) -> None:
    for _ in range(6):
        bot.slack.fails_next("chat.postMessage", error, status=503)
    say(bot, "first", "second")

    bot.live(hours(1))
    assert stands(bot) == ["first", "second"]


def test_an_outage_of_hours_loses_nothing(bot: FastBot) -> None:
    for _ in range(30):
        bot.slack.fails_next("chat.postMessage", "service_unavailable")
    say(bot, "first")

    bot.live(hours(3))
    assert stands(bot) == ["first"]


@pytest.mark.parametrize("table", [Job, OutboxItem])
def test_a_number_by_which_something_is_known_outside_is_given_once(
    bot: FastBot, table: type[Job | OutboxItem]
) -> None:
    def add() -> Job | OutboxItem:
        row = (
            Job(kind="test", due_at=bot.now)
            if table is Job
            else OutboxItem(channel_id=ACME, key="first", notice="note", created_at=bot.now)
        )
        with bot.store.transaction() as tx:
            tx.session.add(row)
        return row

    newest = add()
    with bot.store.transaction() as tx:
        tx.session.delete(tx.session.get_one(table, newest.id))

    assert add().id > newest.id


def test_a_message_is_not_taken_for_the_head_of_a_thread_that_stood_before_its_turn(
    bot: FastBot,
) -> None:
    bot.slack.scopes.add("channels:history")
    say(bot, "second", thread="first")
    for _ in range(
        2
    ):  # put together when their turn comes, after the head was posted for the other
        say(bot, "first")
    bot.run_due()
    bot.slack.fails_next("chat.postMessage", "service_unavailable", status=503)
    say(bot, "third")
    bot.live(hours(1))

    assert stands(bot) == ["first", "second", "third"]


def test_a_message_whose_answer_was_lost_is_found_and_not_posted_again(bot: FastBot) -> None:
    bot.slack.scopes.add("channels:history")
    bot.slack.breaks_next("chat.postMessage")
    say(bot, "first")

    bot.live(hours(1))
    assert stands(bot) == ["first"]


def test_a_reply_whose_answer_was_lost_is_looked_for_in_its_thread(bot: FastBot) -> None:
    bot.slack.scopes.add("channels:history")
    say(bot, "first")
    bot.run_due()
    (head,) = bot.posted(ACME)
    bot.slack.breaks_next("chat.postMessage")
    say(bot, "reply", thread="first")

    bot.live(hours(1))
    assert stands(bot) == ["first", "reply"]
    assert bot.posted(ACME)[1].thread == head.ts


def test_a_reply_is_found_at_the_end_of_a_long_thread(bot: FastBot) -> None:
    bot.slack.scopes.add("channels:history")
    say(bot, "first")
    bot.run_due()
    (head,) = bot.posted(ACME)
    for number in range(60):
        bot.slack.posted.append(Posted(ACME, f"9{number:02}.000000", "thanks", [], head.ts))
    bot.slack.breaks_next("chat.postMessage")
    say(bot, "reply", thread="first")

    bot.live(hours(1))
    assert stands(bot) == ["first", "reply"]


@pytest.mark.parametrize("error", ["not_allowed_token_type", "no_permission", "missing_scope"])
def test_a_thread_that_may_not_be_read_holds_nothing_up(bot: FastBot, error: str) -> None:
    say(bot, "first")
    bot.run_due()
    bot.slack.fails_next("chat.postMessage", "service_unavailable", status=503)
    for _ in range(9):
        bot.slack.fails_next("conversations.replies", error)
    say(bot, "reply", thread="first")
    bot.live(hours(0.01))

    assert stands(bot) == ["first", "reply"]


def test_what_was_found_is_updated_later_like_any_other(bot: FastBot) -> None:
    bot.slack.scopes.add("channels:history")
    bot.slack.breaks_next("chat.postMessage")
    say(bot, "first")
    bot.live(hours(1))
    say(bot, "first")

    bot.live(hours(1))
    assert stands(bot) == ["first"]


def test_without_the_right_to_look_it_may_stand_twice_and_never_not_at_all(
    bot: FastBot,
) -> None:
    bot.slack.breaks_next("chat.postMessage")
    say(bot, "first")

    bot.live(hours(1))
    assert stands(bot) == ["first", "first"]


def test_a_message_in_another_workers_hands_is_left_until_its_lease_ends(bot: FastBot) -> None:
    say(bot, "first", "second")
    with bot.store.transaction() as tx:
        tx.outbox.claim_next(bot.now, LEASE)
    bot.run_due()
    assert stands(bot) == []

    bot.pass_time(seconds=LEASE.total_seconds() + 1)
    assert stands(bot) == ["first", "second"]


def test_what_is_taken_away_is_gone_and_may_be_posted_anew(bot: FastBot) -> None:
    say(bot, "first")
    bot.run_due()
    with bot.store.transaction() as tx:
        tx.outbox.show(ACME, "first", notices.GONE, {}, bot.now)
    bot.run_due()
    assert stands(bot) == []

    say(bot, "first")
    bot.run_due()
    assert stands(bot) == ["first"]


def test_what_somebody_else_took_away_already_is_no_trouble(bot: FastBot) -> None:
    say(bot, "first")
    bot.run_due()
    bot.slack.posted.clear()
    with bot.store.transaction() as tx:
        tx.outbox.show(ACME, "first", notices.GONE, {}, bot.now)
    bot.run_due()

    assert given_up(bot) == []


def test_in_a_closed_channel_nothing_is_shown_until_it_is_back(bot: FastBot) -> None:
    bot.customers.close(ACME, "archived")
    say(bot, "first")
    say(bot, "first", "second")
    bot.live(hours(3))
    assert stands(bot) == []

    bot.customers.reopen(ACME, {"archived"})
    bot.run_due()
    assert stands(bot) == ["first", "second"]


def test_a_message_that_never_arrived_is_not_taken_for_the_one_before_it(bot: FastBot) -> None:
    bot.slack.scopes.add("channels:history")
    say(bot, "first")
    bot.run_due()
    bot.slack.fails_next("chat.postMessage", "service_unavailable")
    say(bot, "second")

    bot.live(hours(1))
    assert stands(bot) == ["first", "second"]


def test_a_message_whose_answer_was_lost_is_found_behind_what_people_said_since(
    bot: FastBot,
) -> None:
    bot.slack.scopes.add("channels:history")
    bot.slack.breaks_next("chat.postMessage")
    say(bot, "first")
    assert bot.delivery.deliver_due() == 1
    for number in range(40):
        bot.slack.posted.append(Posted(ACME, f"9{number:02}.000000", "thanks", []))

    bot.live(hours(1))
    assert stands(bot) == ["first"]


def asked_again_while_its_answer_is_lost(bot: FastBot) -> None:
    """A message stands, and nobody knows; and it is to be shown once more."""
    bot.slack.scopes.add("channels:history")
    bot.slack.breaks_next("chat.postMessage")
    say(bot, "first")
    assert bot.delivery.deliver_due() == 1
    say(bot, "first")


@pytest.mark.parametrize("closed_by", ["an event", "what Slack answers"])
def test_a_message_whose_answer_was_lost_stands_once_after_its_channel_was_archived(
    bot: FastBot, closed_by: str
) -> None:
    asked_again_while_its_answer_is_lost(bot)
    if closed_by == "an event":
        bot.customers.close(ACME, "archived")
    else:
        bot.slack.fails_next("chat.update", "is_archived")
    bot.live(hours(1))
    assert set(given_up(bot)) == {"archived"}

    say(bot, "first")
    bot.customers.reopen(ACME, ["archived"])
    bot.live(hours(1))
    assert stands(bot) == ["first"]
    say(bot, "first")
    bot.live(hours(1))
    assert stands(bot) == ["first"]


def test_what_was_found_is_known_though_nothing_can_be_done_with_it(bot: FastBot) -> None:
    asked_again_while_its_answer_is_lost(bot)
    for _ in range(MAX_FAULTS):
        bot.slack.fails_next("chat.update", "cannot_update_message")

    bot.live(hours(2))
    assert given_up(bot) == ["cannot_update_message"]
    assert stands(bot) == ["first"]


# -- faults of the database, and answers that are lost


@contextmanager
def database_away(bot: FastBot, times: int, at: str = "outbox") -> Iterator[list[str]]:
    """The database does not answer the next `times` that something of `at` is written or read."""
    left = [times]
    met: list[str] = []

    def refuse(conn: Any, cursor: Any, statement: str, *_: Any) -> None:
        if left[0] and at in statement:
            left[0] -= 1
            met.append(statement)
            raise OperationalError(statement, {}, sqlite3.OperationalError("database is locked"))

    event.listen(bot.store.engine, "before_cursor_execute", refuse)
    try:
        yield met
    finally:
        event.remove(bot.store.engine, "before_cursor_execute", refuse)


@pytest.mark.delivery
def test_slacks_errors_and_a_hiccup_of_the_database_give_no_message_up(bot: FastBot) -> None:
    account = bot.account()
    for _ in range(5):
        bot.slack.fails_next("chat.postMessage", "service_unavailable", status=503)
    with bot.store.transaction() as tx:
        notices.show_setup_card(tx, ACME, bot.now)
    for _ in range(5):
        bot.pass_time(minutes=5)
    with database_away(bot, 1, "FROM customer") as met:
        bot.pass_time(minutes=5)
    assert met, "it was drawn while the database was away"

    bot.pass_time(minutes=5)
    assert given_up(bot) == []
    assert len(bot.posted(ACME)) == 1
    assert account.name not in bot.posted(ACME)[0].text


@pytest.mark.delivery
def test_a_directory_that_is_silent_gives_no_reminder_up(bot: FastBot) -> None:
    bot.account(State.UNMAPPED)
    for _ in range(40):
        bot.slack.fails_next("auth.test", "fatal_error")
        bot.slack.fails_next("conversations.members", "fatal_error")
    bot.live(hours(30))

    assert given_up(bot) == []


@pytest.mark.delivery
def test_what_was_posted_while_the_database_was_away_is_not_posted_again(bot: FastBot) -> None:
    say(bot, "first")
    with database_away(bot, 1, "INSERT INTO postedmessage"), pytest.raises(DatabaseAway):
        bot.delivery.deliver_due()
    assert stands(bot) == ["first"]

    bot.pass_time(seconds=LEASE.total_seconds() + 1)
    assert stands(bot) == ["first"]
    say(bot, "first")
    bot.run_due()
    assert stands(bot) == ["first"]


@pytest.mark.delivery
@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
def test_of_many_messages_whose_answers_are_lost_none_is_doubled(bot: FastBot, method: str) -> None:
    bot.slack.scopes.add("channels:history")
    words = ("first", "second", "third")
    if method == "chat.update":
        say(bot, *words)
        bot.run_due()
    for _ in range(4):
        bot.slack.breaks_next(method)
    say(bot, *words)

    bot.live(hours(0.5))
    assert stands(bot) == list(words)


@pytest.mark.delivery
def test_the_greeting_stands_once_though_its_answer_is_lost(bot: FastBot) -> None:
    bot.slack.scopes.add("channels:history")
    bot.slack.breaks_next("chat.postMessage")
    bot.customers.came_in("C0NEW")
    bot.customers.came_in("C0NEW")

    bot.live(hours(0.5))
    assert [m.text.startswith("Hello!") for m in bot.posted("C0NEW")] == [True]


@pytest.mark.delivery
@pytest.mark.parametrize("error", ["service_unavailable", "ratelimited", "invalid_auth"])
def test_a_greeting_that_slack_refuses_just_now_comes_later(bot: FastBot, error: str) -> None:
    bot.slack.fails_next("chat.postMessage", error)
    bot.customers.came_in("C0NEW")

    bot.live(hours(0.5))
    assert [m.text.startswith("Hello!") for m in bot.posted("C0NEW")] == [True]


HELP = {"channel": ACME, "audience": "customer", "about": "help", "role": "customer"}


@pytest.mark.delivery
def test_what_can_be_done_is_said_once_to_each_question_in_its_thread(bot: FastBot) -> None:
    bot.slack.scopes.add("channels:history")
    bot.slack.posted.append(Posted(ACME, "50.000000", "a question", []))
    bot.slack.breaks_next("chat.postMessage")
    for _ in range(2):  # the event's job is done again
        bot.answers.answer(ACME, "51.000000", "50.000000", HELP)
        bot.live(hours(0.2))
    bot.answers.answer(ACME, "60.000000", "", HELP)
    bot.live(hours(0.2))

    _, answer, second = bot.posted(ACME)
    assert (answer.thread, second.thread) == ("50.000000", "")
    assert "There is a button for everything" in answer.words


@pytest.mark.delivery
def test_an_answer_in_a_thread_that_is_gone_stands_in_the_channel(bot: FastBot) -> None:
    bot.answers.answer(ACME, "51.000000", "50.000000", HELP)
    bot.live(hours(0.01))

    (answer,) = bot.posted(ACME)
    assert answer.thread == ""


@pytest.mark.delivery
def test_the_database_is_ready_when_it_takes_what_is_written(bot: FastBot) -> None:
    assert bot.health.ready() and bot.health.ready()
    with database_away(bot, 1, "INSERT INTO pulse"):
        assert not bot.health.ready()
    assert bot.health.ready()
