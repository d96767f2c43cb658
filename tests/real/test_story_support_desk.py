"""Support does everything for a customer from its own channel and Home: takes what is asked, adds a
mailbox, has its owner sign in, maps its folders, and sees it live."""

import re

import pytest

from tests.support.story import CAROL, VERA, Story, Walker
from tests.support.world import DESK

pytestmark = pytest.mark.browser

INFO, BIURO = "info@acme.example", "biuro@acme.example"
LINK = re.compile(r"http\S+/login/[\w-]+")


def test_support_does_it_all_without_leaving_its_channel(story: Story) -> None:
    carol = story.enter(CAROL)
    carol.add("Info", INFO)
    carol.press(carol.card("Info"), "More")
    carol.press(carol.window, "Do it for us")
    carol.window.get_by_label("What should our support team know?").fill("Only Ben can sign in.")
    carol.press(carol.window, "Send the comment")
    carol.reads(carol.window, "asked")
    carol.close_windows()

    vera = story.enter(VERA, DESK)
    request = vera.message("asked us to connect", "Only Ben can sign in.")
    assert vera.faces(request, "request") == "I'll take it"
    vera.press(request, "I'll take it")
    assert vera.faces(request, "taken", "Vera Lind") == "The account"
    vera.press(request, "The account")
    have_signed_in(story, vera, INFO)
    vera.press(request, "The account")
    map_folders(vera)
    carol.reads(carol.card("Info", "Live"), "customer-sees-it-live")
    assert vera.faces(request, "account-is-live") == "Done"
    vera.press(request, "Done")
    vera.reads(request, "done", "finished it", "Live")
    carol.open_thread(carol.card("Info"))
    carol.reads(carol.answer("Vera Lind of our support team has finished"), "customer-told")

    vera.write("/maildesk add acme")
    vera.window.get_by_label("Account name").fill("Biuro")
    vera.window.get_by_label("Sender name").fill("Acme Marine")
    vera.window.get_by_label("Sender email").fill(BIURO)
    assert vera.faces(vera.window, "added-from-the-desk") == "Save"
    vera.press(vera.window, "Save")
    vera.go("")
    vera.reads(vera.home, "home", "1 of 2 live")
    open_from_home(vera)
    have_signed_in(story, vera, BIURO)
    open_from_home(vera)
    map_folders(vera)
    vera.go(DESK)
    vera.reads(vera.message("Acme Marine", "is live"), "told-live")
    vera.go("")
    vera.reads(vera.home, "home-all-live", "2 of 2 live")


def open_from_home(vera: Walker) -> None:
    """Search for the mailbox on Home, and open it."""
    vera.press(vera.home, "Search")
    vera.window.get_by_label("Name, address or ID").fill(BIURO)
    assert vera.faces(vera.window, "search") == "Search"
    vera.press(vera.window, "Search")
    vera.reads(vera.window, "found", BIURO, "Acme Marine")
    vera.press(vera.window, "Details")


def have_signed_in(story: Story, vera: Walker, address: str) -> None:
    """From the account's window, send the owner the link, by which they sign in."""
    vera.reads(vera.window, "account", address, "Invite shows the link")
    vera.press(vera.window, "Invite")
    vera.reads(vera.window, "invitation", "need not be in this channel")
    found = LINK.search(vera.window.inner_text())
    assert found is not None
    owner = story.visit(found[0])
    owner.faces_page("owner-start", address)
    owner.press(owner.page, "Continue to Microsoft")
    owner.choose(address)
    owner.faces_page("owner-signed-in", address)
    vera.close_windows()


def map_folders(vera: Walker) -> None:
    """Take the folders that are suggested, in the account's window."""
    vera.reads(vera.window, "to-be-mapped", "folders not mapped yet")
    vera.press(vera.window, "Accept all suggestions")
    vera.faces(vera.window, "mapped", "Live")
    vera.close_windows()
