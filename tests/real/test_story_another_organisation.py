"""An address of another organisation: the form says so and support is asked. Whatever they answer, the
customer is told, and goes on from there to a live mailbox."""

import pytest

from tests.support.sight import NOTHING_TO_DO
from tests.support.story import CAROL, VERA, Story
from tests.support.world import DESK

pytestmark = pytest.mark.browser

NORA, BOREALIS = "nora@borealis.example", "borealis.example"
ALLOW, REFUSE, ADD = "Allow this organisation too", "Refuse this organisation", "Add an account"


def test_an_address_of_another_organisation(story: Story) -> None:
    carol = story.enter(CAROL)
    vera = story.enter(VERA, DESK)
    carol.add("Nora", NORA)
    assert carol.faces(carol.window, "form-refused", BOREALIS) == "Save"
    carol.close_windows()

    asked = vera.message(BOREALIS)
    assert vera.faces(asked, "asked", "Acme Marine") == ALLOW
    vera.press(asked, REFUSE)
    vera.reads(asked, "refused", "@Vera Lind")
    assert carol.faces(carol.message("@Carol Reyes", BOREALIS), "told-it-is-not") == ADD

    vera.press(asked, ALLOW)
    vera.reads(asked, "allowed", "@Vera Lind")
    told = carol.message("@Carol Reyes", BOREALIS)
    assert carol.faces(told, "told-it-is-allowed") == ADD
    carol.fill_in(told, "Nora", NORA)
    carol.sign_in("Nora", NORA)
    carol.accept_folders("Nora")
    assert carol.faces(carol.card("Nora", "Live"), "live") == NOTHING_TO_DO
