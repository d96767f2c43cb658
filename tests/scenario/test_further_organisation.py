"""A customer with two organisations at Microsoft: said in the form, allowed by support, and what
nobody else may do about it."""

import pytest

from sandbox.world import Scenario
from storage.vocabulary import TenantStatus
from tests.support.forged import forged_press
from tests.support.slack import Message
from tests.support.world import ACME, DESK, BotWorld

NORA = "nora@borealis.example"
EMAIL = "Sender email"
VALUES = {"Account name": "Nora", "Sender name": "Acme Marine", EMAIL: NORA}


def tenant_id(world: BotWorld, domain: str) -> str:
    found = world.practice.world.tenant_of(f"@{domain}")
    assert found is not None
    return found.id


def errors(world: BotWorld, values: dict[str, str] = VALUES) -> dict[str, str]:
    """What Carol reads at the fields of the form for a new account; empty where it is taken."""
    card = world.carol.find(ACME, "Connect your Microsoft 365 mailboxes")
    world.carol.press(card, "Add an account")
    form = world.carol.window("New Microsoft 365 account (Corporate)")
    return world.carol.submit(form, values)


def allowed(world: BotWorld) -> list[str]:
    """The organisations beside the first that are the customer's."""
    with world.bot.store.transaction() as tx:
        further = tx.channels.lock_further(1)
        found = further is not None and further.status is TenantStatus.ALLOWED
        return [further.tenant_id] if further is not None and found else []


@pytest.fixture
def asked(world: BotWorld) -> Message:
    """Carol wanted to add a mailbox of another organisation; what support reads."""
    world.set_up()
    said = errors(world)[EMAIL]
    assert "borealis.example belongs to another organisation than Acme Marine" in said
    assert "asked our support team" in said
    return world.vera.find(DESK, "wants to connect a mailbox of *borealis.example*")


def test_support_sees_both_and_the_second_organisation_works_to_the_end(
    world: BotWorld, asked: Message
) -> None:
    assert tenant_id(world, "borealis.example") in asked.text
    assert tenant_id(world, "acme.example") in asked.text
    world.vera.press(asked, "Allow this organisation too")
    world.carol.find(ACME, "also allows mailboxes of *borealis.example* here")

    assert errors(world) == {}
    page = world.sign_in(world.card("Nora"), NORA)
    assert "now testing the mailbox" in page.text
    world.map_folders(world.card("Nora", "folders not mapped yet"))
    world.card("Nora", "Live")
    assert world.account("Nora").tenant_id == tenant_id(world, "borealis.example")
    assert world.connect("info@acme.example", "Info")


def test_what_is_taken_back_is_said_in_the_form_again(world: BotWorld, asked: Message) -> None:
    world.vera.press(asked, "Allow this organisation too")
    world.vera.press(world.vera.find(DESK, "*Allowed* by"), "Stop allowing it")
    world.until(lambda: allowed(world) == [])
    assert "another organisation" in errors(world)[EMAIL]


@pytest.mark.attacks
def test_a_customer_allows_no_second_organisation(world: BotWorld, asked: Message) -> None:
    for team, user in (("T0ACME", "U0CAROL"), ("T0LUMEN", "U0NILS"), ("T0ACME", "U0VERA")):
        for channel in (ACME, DESK):
            for value in ("1", tenant_id(world, "borealis.example")):
                forged_press(world, team, user, channel, "organisation.allow_too", value)
    world.carol.window("Only our support team can do this")
    assert allowed(world) == []
    assert EMAIL in errors(world)


@pytest.mark.attacks
@pytest.mark.parametrize("value", ["", "0", "2", "-1", "1 or 1=1", "9" * 18, "9" * 30, "١"])
def test_a_question_that_nobody_asked_is_allowed_by_nobody(
    world: BotWorld, asked: Message, value: str
) -> None:
    forged_press(world, "T0LUMEN", "U0VERA", DESK, "organisation.allow_too", value)
    world.vera.window("This has already been answered")
    assert allowed(world) == []


@pytest.mark.parametrize("seconds", [0, 6], ids=["busy", "silent"])
def test_while_microsoft_does_not_say_whose_a_domain_is_the_form_is_taken_in_time(
    world: BotWorld, seconds: int
) -> None:
    world.set_up()
    world.practice.office.patience = 3  # Slack's own seconds
    reply = {"error": "temporarily_unavailable", "status": 503, "seconds": seconds}
    scenario = Scenario("unnamed", "", "", "tenant", "discovery", reply)
    world.practice.world.scenarios["unnamed"] = scenario
    world.throw("unnamed", "borealis.example")

    assert errors(world) == {}
    assert world.carol.notices() == [], "Slack says nothing of an app that does not answer"
    assert world.card("Nora", "Sign in to Microsoft")
    page = world.sign_in(world.card("Nora"), NORA)
    assert page.status == 403 and "another organisation" in page.text
