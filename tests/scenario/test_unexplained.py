"""A number that nobody knows, over the wire: on-call reads of it in the list, notes its cause, and
everybody who meets it reads the words."""

import tomllib

import pytest
import requests
from typer.testing import CliRunner

from bot.app.cli import cli
from sandbox.world import Scenario
from tests.support.slack import Message, Window
from tests.support.world import ACME, ALERTS, BotWorld

NUMBER = 9000017
POINT = {
    "error": "policy_of_tomorrow",
    "description": f"AADSTS{NUMBER}: User 'info@acme.example' of 'Acme Marine' may not yet.",
}
"""What Microsoft's sign-in answers that no row knows, with names in it."""

SENTENCE = "Your administrator has to open Microsoft's new page <once> & save it."
NEW = {
    "Title": "A new page waits for the administrator",
    "What customers read": SENTENCE,
    "What support reads": "Seen since November 2026: the new page of policies was never saved.",
    "Whose turn": "the customer's administrator",
    "Does trying again help?": "Only after somebody has fixed it",
    "What to do": "Open the page and save it.",
}


def meet(world: BotWorld, address: str, name: str) -> None:
    """Somebody signs in, and Microsoft says what nobody knows."""
    world.sign_in(world.add(address, name), address)
    world.settle()


@pytest.fixture
def listed(world: BotWorld) -> Message:
    """The list as it stands in the alert channel."""
    new = Scenario("new-number", "A new number", "", "tenant", "authorize", POINT)
    world.practice.world.scenarios["new-number"] = new
    world.set_up()
    world.throw("new-number", "acme.example")
    meet(world, "info@acme.example", "Info")
    world.begin_a_day()
    return world.omar.find(ALERTS, "Replies without an explanation", f"AADSTS{NUMBER}")


def form(world: BotWorld, listed: Message, button: str) -> Window:
    """On-call opens the window of the reply."""
    world.omar.press(listed, button)
    return world.omar.window("Note the cause")


def test_a_cause_is_noted_read_by_the_next_changed_and_taken_back(
    world: BotWorld, listed: Message
) -> None:
    assert "User '[address]' of '[name]' may not yet" in listed.text
    assert "acme" not in listed.text.lower()
    assert "MX-" in listed.text

    window = form(world, listed, "Note the cause")
    assert any("smtp-auth-off-tenant" in text for text in window.options("Known cause").values())
    assert set(world.omar.submit(window, NEW | {"Whose turn": ""}).values()) == {
        "Please choose one."
    }
    assert world.omar.submit(window, NEW) == {}
    world.settle()

    told = world.omar.find(ALERTS, "noted by <@U0OMAR>")
    meet(world, "biuro@acme.example", "Biuro")
    shown = world.carol.find(
        ACME, "page &lt;once&gt; &amp; save it", "The sign-in did not go through"
    )
    assert "your Microsoft 365 administrator" in shown.text
    page = requests.get(f"{world.url}/errors/a-new-page-waits-for-the-administrator", timeout=60)
    assert page.status_code == 200
    assert "&lt;once&gt; &amp; save it" in page.text

    exported = CliRunner().invoke(cli, ["export", "causes"], env=world.environment)
    (row,) = tomllib.loads(exported.stdout)["row"]
    assert (row["customer"], row["match"]) == (SENTENCE, [{"codes": [NUMBER]}])
    assert "acme" not in exported.stdout.lower()

    world.omar.press(form(world, told, "Change the cause"), "Take it back")
    world.settle()
    world.omar.find(ALERTS, f"AADSTS{NUMBER}", "Error IDs")
    assert requests.get(page.url, timeout=60).status_code == 404
