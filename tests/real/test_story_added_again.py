"""A mailbox is removed and added again, by the form and by the card that was left: whichever way, one
account goes live, and nothing that is pressed leads nowhere."""

import pytest

from tests.support.story import CAROL, Story, Walker

pytestmark = pytest.mark.browser

INFO = "info@acme.example"


def test_a_mailbox_that_was_removed_is_added_again(story: Story) -> None:
    carol = story.enter(CAROL)
    carol.add("Info", INFO)
    go_live(carol, "Info")
    remove(carol, "Info")

    carol.add("Info again", INFO)
    assert carol.faces(carol.card("Info again"), "added-again") == "Sign in to Microsoft"
    carol.press(carol.card("Info"), "Connect again")
    carol.reads(carol.window, "old-card-pressed", INFO)
    carol.close_windows()
    go_live(carol, "Info again")

    remove(carol, "Info again")
    carol.press(carol.card("Info again"), "Connect again")
    assert carol.faces(carol.card("Info again"), "connect-again") == "Sign in to Microsoft"
    go_live(carol, "Info again")


def go_live(carol: Walker, name: str) -> None:
    """From the sign-in to the folders, as far as they are not mapped yet."""
    carol.sign_in(name, INFO)
    if carol.faces(carol.card(name), "tested") == "Accept all suggestions":
        carol.accept_folders(name)
    assert carol.faces(carol.card(name, "Live"), "live") == "nothing to do"


def remove(carol: Walker, name: str) -> None:
    """Disconnect a mailbox that is live."""
    carol.press(carol.card(name), "More")
    carol.press(carol.window, "Disconnect")
    carol.reads(carol.window, "asked-before", INFO, "stop looking after it")
    carol.press(carol.window, "Disconnect")
    carol.reads(carol.window, "disconnected", f"{name} is disconnected")
    carol.close_windows()
    assert carol.faces(carol.card(name, "Disconnected"), "removed") == "nothing to do"
    carol.open_thread(carol.card(name))
    carol.reads(carol.answer("myapps.microsoft.com"), "how-to-withdraw")
    carol.close_thread()
