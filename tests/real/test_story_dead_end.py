"""Microsoft's page stops with an error and does not come back: whoever saw it pastes it, and the
card says what it is, who mends it, and how it goes on."""

import pytest

from tests.support.sight import NOTHING_TO_DO
from tests.support.story import ADAM, CAROL, Story

pytestmark = pytest.mark.browser

INFO = "info@acme.example"
SIGN_IN = "Sign in to Microsoft"
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

    assert carol.faces(carol.card("Info"), "card-asks") == SIGN_IN
    carol.press(carol.card("Info"), "I saw an error")
    carol.faces(carol.window, "paste")
    carol.window.get_by_role("textbox").fill(said)
    carol.send()
    carol.faces(carol.window, "pasted", "MX-")
    carol.close_windows()
    assert carol.faces(carol.card("Info", "MX-"), "card-knows") == "What to do"

    adam = story.enter(ADAM)
    adam.press(adam.card("Info"), "What to do")
    assert adam.faces(adam.window, "what-to-do") == "It's changed"
    story.world.take_back(BLOCKED, INFO)
    adam.press(adam.window, "It's changed")
    assert adam.faces(adam.window, "said-so") == SIGN_IN
    adam.close_windows()

    carol.open_thread(carol.card("Info"))
    assert carol.faces(carol.answer("@Carol Reyes"), "told") == SIGN_IN
    carol.close_thread()
    carol.sign_in("Info", INFO)
    carol.accept_folders("Info")
    assert carol.faces(carol.card("Info", "Live"), "live") == NOTHING_TO_DO


def test_an_error_is_pasted_to_the_bot(story: Story) -> None:
    carol = story.enter(CAROL)
    carol.write("@Maildesk AADSTS530035: Access has been blocked by security defaults.")
    carol.faces(carol.page.get_by_role("article").last, "answered")
