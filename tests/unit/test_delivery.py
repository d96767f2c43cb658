"""Messages on their way: in order, each once, through refusals, limits, outages and crashes."""

from datetime import timedelta

import pytest

from bot.messages import notices
from bot.messages.delivery import LEASE
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
