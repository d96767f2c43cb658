"""What people type in Slack, from the keyboard to every place where it is read again."""

import pytest

from tests.support.browser import Browser
from tests.support.world import ACME, BotWorld

pytestmark = pytest.mark.field


def test_a_customer_is_called_as_support_typed_it(world: BotWorld) -> None:
    world.vera.slash(ACME, "setup Borealis & Söhne acme.example")
    world.settle()
    card = world.add("info@acme.example", "Info")
    page = Browser().open(card.url("Sign in to Microsoft"))
    assert "Borealis &amp; Söhne" in page.html
    world.vera.home()
    home = world.vera.home_tab("Borealis &amp; Söhne")
    seen = [home.text, page.html, *(each.text for each in world.carol.messages(ACME))]
    assert not [text for text in seen if "&amp;amp;" in text or "&amp;lt;" in text]


def test_slack_makes_links_of_what_is_typed_and_they_are_read_as_typed(world: BotWorld) -> None:
    world.set_up()
    channel_card = world.carol.find(ACME, "Connect your Microsoft 365 mailboxes")
    world.carol.press(channel_card, "Add an account")
    form = world.carol.window("New Microsoft 365 account (Corporate)")
    values = {"Account name": "Smith & Sons", "Sender name": "Acme"}
    assert world.carol.submit(form, values | {"Sender email": "info@acme.example"}) == {}
    sent = world.vera.say(ACME, "@Maildesk status info@acme.example")
    there = next(each for each in world.vera.messages(ACME) if each.ts == sent["ts"])
    assert "<mailto:info@acme.example|info@acme.example>" in there.text
    world.settle()
    for typed in ("info@acme.example", "Smith & Sons", "“smith & sons”", "*Smith & Sons*"):
        world.vera.slash(ACME, f"status {typed}")
        world.vera.say(ACME, f"@Maildesk status {typed}")
    world.settle()
    answers = [each for each in world.vera.messages(ACME) if each.data["ephemeral"]]
    assert len([each for each in answers if "Waiting for the sign-in" in each.text]) == 9
