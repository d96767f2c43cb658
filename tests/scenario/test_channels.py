"""What becomes of a channel is followed: nothing is posted where nobody reads it, and nothing is
lost when it comes back."""

from typing import Any

import pytest

from sandbox.slack.office import Office
from tests.support.world import ACME, DESK, BotWorld

INFO = "info@acme.example"
BOT = Office().bot_user
AWAY = {
    "archived": ({"type": "channel_archive"}, {"type": "channel_unarchive"}),
    "left": ({"type": "group_left"}, {"type": "member_joined_channel", "user": BOT}),
    "unshared": ({"type": "channel_unshared", "is_ext_shared": False}, {"type": "channel_shared"}),
}


def happens(world: BotWorld, event: dict[str, Any]) -> None:
    event_id = f"Ev{world.clock.now().timestamp()}"
    world.bot.services.events.take_in(event_id, {"channel": ACME} | event)
    world.settle()


@pytest.mark.parametrize("what", AWAY)
def test_nothing_is_posted_in_a_channel_that_is_away_and_all_is_shown_when_it_is_back(
    world: BotWorld, what: str
) -> None:
    world.set_up()
    card = world.add(INFO, "Info")
    gone, back = AWAY[what]
    happens(world, gone)
    happens(world, gone)
    assert len([m for m in world.vera.messages(DESK) if "Acme Marine" in m.text]) == 1
    before = len(world.carol.messages(ACME))
    world.sign_in(card, INFO)
    world.settle()
    assert len(world.carol.messages(ACME)) == before
    assert "Waiting for the sign-in" in world.card("Info").text

    happens(world, back)
    world.card("Info", "folders not mapped yet")
    world.vera.find(DESK, "is back")
    assert "Hello! I am Maildesk" not in "".join(m.text for m in world.carol.messages(ACME))


def test_a_channel_that_is_still_shared_with_somebody_goes_on(world: BotWorld) -> None:
    world.set_up()
    happens(world, {"type": "channel_unshared", "is_ext_shared": True})
    world.add(INFO, "Info")


def test_a_channel_with_a_new_id_keeps_its_customer_and_its_cards(world: BotWorld) -> None:
    world.set_up()
    card = world.add(INFO, "Info")
    office = world.practice.office
    with office.changing():
        channel = office.channels.pop(ACME)
        channel.id = "C0NEW"
        office.channels["C0NEW"] = channel
        for message in office.messages:
            message.channel = "C0NEW" if message.channel == ACME else message.channel
    happens(
        world, {"type": "channel_id_changed", "old_channel_id": ACME, "new_channel_id": "C0NEW"}
    )
    world.sign_in(card, INFO)
    moved = world.carol.find("C0NEW", "*Info*   `MB-", "folders not mapped yet")
    assert moved.ts == card.ts
    assert world.account("Info").channel_id == "C0NEW"
    assert (
        len(
            [
                m
                for m in world.carol.messages("C0NEW")
                if "Connect your Microsoft 365 mailboxes" in m.text
            ]
        )
        == 1
    )


def test_the_bot_greets_once_when_it_is_added(world: BotWorld) -> None:
    for _ in range(2):
        happens(world, {"type": "member_joined_channel", "user": world.practice.office.bot_user})
    assert len([m for m in world.carol.messages(ACME) if "Hello! I am Maildesk" in m.text]) == 1
