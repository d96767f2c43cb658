"""What somebody must not achieve who wants a customer bound to an organisation that is not theirs:
with an organisation of the attacker's own, whose name reads like the customer's."""

import pytest

from sandbox.world import Person, Tenant
from tests.support.browser import Browser
from tests.support.forged import forged_press
from tests.support.slack import Message
from tests.support.world import ACME, DESK, BotWorld

pytestmark = pytest.mark.attacks

INFO, BIURO = "info@acme.example", "biuro@acme.example"
LOOKALIKE = "acme-marine.example"
EVE = f"info@{LOOKALIKE}"
DOUBTFUL = "Is this the organisation of Acme Marine?"


def tenant_id(world: BotWorld, domain: str) -> str:
    found = world.practice.world.tenant_of(f"@{domain}")
    assert found is not None
    return found.id


def bound_to(world: BotWorld) -> str:
    """The organisation that the customer is bound to."""
    with world.bot.store.transaction() as tx:
        ((_, customer),) = tx.channels.all()
        return customer.tenant_id


def connected(world: BotWorld, name: str) -> bool:
    account_id = world.account(name).id
    with world.bot.store.transaction() as tx:
        return tx.grants.get(account_id) is not None


@pytest.fixture
def first(world: BotWorld) -> Message:
    """Nobody has said whose organisation it is. Somebody in the channel added Acme's mailbox with a
    username of an organisation of their own, approved us there, and was the first to sign in; the
    card."""
    world.set_up(domain="")
    twin = Tenant("Acme Marine", LOOKALIKE)
    world.practice.world.add(twin)
    world.practice.world.add(Person(EVE, "Acme Info", twin.id, is_admin=True))
    world.carol.press(
        world.carol.find(ACME, "Connect your Microsoft 365 mailboxes"), "Add an account"
    )
    form = world.carol.window("New Microsoft 365 account (Corporate)")
    values = {"Account name": "Info", "Sender name": "Acme", "Sender email": INFO, "Username": EVE}
    assert world.carol.submit(form, values) == {}
    page = world.sign_in(world.card("Info"), EVE)
    assert "our support team to check it first" in page.text
    return world.card("Info", "We have asked our support team")


def test_the_first_to_sign_in_with_a_lookalike_pins_nothing(
    world: BotWorld, first: Message
) -> None:
    assert first.buttons == ["No, it is not", "More"]
    ref = world.account("Info").ref
    for value in (
        ref,
        f"{ref}:{tenant_id(world, LOOKALIKE)}",
        f"{ref}:{tenant_id(world, 'acme.example')}",
    ):
        forged_press(world, "T0ACME", "U0CAROL", ACME, "organisation.confirm", value)
        world.carol.window("only our support team can confirm it")
    assert bound_to(world) == "" and not connected(world, "Info")


def test_a_customer_who_presses_in_supports_channel_confirms_nothing(
    world: BotWorld, first: Message
) -> None:
    seen = f"{world.account('Info').ref}:{tenant_id(world, LOOKALIKE)}"
    forged_press(world, "T0ACME", "U0CAROL", DESK, "organisation.confirm", seen)
    world.carol.window("only our support team can confirm it")
    # The user ID of somebody of support, in another workspace
    forged_press(world, "T0ACME", "U0VERA", DESK, "organisation.confirm", seen)
    assert bound_to(world) == ""


def test_support_sees_both_organisations_and_refuses_and_the_true_owner_needs_one_press(
    world: BotWorld, first: Message
) -> None:
    asked = world.vera.find(DESK, DOUBTFUL)
    assert (
        tenant_id(world, LOOKALIKE) in asked.text and tenant_id(world, "acme.example") in asked.text
    )
    assert EVE in asked.text and "acme.example" in asked.text
    world.vera.press(asked, "Refuse this organisation")
    world.vera.find(DESK, "has been settled")
    assert not connected(world, "Info")

    page = world.sign_in(world.add(BIURO, "Biuro"), BIURO)
    assert "Yes, it is ours" in page.text
    world.carol.press(world.card("Biuro", "is *acme.example* Acme Marine's own"), "Yes, it is ours")
    world.card("Biuro", "folders not mapped yet")
    assert bound_to(world) == tenant_id(world, "acme.example")


def test_support_that_knows_better_confirms_it_on_what_it_was_shown(
    world: BotWorld, first: Message
) -> None:
    asked = world.vera.find(DESK, DOUBTFUL)
    forged_press(
        world, "T0LUMEN", "U0VERA", ACME, "organisation.confirm", world.account("Info").ref
    )
    world.vera.window("A newer sign-in is waiting now")
    assert bound_to(world) == ""

    world.vera.press(asked, "Confirm this organisation")
    world.vera.find(DESK, "has been settled")
    assert bound_to(world) == tenant_id(world, LOOKALIKE)


def test_support_answers_in_the_accounts_window_too_and_a_customer_does_not(
    world: BotWorld, first: Message
) -> None:
    world.carol.press(first, "More")
    assert "Confirm this organisation" not in str(world.carol.window("Info", "Acme").view)
    world.vera.press(first, "More")
    world.vera.press(world.vera.window("Info"), "Confirm this organisation")
    world.until(lambda: bound_to(world) == tenant_id(world, LOOKALIKE))


def test_where_microsoft_says_nothing_of_the_domain_support_is_asked(world: BotWorld) -> None:
    world.set_up(domain="")
    tenant = world.practice.world.tenant_of(INFO)
    assert tenant is not None
    card = world.add(INFO, "Info")
    browser = Browser()
    page = browser.press(browser.open(card.url("Sign in to Microsoft")), "Continue to Microsoft")
    tenant.domain = "moved.example"  # Microsoft knows the domain no more
    page = browser.press(page, INFO)
    page = browser.press(page, "Accept") if "Permissions requested" in page.text else page
    assert "our support team to check it first" in page.text
    world.vera.find(DESK, DOUBTFUL, "none, or no answer")
