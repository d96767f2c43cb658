"""An address of another organisation: the form says so, support is asked and allows it, and the
customer is told that it can be saved now."""

import pytest

from tests.support.sight import NOTHING_TO_DO
from tests.support.story import CAROL, VERA, Story
from tests.support.world import DESK

pytestmark = pytest.mark.browser

NORA = "nora@borealis.example"


def test_an_address_of_another_organisation(story: Story) -> None:
    carol = story.enter(CAROL)
    vera = story.enter(VERA, DESK)
    carol.add("Nora", NORA)
    assert carol.faces(carol.window, "form-refused", "borealis.example") == "Save"
    carol.close_windows()

    asked = vera.message("borealis.example")
    assert vera.faces(asked, "asked", "Acme Marine") == "Allow this organisation too"
    vera.press(asked, "Allow this organisation too")
    vera.reads(vera.message("borealis.example", "Do not allow it any more"), "allowed")

    carol.faces(carol.message("borealis.example"), "told-it-is-allowed")
    carol.add("Nora", NORA)
    carol.sign_in("Nora", NORA)
    carol.accept_folders("Nora")
    assert carol.faces(carol.card("Nora", "Live"), "live") == NOTHING_TO_DO
