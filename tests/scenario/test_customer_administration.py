"""Support manages a customer over the wire: name, organisation, channels and end; and nobody else
does, whatever they send."""

import json
import time
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from slack_sdk.signature import SignatureVerifier

from bot.common.people import Person
from storage.tables import Customer
from tests.support.slack import Window
from tests.support.target import ALWAYS
from tests.support.world import ACME, DESK, BotWorld

INFO = "info@acme.example"
TITLE = "Manage customer"
NOBODY_OF_OURS = {
    "customer": Person("T0ACME", "U0CAROL"),
    "guest": Person("T0LUMEN", "U0GWEN"),
    "colleague": Person("T0LUMEN", "U0NILS"),
    "stranger": Person("T0ELSE", "U0SAM"),
    "vera's ID in another workspace": Person("T0ACME", "U0VERA"),
}


def managed(world: BotWorld, text: str = "", *wanted: str) -> Window:
    """The customer's window, as Vera of the support team opens it in the channel."""
    world.vera.slash(ACME, f"customer {text}".strip())
    return world.vera.window(TITLE, *(wanted or ("Acme Marine",)))


def customer(world: BotWorld, name: str = "Acme Marine") -> Customer | None:
    """The customer of that name, as it is kept."""
    with world.bot.store.transaction() as tx:
        return tx.channels.customer_named(name)


def whose(world: BotWorld) -> str:
    """Whose the channel is."""
    found = world.bot.services.customers.of_channel(ACME)
    return found.name if found else ""


def audited(world: BotWorld, action: str) -> list[dict[str, Any]]:
    """What the audit keeps of an action."""
    with world.bot.store.transaction() as tx:
        entries = tx.audit.since(*ALWAYS, 0, 100_000)
    return [entry.detail for entry in entries if entry.action == action]


def grants(world: BotWorld, *names: str) -> int:
    """How many of the accounts with these IDs have a permission."""
    with world.bot.store.transaction() as tx:
        found = [tx.accounts.by_ref(name) for name in names]
        return len([each for each in found if each and tx.grants.get(each.id)])


def connected(world: BotWorld) -> str:
    """A customer with one account that is connected; its ID."""
    world.set_up()
    world.connect(INFO)
    world.settle()
    return world.account("Office").ref


# -- support walks each way


def test_support_reads_how_a_customer_stands_and_renames_it(world: BotWorld) -> None:
    connected(world)
    window = managed(world)
    assert "acme.example" in window.text
    assert "Connected, folders not mapped yet: 1" in window.text
    world.vera.press(window, "Rename")

    form = world.vera.window("Rename")
    assert world.vera.submit(form, {"New name": "acme marine "}) == {}
    world.vera.window("Renamed", "acme marine")
    world.vera.press(managed(world, "", "acme marine"), "Rename")
    form = world.vera.window("Rename")
    assert world.vera.submit(form, {"New name": "  "}) == {"New name": "Please fill this in."}
    assert world.vera.submit(form, {"New name": "Acme & <Sons>"}) == {}
    world.vera.window("Renamed")
    world.settle()
    card = world.carol.find(ACME, "Connect your Microsoft 365 mailboxes")
    assert "Acme &amp; &lt;Sons&gt;" in card.text
    assert audited(world, "customer.renamed")[-1]["after"] == "Acme & <Sons>"
    assert world.practice.office.complaints == []


def test_support_changes_the_organisation_after_a_preview(world: BotWorld) -> None:
    ref = connected(world)
    world.vera.press(managed(world), "Change organisation")
    form = world.vera.window("Change organisation")
    field = "Microsoft 365 domain"
    said = world.vera.submit(form, {field: "nowhere.example"})
    assert said == {field: "Microsoft 365 does not know an organisation with this domain."}
    said = world.vera.submit(form, {field: "acme.example"})
    assert said == {field: "This is already the customer's organisation."}

    assert world.vera.submit(form, {field: "quayside.example"}) == {}
    preview = world.vera.window("Change organisation", ref, "another organisation: *1*")
    assert grants(world, ref) == 1, "looking changes nothing"
    assert world.vera.submit(preview, {}) == {}
    world.vera.window("Organisation changed", "Disconnected: 1")
    world.settle()
    assert grants(world, ref) == 0
    world.card("Office", "Disconnected")
    world.carol.find(ACME, "organisation of *quayside.example*")
    world.vera.find(DESK, "bound *Acme Marine* to the organisation of *quayside.example*")
    (kept,) = audited(world, "customer.organisation_changed")
    assert kept["before"] != kept["after"]
    assert world.practice.office.complaints == []


def test_support_binds_the_channel_to_another_customer_after_a_preview(world: BotWorld) -> None:
    ref = connected(world)
    world.vera.press(managed(world), "Bind to another customer")
    form = world.vera.window("Bind to another customer")
    said = world.vera.submit(form, {"Customer": "ACME MARINE"})
    assert said == {"Customer": "The channel is already bound to this customer."}

    assert world.vera.submit(form, {"Customer": "Quayside Rigging"}) == {}
    preview = world.vera.window("Bind to another customer", ref, "we will create one")
    assert whose(world) == "Acme Marine"
    assert world.vera.submit(preview, {}) == {}
    world.vera.window("Channel bound", "Quayside Rigging")
    world.settle()
    assert (whose(world), grants(world, ref)) == ("Quayside Rigging", 0)
    world.carol.find(ACME, "now set up for another customer")
    there = "\n".join(message.text for message in world.carol.messages(ACME))
    assert "Acme Marine" not in there.replace("acme-marine", "")
    assert ref not in there
    world.vera.find(DESK, "It was bound to *Acme Marine* before")
    assert world.practice.office.complaints == []


def test_support_unbinds_a_channel_once_no_account_is_in_use(world: BotWorld) -> None:
    ref = connected(world)
    world.vera.press(managed(world), "Unbind this channel")
    refused = world.vera.window("Unbind this channel", ref, "stays bound")
    assert "submit" not in refused.view
    account_id = world.account("Office").id
    world.bot.services.accounts.disconnect(account_id, Person("T0LUMEN", "U0VERA", DESK))

    world.vera.press(managed(world), "Unbind this channel")
    form = world.vera.window("Unbind this channel", "will not belong to any customer")
    assert world.vera.submit(form, {}) == {}
    world.vera.window("Channel unbound")
    world.settle()
    assert whose(world) == ""
    world.carol.find(ACME, "no longer set up for Maildesk")
    assert len(audited(world, "channel.unbound")) == 1
    assert world.practice.office.complaints == []


def test_support_offboards_a_customer_and_takes_it_back(world: BotWorld) -> None:
    ref = connected(world)
    world.vera.press(managed(world), "Offboard")
    form = world.vera.window("Offboard", ref)
    said = world.vera.submit(form, {"Type the customer's name": "Quayside"})
    assert said == {"Type the customer's name": "Please type the customer's name: Acme Marine"}
    assert grants(world, ref) == 1

    assert world.vera.submit(form, {"Type the customer's name": "acme marine"}) == {}
    world.vera.window("Customer offboarded", "Disconnected: 1")
    world.settle()
    assert grants(world, ref) == 0
    farewell = world.carol.find(ACME, "no longer looks after the mailboxes of Acme Marine")
    assert "Entra admin center" in farewell.text
    assert "myapps.microsoft.com" in farewell.text
    assert [message.ts for message in world.carol.messages(ACME)][-1] == farewell.ts
    world.vera.find(DESK, "offboarded *Acme Marine*")
    assert "Offboard" not in [
        element["text"]["text"] for _, element in managed(world, "", "was offboarded").elements
    ]
    world.vera.slash(ACME, "add")
    world.vera.find(ACME, "This customer was offboarded")

    world.set_up()
    world.card("Office", "Disconnected")
    found = customer(world)
    assert found is not None
    assert found.ended_at is None
    assert world.practice.office.complaints == []


def test_after_thirty_days_nothing_is_left_of_an_offboarded_customer(world: BotWorld) -> None:
    connected(world)
    world.vera.press(managed(world), "Offboard")
    form = world.vera.window("Offboard")
    assert world.vera.submit(form, {"Type the customer's name": "Acme Marine"}) == {}
    world.settle()

    world.pass_time(days=31)

    assert customer(world) is None
    assert whose(world) == ""
    world.vera.find(DESK, "has been erased (no. ")


def test_support_chooses_a_customer_where_no_channel_says_which(world: BotWorld) -> None:
    world.set_up()
    world.vera.slash(DESK, "customer")
    choice = world.vera.window(TITLE, "Customer")
    assert world.vera.submit(choice, {"Customer": "Acme Marine"}) == {}
    world.vera.window(TITLE, "Acme Marine")
    world.vera.slash(DESK, "customer acme marine")
    world.vera.window(TITLE, "Acme Marine")
    world.vera.slash(DESK, "customer Nobody & Sons")
    world.vera.find(DESK, "There is no customer called Nobody &amp; Sons")
    world.vera.home()
    world.vera.press(world.vera.home_tab("Maildesk"), "Manage customer")
    world.vera.window(TITLE, "Customer")
    world.vera.slash(ACME, "setup")
    world.vera.press(world.vera.window("Set up this channel"), "Manage customer")
    world.vera.window(TITLE, "Acme Marine")
    assert world.practice.office.complaints == []


# -- and nobody else


BUTTONS = ("manage", "rename", "organisation", "rebind", "unbind", "offboard")
FORMS: dict[str, tuple[str, dict[str, str]]] = {
    "choose": ("", {"customer": "1"}),
    "rename_save": ("1", {"name": "Forged"}),
    "organisation_check": ("1", {"domain": "quayside.example"}),
    "organisation_save": ("1|quayside.example", {}),
    "rebind_check": (ACME, {"customer": "Forged"}),
    "rebind_save": (f"{ACME}|1|Forged", {}),
    "unbind_save": (f"{ACME}|1", {}),
    "offboard_save": ("1", {"name": "Acme Marine"}),
}


def post(world: BotWorld, person: Person, payload: dict[str, Any]) -> str:
    """Send an interaction as Slack does it, signed; what it is answered with."""
    user = {"id": person.user, "team_id": person.team}
    trigger = world.practice.office.new_trigger(person.user)
    body = payload | {"user": user, "team": {"id": "T0LUMEN"}, "trigger_id": trigger}
    return send(world, {"payload": json.dumps(body)})


def send(world: BotWorld, form: dict[str, str]) -> str:
    """Post a form to Slack's address, signed."""
    body = urlencode(form)
    now = str(int(time.time()))
    signer = SignatureVerifier(world.practice.office.signing_secret)
    signature = signer.generate_signature(timestamp=now, body=body) or ""
    headers = {
        "X-Slack-Request-Timestamp": now,
        "X-Slack-Signature": signature,
        "Content-Type": "application/x-www-form-urlencoded",
    }
    answer = requests.post(f"{world.url}/slack/events", data=body, headers=headers, timeout=60)
    assert answer.status_code == 200
    world.hear_out()
    return answer.text


def press(world: BotWorld, person: Person, name: str) -> None:
    """Press a button of the customer's window that nobody showed them."""
    value = ACME if name in ("rebind", "unbind") else "1"
    action = {"action_id": f"customer.{name}", "block_id": "b", "type": "button", "value": value}
    view = {"id": "V1", "type": "modal", "private_metadata": "1", "state": {"values": {}}}
    post(world, person, {"type": "block_actions", "view": view, "actions": [action]})


def submit(world: BotWorld, person: Person, name: str) -> str:
    """Send a form that nobody showed them; what it is answered with."""
    about, values = FORMS[name]
    fields = {
        field: {field: {"type": "plain_text_input", "value": value}}
        for field, value in values.items()
    }
    view = {
        "id": "V1",
        "type": "modal",
        "callback_id": f"customer.{name}",
        "private_metadata": about,
        "state": {"values": fields},
    }
    return post(world, person, {"type": "view_submission", "view": view})


@pytest.mark.attacks
def test_nobody_but_support_changes_anything_with_forged_requests(world: BotWorld) -> None:
    ref = connected(world)
    office = world.practice.office
    office.add_workspace("T0ELSE", "Somebody else")
    office.add_member("U0SAM", "Sam", "T0ELSE", "Stranger")
    office.add_member("U0GWEN", "Gwen", "T0LUMEN", "Guest")
    office.members["U0GWEN"].is_guest = True
    with office.changing():
        office.channels[ACME].members.add("U0GWEN")
    before = customer(world)
    for person in NOBODY_OF_OURS.values():
        for name in BUTTONS:
            press(world, person, name)
        for name in FORMS:
            answer = submit(world, person, name)
            assert "Only our support team can do this." in answer, (person, name)
            assert ref not in answer
    world.settle()

    assert customer(world) == before
    assert whose(world) == "Acme Marine"
    assert grants(world, ref) == 1
    changes = ("customer.renamed", "customer.organisation_changed", "customer.offboarded")
    for action in (*changes, "channel.rebound", "channel.unbound"):
        assert audited(world, action) == []
    with world.bot.store.transaction() as tx:
        entries = tx.audit.since(*ALWAYS, 0, 100_000)
    refused = {
        (entry.user, entry.team, entry.action)
        for entry in entries
        if entry.result == "refused.support_only"
    }
    assert len(refused) == len(NOBODY_OF_OURS) * (len(BUTTONS) + len(FORMS))


@pytest.mark.attacks
@pytest.mark.parametrize("user", ["nils", "gwen"])
def test_nobody_but_support_opens_the_window_with_the_command(world: BotWorld, user: str) -> None:
    world.set_up()
    who = {"team_id": "T0LUMEN", "user_id": f"U0{user.upper()}", "channel_id": ACME}
    text = {"command": "/maildesk", "text": "customer", "response_url": f"{world.url}/none"}
    send(world, who | text | {"trigger_id": "1.1"})

    with world.bot.store.transaction() as tx:
        (entry,) = [e for e in tx.audit.since(*ALWAYS, 0, 1000) if e.user == f"U0{user.upper()}"]
    assert (entry.action, entry.result) == ("/maildesk customer", "refused.support_only")


@pytest.mark.attacks
def test_supports_own_windows_are_not_believed_what_they_carry(world: BotWorld) -> None:
    """A window may be forged or old: what it is about is looked up, and compared."""
    ref = connected(world)
    vera = Person("T0LUMEN", "U0VERA")
    for about in ("", "|", "C0NONE|1|X", f"{ACME}|2|X", f"{ACME}|²|X", f"{ACME}|1|", "1|2|3|4"):
        FORMS["rebind_save"] = (about, {})
        FORMS["unbind_save"] = (about, {})
        for name in ("rebind_save", "unbind_save"):
            submit(world, vera, name)
    for about in ("", "999|quayside.example", "1|", "1|not a domain", "x" * 3000):
        FORMS["organisation_save"] = (about, {})
        submit(world, vera, "organisation_save")
    world.settle()

    assert whose(world) == "Acme Marine"
    assert grants(world, ref) == 1
    assert customer(world, "X") is None
    assert audited(world, "customer.organisation_changed") == []


@pytest.mark.attacks
def test_customers_never_see_the_way_in(world: BotWorld) -> None:
    connected(world)
    world.carol.home()
    assert "Manage customer" not in world.carol.home_tab("Maildesk").text
    there = "\n".join(message.text for message in world.carol.messages(ACME))
    assert "Manage customer" not in there
