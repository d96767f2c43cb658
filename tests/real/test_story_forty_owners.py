"""An office manager has the owners of forty mailboxes sign in who are not in the channel: each by a
link of their own; who opened theirs and who is done is seen, and one press reminds of the rest."""

import re

import pytest
from playwright.sync_api import Locator, Page

from tests.support.story import CAROL, Story, Walker

pytestmark = pytest.mark.browser

INFO, BIURO = "info@acme.example", "biuro@acme.example"
OTHERS = [f"Berth {number:02}; berth{number:02}@acme.example" for number in range(1, 39)]
LIST = "\n".join([f"Info; {INFO}", f"Biuro; {BIURO}", *OTHERS])
LINK = re.compile(r"(\S+@acme\.example)\n(http\S+/login/[\w-]+)")


def test_forty_owners_sign_in_by_the_links_that_they_are_sent(story: Story) -> None:
    carol = story.enter(CAROL)
    list_all(carol)
    links = invite_all(carol)
    assert {INFO, BIURO} <= links.keys()

    owner = story.visit(links[INFO])
    assert owner.faces_page("owner-start", INFO) == "Continue to Microsoft"
    owner.press(owner.page, "Continue to Microsoft")
    owner.choose(INFO)
    owner.faces_page("owner-signed-in", INFO)
    other = story.visit(links[BIURO])
    other.press(other.page, "Continue to Microsoft")

    open_round(carol)
    carol.reads(carol.window, "who-is-done", "1 of 40", "Done: Info")
    assert lines_about(carol.page, "not finished") == 1
    assert carol.faces(carol.window, "who-is-left") == "Remind all in Slack"
    carol.press(carol.window, "Write a follow-up email")
    carol.reads(carol.window, "follow-up", "Follow-up email", links[BIURO])
    carol.press(carol.window, "Close")
    carol.press(carol.window, "Remind all in Slack")
    carol.reads(carol.window, "reminded", "Sign-ins still to do: 39")
    carol.close_windows()
    reminder = carol.message("still wait", "Invite all who still have to sign in")
    carol.reads(reminder, "reminder", "Berth 01")

    other.choose(BIURO)
    other.faces_page("other-signed-in", BIURO)
    open_round(carol)
    carol.reads(carol.window, "two-are-done", "2 of 40")
    carol.press(carol.window, "Close")
    carol.press(carol.window, "Accept all recognised folders")
    carol.reads(carol.window, "accepted")
    carol.close_windows()
    for name in ("Info", "Biuro"):
        assert carol.faces(carol.card(name, "Live"), f"live-{name}") == "nothing to do"


def list_all(carol: Walker) -> None:
    """Paste the list of the old accounts, and have new ones made of all."""
    carol.press(carol.message("Connect your Microsoft 365 mailboxes"), "Your old accounts")
    carol.window.get_by_label("Accounts").fill(LIST)
    assert carol.faces(carol.window, "pasted") == "Check the list"
    carol.press(carol.window, "Check the list")
    assert carol.faces(carol.window, "checked", "40") == "List them"
    carol.press(carol.window, "List them")
    carol.press(carol.window, "Continue")
    assert carol.faces(carol.window, "plan") == "Create new accounts (40)"
    carol.press(carol.window, "Create new accounts (40)")
    carol.reads(carol.window, "being-created")
    carol.close_windows()
    created = carol.message("created new accounts: 40 done")
    assert carol.faces(created, "created") == "Invite all who still have to sign in"
    assert carol.faces(start_card(carol), "start-card") == "Show all accounts"


def start_card(carol: Walker) -> Locator:
    """The card from which everything begins."""
    return carol.message("Connect your Microsoft 365 mailboxes")


def open_round(carol: Walker) -> None:
    """Everybody who still has to sign in."""
    carol.press(start_card(carol), "Show all accounts")
    carol.press(carol.window, "Invite all who still have to sign in")


def invite_all(carol: Walker) -> dict[str, str]:
    """The links as they can be sent to everybody of the first page."""
    open_round(carol)
    carol.reads(carol.window, "invitations", "0 of 40")
    found = dict(LINK.findall(carol.window.inner_text()))
    carol.close_windows()
    return found


def lines_about(page: Page, words: str) -> int:
    """How many lines of the window have these words."""
    return page.get_by_role("dialog").inner_text().count(words)
