"""Microsoft's page stops with an error and does not come back: whoever saw it pastes it, and the
card says what it is, who mends it, and how it goes on."""

import pytest

from tests.support.story import ADAM, CAROL, Story

pytestmark = pytest.mark.browser

INFO = "info@acme.example"
BLOCKED = "security-defaults-block"


def test_microsoft_does_not_send_them_back(story: Story) -> None:
    carol = story.enter(CAROL)
    story.world.throw(BLOCKED, INFO)
    carol.add("Info", INFO)
    with carol.follow(carol.card("Info"), "Sign in to Microsoft") as tab:
        tab.press(tab.page, "Continue to Microsoft")
        tab.choose(INFO)
        tab.reads(tab.page.locator("main"), "microsoft-stops", "AADSTS530035")
        said = tab.page.locator("main").inner_text()
        tab.page.go_back()
        tab.page.go_back()
        tab.page.get_by_text("I saw an error").click()
        tab.page.locator("#text").fill(said)
        tab.press(tab.page, "Explain it")
        tab.faces_page("explained")

    carol.faces(carol.card("Info"), "card-asks")
    carol.press(carol.card("Info"), "I saw an error")
    carol.reads(carol.window, "paste")
    carol.window.get_by_role("textbox").fill(said)
    carol.window.locator("footer .primary").click()
    carol.faces(carol.window, "pasted")
    carol.close_windows()
    carol.faces(carol.card("Info"), "card-knows")

    adam = story.enter(ADAM)
    adam.faces(adam.card("Info"), "card")
    adam.press(adam.card("Info"), "What to do")
    adam.faces(adam.window, "what-to-do")
    adam.close_windows()
    story.world.take_back(BLOCKED, INFO)
    carol.sign_in("Info", INFO)
    carol.accept_folders("Info")
    assert carol.faces(carol.card("Info", "Live"), "live") == "nothing to do"


def test_an_error_is_pasted_to_the_bot(story: Story) -> None:
    carol = story.enter(CAROL)
    carol.write("@Maildesk AADSTS530035: Access has been blocked by security defaults.")
    carol.faces(carol.page.get_by_role("article").last, "answered")
