"""Over the wire: nobody turns another person's permission to a mailbox that this person never
agreed to."""

import pytest

from tests.support.browser import Browser, Page
from tests.support.slack import Message, SlackPerson
from tests.support.world import ACME, BotWorld

pytestmark = pytest.mark.attacks

INFO, BIURO = "info@acme.example", "biuro@acme.example"
REDIRECTED = {"Shared mailbox": BIURO, "Username": INFO, "Sender email": BIURO}


@pytest.fixture
def connected(world: BotWorld) -> BotWorld:
    """Info is connected by its own person."""
    world.set_up()
    world.connect(INFO, "Info")
    return world


def redirect(world: BotWorld, who: SlackPerson) -> dict[str, str]:
    """Somebody enters another mailbox in Info's form; the errors at its fields."""
    who.press(world.card("Info"), "More")
    who.press(who.window("Info"), "Change details")
    errors = who.submit(who.window("Change the details"), REDIRECTED)
    world.settle()
    return errors


def sign_in(card: Message, upn: str) -> Page:
    """Follow the link of a change and sign in as `upn`."""
    browser = Browser()
    page = browser.press(browser.open(card.url("Sign in to Microsoft")), "Continue to Microsoft")
    page = browser.press(page, upn)
    return browser.press(page, "Accept") if "Permissions requested" in page.text else page


def opened(world: BotWorld) -> str:
    """What a test of Info says that it opens and sends as."""
    world.carol.press(world.card("Info"), "Test again")
    world.settle()
    with world.bot.store.transaction() as tx:
        (test,) = tx.checks.newest(world.account("Info").id, 1)
    return next(str(step["evidence"]) for step in test.steps if step["step"] == "identity")


def test_a_guest_is_refused_at_the_fields(connected: BotWorld) -> None:
    office = connected.practice.office
    office.add_member("U0GWEN", "Gwen", "T0ACME", "Guest")
    office.members["U0GWEN"].is_guest = True
    office.channels[ACME].members.add("U0GWEN")

    errors = redirect(connected, connected.person("U0GWEN"))

    assert errors.keys() == {"Shared mailbox", "Sender email"}
    assert all("full member of your workspace" in error for error in errors.values())
    assert connected.account("Info").shared_mailbox == ""


def test_a_colleagues_change_waits_for_the_owner_who_reads_it_first(connected: BotWorld) -> None:
    assert redirect(connected, connected.carol) == {}

    card = connected.card(
        "Info", "New addresses are waiting", f"Shared mailbox: (none) → *{BIURO}*"
    )
    assert opened(connected) == f"signed in as {INFO}"
    page = Browser().open(card.url("Sign in to Microsoft"))
    assert "New addresses for Info" in page.text and BIURO in page.text
    assert f"Only the account {INFO} can use this link" in page.text


def test_the_other_mailboxs_person_cannot_agree(connected: BotWorld) -> None:
    redirect(connected, connected.carol)

    page = sign_in(connected.card("Info", "New addresses are waiting"), BIURO)

    assert page.status == 403
    assert opened(connected) == f"signed in as {INFO}"
    assert connected.account("Info").shared_mailbox == ""


def test_what_the_owner_agreed_to_is_used(connected: BotWorld) -> None:
    redirect(connected, connected.carol)

    assert "Signed in as" in sign_in(connected.card("Info", "New addresses are waiting"), INFO).text
    connected.settle()

    assert connected.account("Info").shared_mailbox == BIURO
    connected.carol.find(ACME, f"{INFO}* confirmed the new addresses")


def test_it_is_left_as_it_is(connected: BotWorld) -> None:
    redirect(connected, connected.carol)
    card = connected.card("Info", "New addresses are waiting")
    link = card.url("Sign in to Microsoft")

    connected.carol.press(card, "Leave it as it is")
    connected.settle()

    assert "New addresses are waiting" not in connected.card("Info").text
    assert "withdrawn" in Browser().open(link).text
