"""Messages on their way: in order, once, through crashes, rate limits and outages."""

import pytest

from bot.common.people import Person
from bot.messages import notices
from bot.messages.outgoing import Outgoing
from bot.messages.turns import LEASE
from storage.database import Transaction
from tests.support.world import ACME, ALERTS, DESK, BotWorld


def cards(world: BotWorld) -> int:
    return sum("Connect your Microsoft 365 mailboxes" in m.text for m in world.carol.messages(ACME))


def crash_after_posting(world: BotWorld) -> None:
    """Post the set-up card, and die before that is written down."""
    world.bot.worker.stop()
    world.bot.services.customers.bind(ACME, "Acme Marine", Person("T0LUMEN", "U0VERA"))
    with world.bot.store.transaction() as tx:
        claimed = tx.outbox.claim_next(world.clock.now(), LEASE)
    assert claimed is not None
    world.bot.delivery._sender.show(Outgoing.of(claimed.item), None, None)
    assert cards(world) == 1


def test_a_message_in_flight_at_a_crash_is_found_where_the_history_may_be_read(
    world: BotWorld,
) -> None:
    world.practice.office.scopes.add("channels:history")
    crash_after_posting(world)
    world.clock.pass_time(seconds=LEASE.total_seconds() + 1)
    world.restart_bot()
    world.settle()
    assert cards(world) == 1


def test_without_that_right_it_may_stand_twice_but_never_not_at_all(world: BotWorld) -> None:
    crash_after_posting(world)
    world.clock.pass_time(seconds=LEASE.total_seconds() + 1)
    world.restart_bot()
    world.settle()
    assert cards(world) == 2


def in_a_thread(world: BotWorld, bots_read_threads: bool) -> None:
    """A set-up card with a reply of the bot's, in a channel whose history it may read."""
    world.practice.office.scopes.add("channels:history")
    world.practice.office.bots_read_threads = bots_read_threads
    world.set_up()
    with world.bot.store.transaction() as tx:
        reply(world, tx, "first")
    world.settle()


def reply(world: BotWorld, tx: Transaction, words: str) -> None:
    """Have a reply to the set-up card shown."""
    args = {"sentence": "credential.ends", "values": {"name": words, "day": "", "days": 2}}
    thread = notices.setup_key(ACME)
    tx.outbox.show(ACME, words, notices.SUPPORT_NOTE, args, world.clock.now(), thread_key=thread)


def crash_while_replying(world: BotWorld, words: str, posted: bool = True) -> str:
    """Begin to reply, and die after it was `posted` or before; where the thread is."""
    world.clock.pass_time(seconds=10)
    with world.bot.store.transaction() as tx:
        reply(world, tx, words)
        claimed = tx.outbox.claim_next(world.clock.now(), LEASE, first=ACME)
    assert claimed is not None and claimed.item.key == words and claimed.parent is not None
    if posted:
        world.bot.delivery._sender.show(Outgoing.of(claimed.item), None, claimed.parent.ts)
    return claimed.parent.ts


def go_on(world: BotWorld) -> list[str]:
    """A worker goes on where another one was killed; what stands in the thread then, in order."""
    world.clock.pass_time(seconds=LEASE.total_seconds() + 1)
    world.settle()
    words = ("first", "second", "third", "Thanks!")
    said = [m.text for m in world.carol.messages(ACME)[1:]]
    return [each for text in said for each in words if each in text]


@pytest.mark.parametrize("bots_read_threads", [True, False])
def test_a_reply_in_flight_at_a_crash_stands_once_whether_bots_read_threads_or_not(
    world: BotWorld, bots_read_threads: bool
) -> None:
    in_a_thread(world, bots_read_threads)
    crash_while_replying(world, "second")
    assert go_on(world) == ["first", "second"]

    crash_while_replying(world, "third", posted=False)
    assert go_on(world) == ["first", "second", "third"]
    heard = [each["method"] for each in world.practice.office.heard]
    assert heard.count("chat.postMessage") == 4, "the card, and each reply once"
    with world.bot.store.transaction() as tx:
        assert tx.health.trouble() is None, "a thread that cannot be read is no trouble of the app"


@pytest.mark.parametrize("bots_read_threads", [True, False])
def test_a_reply_behind_which_somebody_wrote_is_found_or_else_stands_twice(
    world: BotWorld, bots_read_threads: bool
) -> None:
    in_a_thread(world, bots_read_threads)
    thread = crash_while_replying(world, "second")
    world.carol._post("message", channel=ACME, text="Thanks!", thread_ts=thread)
    again = [] if bots_read_threads else ["second"]
    assert go_on(world) == ["first", "second", "Thanks!", *again]


def test_a_rate_limit_is_waited_out_and_nothing_is_lost_or_out_of_order(world: BotWorld) -> None:
    world.practice.office.fail_next("chat.postMessage", "ratelimited", retry_after=1)
    world.practice.office.fail_next("chat.postMessage", "ratelimited", retry_after=1)
    world.set_up()
    world.add("info@acme.example", "Info")
    world.settle()
    posted = [m.text for m in world.carol.messages(ACME)]
    assert len(posted) == 2 and "Connect your" in posted[0] and "Info" in posted[1]


def test_an_outage_of_slack_delays_a_message_and_does_not_lose_it(world: BotWorld) -> None:
    for _ in range(3):
        world.practice.office.fail_next("chat.postMessage", "service_unavailable")
    world.vera.slash(ACME, "setup Acme Marine")
    failures = world.practice.office._failures["chat.postMessage"]
    for left in (2, 1, 0):
        world.until(lambda left=left: len(failures) <= left)  # type: ignore[misc]
        assert cards(world) == 0
        world.clock.pass_time(minutes=2)
    world.carol.find(ACME, "Connect your Microsoft 365 mailboxes")
    assert cards(world) == 1


def test_a_channel_that_takes_no_messages_does_not_hold_up_the_others(world: BotWorld) -> None:
    world.set_up()
    world.practice.office.channels["C0ALERTS"].archived = True
    world.throw("application-secret-expired")
    world.sign_in(world.add("info@acme.example", "Info"), "info@acme.example")
    world.carol.find(ACME, "did not go through", "our engineers")
    world.settle()
    world.vera.find(DESK, "does not let me post", "is_archived")

    world.practice.office.channels["C0ALERTS"].archived = False
    world.pass_time(minutes=6)
    world.omar.find(ALERTS, "Error ID")
