"""Our application's secret expires: the customer reads that our engineers mend it, on-call has one
alert, and when it is mended the customer is told and goes on."""

import pytest

from tests.support.sight import NOTHING_TO_DO
from tests.support.story import CAROL, OMAR, VERA, Story
from tests.support.world import ALERTS

pytestmark = pytest.mark.browser

INFO = "info@acme.example"
EXPIRED = "application-secret-expired"


def test_our_secret_expires(story: Story) -> None:
    carol = story.enter(CAROL)
    carol.add("Info", INFO)
    story.world.throw(EXPIRED)
    with carol.follow(carol.card("Info"), "Sign in to Microsoft") as tab:
        tab.press(tab.page, "Continue to Microsoft")
        tab.choose(INFO)
        tab.faces_page("refused")
    carol.faces(carol.card("Info"), "card")
    carol.press(carol.card("Info"), "What to do")
    carol.faces(carol.window, "what-to-do")
    carol.close_windows()

    omar = story.enter(OMAR, ALERTS)
    omar.faces(omar.message("secret"), "alert")
    omar.press(omar.message("secret"), "Acknowledge")
    assert omar.faces(omar.message("secret"), "acknowledged") == "Resolve"
    vera = story.enter(VERA)
    vera.go("")
    vera.reads(vera.home, "home")

    story.world.take_back(EXPIRED)
    omar.press(omar.message("secret"), "Resolve")
    omar.open_thread(omar.message("secret"))
    omar.reads(omar.answer("Omar Haddad says that it is fixed"), "looked-at")
    omar.close_thread()
    assert carol.faces(carol.card("Info"), "card-after") == "Sign in to Microsoft"
    carol.open_thread(carol.card("Info"))
    assert carol.faces(carol.answer("@Carol Reyes"), "told") == "Sign in to Microsoft"
    carol.close_thread()
    carol.sign_in("Info", INFO)
    carol.accept_folders("Info")
    assert carol.faces(carol.card("Info", "Live"), "live") == NOTHING_TO_DO
    omar.reads(omar.message("secret"), "over")
