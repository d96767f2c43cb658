"""The bot is removed from the customer's channel and invited again: support is told at once how it
goes on, nobody loses what they did meanwhile, and the mailbox goes live."""

import pytest

from tests.support.story import CAROL, VERA, Story
from tests.support.world import DESK

pytestmark = pytest.mark.browser

INFO = "info@acme.example"


def test_the_bot_is_removed_and_invited_again(story: Story) -> None:
    carol = story.enter(CAROL)
    carol.add("Info", INFO)
    vera = story.enter(VERA)
    vera.write("/remove @Maildesk")
    vera.reads(vera.page.locator("#notices"), "removed", "was removed from")
    vera.go(DESK)
    vera.reads(vera.message("I was removed from", "Invite me again"), "told")

    carol.sign_in("Info", INFO)
    carol.reads(carol.card("Info", "Waiting for the sign-in"), "card-is-old")
    vera.go("C0ACME")
    vera.write("/maildesk setup Acme Marine")
    vera.reads(vera.message("I am not in this channel", "/invite @maildesk"), "told-in-the-channel")
    vera.write("/invite @maildesk")
    vera.go(DESK)
    vera.reads(vera.message("is back"), "back")

    assert carol.faces(carol.card("Info"), "card-is-new") == "Accept all suggestions"
    carol.accept_folders("Info")
    assert carol.faces(carol.card("Info", "Live"), "live") == "nothing to do"
