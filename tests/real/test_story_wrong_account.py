"""Somebody signs in with their own account instead of the mailbox's: page, thread and card say the
same, and one press leads on."""

import pytest

from tests.support.story import CAROL, Story

pytestmark = pytest.mark.browser

INFO, OWN = "info@acme.example", "carol@acme.example"


def test_the_wrong_account_then_the_right_one(story: Story) -> None:
    carol = story.enter(CAROL)
    carol.add("Info", INFO)
    assert carol.faces(carol.card("Info"), "asked-to-sign-in") == "Sign in to Microsoft"

    with carol.follow(carol.card("Info"), "Sign in to Microsoft") as tab:
        assert tab.faces_page("start") == "Continue to Microsoft"
        tab.to_microsoft(OWN)
        tab.accept()
        assert tab.faces_page("refused", INFO, OWN) == "Use another account"
        assert carol.faces(carol.card("Info"), "refused-card", INFO) == "Sign in to Microsoft"
        tab.page.get_by_role("button", name="Use another account").click()
        tab.choose(INFO)
        tab.accept()
        tab.faces_page("signed-in", INFO)
    assert carol.faces(carol.card("Info"), "connected") == "Accept all suggestions"
    carol.press(carol.card("Info"), "Accept all suggestions")
    assert carol.faces(carol.card("Info", "Live"), "live") == "nothing to do"
