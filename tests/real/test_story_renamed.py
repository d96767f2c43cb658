"""Support renames a customer: every card, page and window has the new name, as it was typed, and the
mailbox that was on its way goes live."""

import pytest

from tests.support.story import CAROL, VERA, Story
from tests.support.world import DESK

pytestmark = pytest.mark.browser

INFO = "info@acme.example"
NEW = "Acme *Nordic* Shipping & Söhne"
SHOWN = NEW.replace("*", "∗")
"""In Slack's messages, where the signs would format."""


def test_a_customer_is_renamed_while_a_mailbox_is_on_its_way(story: Story) -> None:
    carol = story.enter(CAROL)
    carol.add("Info", INFO)
    vera = story.enter(VERA)
    vera.write("/maildesk customer")
    vera.reads(vera.window, "customer", "Acme Marine")
    vera.press(vera.window, "Rename")
    vera.window.get_by_label("New name").fill(NEW)
    assert vera.faces(vera.window, "new-name") == "Rename"
    vera.press(vera.window, "Rename")
    vera.reads(vera.window, "renamed", SHOWN)
    vera.close_windows()

    with carol.follow(carol.card("Info"), "Sign in to Microsoft") as tab:
        assert tab.faces_page("start", NEW) == "Continue to Microsoft"
        tab.press(tab.page, "Continue to Microsoft")
        tab.choose(INFO)
        tab.faces_page("signed-in", INFO)
    carol.press(carol.message("Connect your Microsoft 365 mailboxes"), "Show all accounts")
    carol.faces(carol.window, "accounts", "Info")
    carol.close_windows()
    carol.accept_folders("Info")
    assert carol.faces(carol.card("Info", "Live"), "live") == "nothing to do"

    vera.go(DESK)
    vera.reads(vera.message(SHOWN, "live"), "told")
    vera.go("")
    vera.reads(vera.home, "home", SHOWN)
