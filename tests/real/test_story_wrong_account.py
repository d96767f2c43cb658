"""Somebody signs in with their own account instead of the mailbox's: page, thread and card say the
same, and one press leads on."""

import pytest

from tests.support.sight import NOTHING_TO_DO
from tests.support.story import CAROL, Story

pytestmark = pytest.mark.browser

INFO, OWN = "info@acme.example", "carol@acme.example"


def test_the_wrong_account_then_the_right_one(story: Story) -> None:
    carol = story.enter(CAROL)
    carol.add("Info", INFO)
    assert carol.faces(carol.card("Info"), "asked-to-sign-in") == "Sign in to Microsoft"

    with carol.follow(carol.card("Info"), "Sign in to Microsoft") as tab:
        assert tab.faces_page("start", INFO) == "Continue to Microsoft"
        tab.press(tab.page, "Continue to Microsoft")
        tab.choose(OWN)
        assert tab.faces_page("refused", INFO, OWN) == "Use another account"

        assert carol.faces(carol.card("Info"), "refused-card", INFO) == "Sign in to Microsoft"
        carol.press(carol.card("Info"), "What to do")
        assert carol.faces(carol.window, "what-to-do") == "Sign in to Microsoft"
        carol.close_windows()
        carol.open_thread(carol.card("Info"))
        told = carol.answer("MX-", OWN)
        assert carol.faces(told, "refused-thread") == "Sign in to Microsoft"
        carol.close_thread()

        tab.press(tab.page, "Use another account")
        tab.choose(INFO)
        tab.faces_page("signed-in", INFO)
    assert carol.faces(carol.card("Info"), "connected") == "Accept all suggestions"
    carol.press(carol.card("Info"), "Accept all suggestions")
    assert carol.faces(carol.card("Info", "Live"), "live") == NOTHING_TO_DO
