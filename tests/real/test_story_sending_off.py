"""SMTP AUTH is switched off for the whole organisation: the channel has one message for all
mailboxes, support is told, the administrator has what to switch, and one press tests them all."""

import pytest

from tests.support.sight import NOTHING_TO_DO
from tests.support.story import ADAM, CAROL, VERA, Story
from tests.support.world import DESK

pytestmark = pytest.mark.browser

INFO, BIURO = "info@acme.example", "biuro@acme.example"
OFF = "smtp-auth-off-tenant"


def test_sending_is_switched_off_for_everybody(story: Story) -> None:
    for name, address in (("Info", INFO), ("Biuro", BIURO)):
        story.world.map_folders(story.world.connect(address, name))
    story.world.settle()
    story.world.throw(OFF, "acme.example")
    carol = story.enter(CAROL)
    carol.press(carol.card("Info"), "Test connection")
    carol.press(carol.card("Biuro"), "Test connection")
    carol.faces(carol.card("Info"), "card-info")
    carol.faces(carol.card("Biuro"), "card-biuro")
    carol.faces(carol.page.get_by_role("article").last, "told")

    vera = story.enter(VERA, DESK)
    vera.faces(vera.page.get_by_role("article").last, "desk")
    vera.go("")
    vera.reads(vera.home, "home")

    adam = story.enter(ADAM)
    adam.press(adam.card("Info"), "What to do")
    adam.faces(adam.window, "what-to-do")
    adam.close_windows()
    adam.press(adam.card("Info"), "For your administrator")
    adam.faces(adam.window, "letter")
    adam.close_windows()
    story.world.take_back(OFF, "acme.example")
    adam.press(adam.card("Info"), "It's changed")
    adam.faces(adam.card("Info"), "changed")
    story.world.pass_time(minutes=30)
    assert adam.faces(adam.card("Info", "Live"), "live-info") == NOTHING_TO_DO
    assert adam.faces(adam.card("Biuro", "Live"), "live-biuro") == NOTHING_TO_DO
    carol.reads(carol.page.get_by_role("article").last, "works-again")
    vera.go(DESK)
    vera.reads(vera.page.get_by_role("article").last, "desk-over")
