"""What a customer sees while another customer has trouble of its own: everything that Slack showed
them is searched."""

import json

import pytest

from bot.common.people import Person
from bot.views.account_form import Form
from sandbox.world import Scenario
from tests.support.world import ACME, DESK, BotWorld

pytestmark = pytest.mark.audience

INFO, RIVAL = "info@acme.example", "nora@borealis.example"
VERA = Person("T0LUMEN", "U0VERA")
RAW = "planted-raw-reply"


def test_nothing_of_another_customer_and_no_raw_reply_is_ever_shown_to_a_customer(
    world: BotWorld,
) -> None:
    world.set_up()
    office, services = world.practice.office, world.bot.services
    office.add_workspace("T0BORE", "Borealis")
    office.add_member("U0NORA", "Nora", "T0BORE", "Customer")
    office.add_channel("C0BORE", "borealis-lumen", {"U0VERA", "U0NORA"})
    circle = services.circles.offer("C0BORE").circle
    services.customers.bind("C0BORE", "Planted Rival Ltd", VERA, circle=circle)
    services.accounts.create("C0BORE", Form("Planted Box", "Planted Sender", RIVAL), VERA)
    line = {"line": f"535 5.7.3 {RAW} Authentication unsuccessful"}
    world.practice.world.scenarios["raw"] = Scenario("raw", "", "", "mailbox", "smtp.auth", line)
    for address in (INFO, RIVAL):
        world.throw("raw", address)
    world.settle()
    nora = world.person("U0NORA")
    world.sign_in(nora.find("C0BORE", "*Planted Box*   `MB-"), RIVAL)
    world.sign_in(world.add(INFO, "Info"), INFO)
    world.card("Info", "Error ID")
    nora.press(nora.find("C0BORE", "Yes, it is ours"), "Yes, it is ours")
    nora.find("C0BORE", "*Planted Box*   `MB-", "Error ID")
    world.settle()

    windows = []
    for message in world.carol.messages(ACME):
        for label in {
            "Details",
            "What to do",
            "Contact support",
            "Show all accounts",
            "Help",
            "Do it for us",
            "More",
        }:
            if label in message.buttons:
                world.carol.press(message, label)
                windows.append(world.carol.window())
    world.settle()
    assert len(windows) >= 6
    seen = json.dumps([m.data for m in world.carol.messages(ACME)]) + json.dumps(
        [w.view for w in windows]
    )
    assert (
        "Error ID" in seen and "Planted" not in seen and "borealis" not in seen and RAW not in seen
    )
    assert "Planted Rival Ltd" in str(world.vera.home())
    world.nils.slash(ACME, "list")
    nils = world.nils.window("Accounts of")
    assert "Planted" not in json.dumps(nils.view)
    ours = " ".join(m.text for m in world.vera.messages(DESK))
    assert "Acme Marine" in ours
