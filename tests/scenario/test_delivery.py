"""Messages on their way: in order, once, through crashes, rate limits and outages."""

from bot.common.people import Person
from bot.messages.outgoing import Outgoing
from bot.messages.turns import LEASE
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
