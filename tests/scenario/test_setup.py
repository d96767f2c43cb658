"""Setting up a channel: what support says of a customer, where it is wrong, and that it is kept."""

from collections.abc import Iterator
from typing import Any

import pytest

from bot.common.people import Person
from storage.tables import Customer, OldAccount
from storage.vocabulary import Plan, State
from tests.support.slack import Window
from tests.support.world import ACME, BotWorld

TITLE = "Set up this channel"
CUSTOMER, DOMAIN, ZONE = "Customer", "Microsoft 365 domain", "Time zone"
HOURS, DAYS, OWNER = "Working hours", "Working days", "Who on our team looks after them"
WHO, WORKSPACES = "Who the customers are", "The customer's own Slack workspaces"
OTHERS = "People of other workspaces"
WEEK = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]
TOLD = {
    CUSTOMER: "Acme Marine",
    DOMAIN: "acme.example",
    ZONE: "Europe/Copenhagen",
    HOURS: "8:30 - 16:00",
    DAYS: ["Sunday", "Monday", "Tuesday"],
    OWNER: "U0VERA",
    WHO: OTHERS,
    WORKSPACES: ["T0ACME"],
}
INFO = "info@acme.example"
OLD, OLD_GONE = "The old account", "I have deleted the old account"


@pytest.fixture(autouse=True)
def answers_in_time(world: BotWorld) -> Iterator[None]:
    """Whatever is sent, the bot answers within Slack's three seconds and shows nothing that Slack
    would refuse."""
    yield
    assert world.practice.office.complaints == []


def form(world: BotWorld, channel: str = ACME) -> Window:
    """The form, as Vera of the support team opens it."""
    world.vera.slash(channel, "setup")
    return world.vera.window(TITLE)


def customer(world: BotWorld) -> Customer:
    """The customer of the channel, as it is kept."""
    with world.bot.store.transaction() as tx:
        ((_, found),) = tx.channels.all()
    return found


def bound(world: BotWorld) -> int:
    """How many channels are bound."""
    with world.bot.store.transaction() as tx:
        return len(tx.channels.all())


def shown(window: Window) -> dict[str, object]:
    """What stands in the fields of a form, by their labels, before anybody types."""
    return {label: _initial(block["element"]) for label, block in window.inputs.items()}


def _initial(element: dict[str, Any]) -> object:
    if element["type"] == "checkboxes":
        return [option["text"]["text"] for option in element.get("initial_options", [])]
    if element["type"] == "radio_buttons":
        return element["initial_option"]["text"]["text"]
    return element.get("initial_user") or element.get("initial_value", "")


USUAL = {
    "as everywhere": (
        {"TIMEZONE": "", "WORKING_HOURS": "", "WORKING_DAYS": ""},
        {ZONE: "UTC", HOURS: "09:00-17:00", DAYS: WEEK},
    ),
    "as the settings say": (
        {"TIMEZONE": "Asia/Tokyo", "WORKING_HOURS": "10:00-24:00", "WORKING_DAYS": "67"},
        {ZONE: "Asia/Tokyo", HOURS: "10:00-24:00", DAYS: ["Saturday", "Sunday"]},
    ),
}


@pytest.mark.parametrize("said", USUAL)
def test_the_form_begins_with_what_is_usual_and_with_who_opens_it(
    world: BotWorld, said: str
) -> None:
    settings, usual = USUAL[said]
    world.restart_bot(settings)
    there = {WHO: OTHERS, WORKSPACES: ["T0ACME"]}
    assert shown(form(world)) == usual | there | {CUSTOMER: "", DOMAIN: "", OWNER: "U0VERA"}
    assert bound(world) == 0, "looking changes nothing"


def test_everything_that_is_said_is_kept_and_shown_again(world: BotWorld) -> None:
    assert world.vera.submit(form(world), TOLD) == {}
    world.carol.find(ACME, "Connect your Microsoft 365 mailboxes")
    kept = customer(world)
    assert (kept.name, kept.time_zone, kept.working_hours) == (
        "Acme Marine",
        "Europe/Copenhagen",
        "8:30 - 16:00",
    )
    assert (kept.working_days, kept.owner_team, kept.owner_user) == ("127", "T0LUMEN", "U0VERA")
    tenant = world.practice.world.tenant_of(INFO)
    assert tenant is not None and kept.tenant_id == tenant.id

    again = form(world)
    tidy = {HOURS: "08:30-16:00", DAYS: ["Monday", "Tuesday", "Sunday"]}
    assert shown(again) | {DOMAIN: "acme.example"} == TOLD | tidy
    assert world.vera.submit(again, {HOURS: "07:00-24:00"}) == {}
    changed = customer(world)
    assert (changed.working_hours, changed.time_zone) == ("07:00-24:00", "Europe/Copenhagen")
    assert changed.tenant_id == tenant.id, "a domain that is not said again stays"


WRONG = {
    (CUSTOMER, "   "): "Please fill this in.",
    (CUSTOMER, "x" * 81): "At most 80 characters.",
    (DOMAIN, "acme"): "This does not look like a domain. It should look like example.com.",
    (DOMAIN, "nowhere.example"): "Microsoft 365 does not know an organisation with this domain.",
    (ZONE, "Copenhagen"): "This is not a time zone. Did you mean Europe/Copenhagen?",
    (ZONE, "europe/berlin"): "This is not a time zone. Did you mean Europe/Berlin?",
    (ZONE, "at home"): "This is not a time zone. It should look like Europe/Copenhagen.",
    (HOURS, "nine to five"): "Please enter the hours like 09:00-17:00.",
    (HOURS, "17:00-09:00"): "Please enter the hours like 09:00-17:00.",
    (HOURS, "09:00-25:00"): "Please enter the hours like 09:00-17:00.",
    (OWNER, "U0NILS"): "This person does not belong to the support team.",
    (OWNER, "U0CAROL"): "This person does not belong to the support team.",
}


def test_each_wrong_field_says_so_and_nothing_is_bound(world: BotWorld) -> None:
    window = form(world)
    for (label, value), sentence in WRONG.items():
        assert world.vera.submit(window, TOLD | {label: value}) == {label: sentence}
    assert world.vera.submit(window, TOLD | {DAYS: []}) == {DAYS: "Please choose at least one day."}
    several = {ZONE: "Copenhagen", HOURS: "9", OWNER: "U0NILS"}
    assert set(world.vera.submit(window, TOLD | several)) == set(several), (
        "all at once, not one after the other"
    )
    assert bound(world) == 0
    assert world.vera.submit(window, TOLD) == {}, "the form is still there to be mended"
    assert bound(world) == 1


def test_while_microsoft_does_not_answer_a_channel_is_set_up_without_a_domain(
    world: BotWorld,
) -> None:
    world.restart_bot({"MS_AUTHORITY": "https://127.0.0.1:1/organizations"})
    window = form(world)
    assert "Microsoft is not answering at the moment" in world.vera.submit(window, TOLD)[DOMAIN]
    assert world.vera.submit(window, TOLD | {DOMAIN: ""}) == {}
    assert customer(world).tenant_id == ""


def test_who_is_not_of_the_support_team_is_refused(world: BotWorld) -> None:
    for text in ("setup", "setup Acme Marine acme.example"):
        world.nils.slash(ACME, text)
        assert (
            "Only our support team can do this."
            in world.nils.find(ACME, "Only our support team").text
        )
    world.settle()
    assert world.nils.open_windows == 0 and bound(world) == 0


def test_a_channel_of_another_customer_is_refused_at_the_field(world: BotWorld) -> None:
    world.set_up()
    window = form(world)
    said = world.vera.submit(window, TOLD | {CUSTOMER: "Quayside Rigging", DOMAIN: ""})
    assert said == {
        CUSTOMER: "This channel already belongs to Acme Marine. A channel has only one customer."
    }
    assert customer(world).name == "Acme Marine"
    with world.bot.store.transaction() as tx:
        assert tx.channels.customer_named("Quayside Rigging") is None, "nothing is left behind"
    assert world.vera.submit(window, TOLD | {CUSTOMER: "ACME MARINE"}) == {}, (
        "the same customer, whatever its case"
    )


def test_an_organisation_that_is_known_is_not_exchanged_for_another(world: BotWorld) -> None:
    world.set_up()
    before = customer(world)
    said = world.vera.submit(form(world), TOLD | {DOMAIN: "quayside.example"})
    assert set(said) == {DOMAIN} and "another organisation" in said[DOMAIN]
    assert customer(world) == before


def test_the_command_still_sets_up_and_keeps_what_the_form_said(world: BotWorld) -> None:
    assert world.vera.submit(form(world), TOLD | {DOMAIN: ""}) == {}
    before = customer(world)
    world.vera.slash(ACME, "setup Acme Marine acme.example")
    world.vera.find(ACME, "This channel now belongs to *Acme Marine*")
    after = customer(world)
    assert before.tenant_id == "" and after.tenant_id != ""
    assert after.model_dump(exclude={"tenant_id"}) == before.model_dump(exclude={"tenant_id"})


def test_the_command_alone_leaves_everything_as_usual_and_makes_its_sender_the_owner(
    world: BotWorld,
) -> None:
    world.set_up()
    kept = customer(world)
    assert (kept.time_zone, kept.working_hours, kept.working_days) == ("", "", "")
    assert (kept.owner_team, kept.owner_user) == ("T0LUMEN", "U0VERA")
    assert shown(form(world))[ZONE] == "UTC"


# -- a new account of an address that is listed as an old one


def list_old(world: BotWorld) -> None:
    """Carol has listed the old account of `INFO`."""
    world.set_up()
    world.bot.services.legacy.import_text(ACME, f"Info;{INFO}", Person("T0ACME", "U0CAROL", ACME))


def old_account(world: BotWorld) -> OldAccount:
    """The old account of `INFO` as it stands."""
    with world.bot.store.transaction() as tx:
        found = tx.legacy.with_address(1, INFO)
    assert found is not None
    return found


def accounts(world: BotWorld) -> list[str]:
    """The names of the customer's accounts."""
    with world.bot.store.transaction() as tx:
        return [account.name for account in tx.accounts.of_customer(1)]


def asked(world: BotWorld) -> Window:
    """The form of the new account once it asks about the old one."""
    world.carol.press(
        world.carol.find(ACME, "Connect your Microsoft 365 mailboxes"), "Add an account"
    )
    window = world.carol.window("New Microsoft 365 account (Corporate)")
    assert OLD not in window.inputs
    values = {
        "Account name": "Front desk",
        "Sender name": "Acme Marine",
        "Sender email": INFO.upper(),
    }
    assert world.carol.submit(window, values) == {}
    return world.carol.window(
        "New Microsoft 365 account (Corporate)", "is on your list of old accounts"
    )


def test_an_old_account_of_the_address_is_asked_about_and_nothing_typed_is_lost(
    world: BotWorld,
) -> None:
    list_old(world)
    window = asked(world)
    assert f"*{INFO.upper()}* is on your list" in window.text and OLD_GONE in window.text
    there = shown(window)
    assert (there["Account name"], there["Sender email"], there[OLD]) == (
        "Front desk",
        INFO.upper(),
        [],
    )

    said = world.carol.submit(window, {})
    assert set(said) == {OLD} and "Please delete the old account first" in said[OLD]
    assert accounts(world) == [] and old_account(world).deleted_at is None


def test_when_the_old_account_is_deleted_the_new_one_takes_its_place(world: BotWorld) -> None:
    list_old(world)
    assert world.carol.submit(asked(world), {OLD: [OLD_GONE]}) == {}
    world.card("Front desk", "Waiting for the sign-in")
    old = old_account(world)
    assert old.deleted_at is not None and old.account_id == world.account("Front desk").id
    assert world.account("Front desk").state is State.AWAITING_SIGN_IN

    world.carol.press(world.carol.find(ACME, "all 1 replaced or kept"), "Your old accounts")
    assert (
        "Waiting for the sign-in · The old one is deleted"
        in world.carol.window("*New accounts:* 1 of 1").text
    )


def test_an_old_account_that_is_retained_is_asked_about_too(world: BotWorld) -> None:
    list_old(world)
    world.bot.services.legacy.plan(
        old_account(world).id, Plan.RETAIN, Person("T0ACME", "U0CAROL", ACME)
    )
    assert set(world.carol.submit(asked(world), {})) == {OLD}


def test_another_address_in_the_form_that_asks_needs_no_word(world: BotWorld) -> None:
    list_old(world)
    assert world.carol.submit(asked(world), {"Sender email": "biuro@acme.example"}) == {}
    world.card("Front desk", "biuro@acme.example")
    assert old_account(world).account_id is None


def test_an_old_account_that_was_marked_deleted_before_is_not_asked_about(world: BotWorld) -> None:
    list_old(world)
    world.bot.services.legacy.mark(old_account(world).id, True, Person("T0ACME", "U0CAROL", ACME))
    marked = old_account(world).deleted_at
    world.add(INFO, "Info")
    old = old_account(world)
    assert (old.deleted_at, old.account_id) == (marked, world.account("Info").id)


@pytest.mark.parametrize("typed", ["setup", "setup Borealis", "setup Borealis borealis.example"])
def test_a_channel_that_the_bot_is_not_in_is_said_to_be_so_and_left_alone(
    world: BotWorld, typed: str
) -> None:
    world.practice.office.add_channel("C0BORE", "borealis-lumen", {"U0VERA"}, with_bot=False)
    world.vera.slash("C0BORE", typed)
    assert "/invite @maildesk" in world.vera.find("C0BORE", "I am not in this channel").text
    assert bound(world) == 0
