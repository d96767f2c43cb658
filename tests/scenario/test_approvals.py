"""An administrator accepts on Microsoft's page and closes the tab: Slack hears of it all the same."""

from tests.support.browser import Browser
from tests.support.slack import Message
from tests.support.world import ACME, BotWorld

ADDRESSES = {"Info": "info@acme.example", "Biuro": "biuro@acme.example"}


def refused(world: BotWorld, name: str) -> Message:
    """Somebody signs in, and needs an administrator's approval first; the card."""
    browser = Browser()
    page = world.sign_in(world.add(ADDRESSES[name], name), ADDRESSES[name], browser)
    browser.press(page, "Return to the application")
    return world.card(name, "Waiting for the administrator")


def accept(card: Message) -> None:
    """The administrator accepts. What Microsoft then sends them back to is never opened."""
    browser = Browser()
    page = browser.open(card.url("Approval page for the administrator"))
    page = browser.press(page, "adam@acme.example")
    form = page.forms[0]
    accepted = {"decision": "accept"} | form.hidden
    browser.post(page.url.partition("/admin")[0] + "/admin/decide", accepted)


def test_an_approval_is_found_out_and_everybody_who_waited_signs_in(world: BotWorld) -> None:
    world.set_up()
    world.throw("admin-approval-needed", "acme.example")
    cards = [refused(world, name) for name in ADDRESSES]
    world.settle()

    accept(cards[0])
    world.pass_time(minutes=3)

    told = world.carol.find(ACME, "An administrator has approved Maildesk", "2 mailboxes can")
    assert "<@U0CAROL>" in told.text and told.buttons[0] == "Show all accounts"
    for name, address in ADDRESSES.items():
        card = world.card(name, "An administrator has approved Maildesk")
        assert "Signed in as" in world.sign_in(card, address).text
        world.card(name, "folders not mapped yet")
    world.carol.find(ACME, "has approved Maildesk", "2 mailboxes have signed in")


def test_what_was_approved_before_is_left_to_the_administrators_word(world: BotWorld) -> None:
    world.set_up()
    world.connect("carol@acme.example", "Carol")
    world.throw("admin-approval-needed", "acme.example")
    card = refused(world, "Info")
    world.settle()

    accept(card)
    world.pass_time(hours=2)
    world.card("Info", "Waiting for the administrator")
    world.sign_in(world.card("Info"), ADDRESSES["Info"])
    world.card("Info", "folders not mapped yet")
