"""Lumen CRM beside a bot: what is connected in Slack is used by the vendor's product, over the API
and the webhooks alone."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import requests
from standardwebhooks import Webhook

from sandbox.crm import desk
from sandbox.world import Folder
from tests.support.browser import Page
from tests.support.lumen import SECRET, Lumen, world_with_product
from tests.support.slack import Message
from tests.support.world import BotWorld

pytestmark = pytest.mark.api

INFO, CAROL = "info@acme.example", "carol@acme.example"
OFF = "smtp-auth-off-mailbox"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BotWorld]:
    """Lumen asks for events when it starts, and no more: else it lives on webhooks."""
    monkeypatch.setattr(desk, "LOOK_AGAIN_SECONDS", 3600)
    running = world_with_product(tmp_path)
    yield running
    running.stop()


@pytest.fixture
def lumen(world: BotWorld) -> Lumen:
    return Lumen(world)


def go_live(world: BotWorld, address: str = INFO, name: str = "Info") -> str:
    """Connect a mailbox, all the way; where it is in Lumen."""
    world.map_folders(world.connect(address, name))
    world.card(name, "Live")
    return f"/mailboxes/{world.account(name).ref}"


def folder(world: BotWorld, address: str, name: str) -> Folder:
    found = world.practice.world.mailboxes[address].folder(name)
    assert found is not None
    return found


def answer(lumen: Lumen, where: str, text: str = "We can.") -> Page:
    """Answer the newest letter of the inbox."""
    newest = lumen.see(f"{where}/inbox", "anchor winch")
    path = re.findall(rf'href="({where}/inbox/\d+)"', newest.html)[0]
    return lumen.press(lumen.open(path), "Send answer", text=text)


def break_it(world: BotWorld) -> Message:
    """SMTP AUTH is switched off, and somebody tests; the card that says so."""
    world.throw(OFF, INFO)
    world.carol.press(world.card("Info", "Live"), "Test connection")
    return world.card("Info", "MX-")


def test_what_is_connected_in_slack_shows_its_mail(world: BotWorld, lumen: Lumen) -> None:
    assert "No mailboxes yet" in lumen.open("/").text
    card = world.add(INFO, "Info")
    where = f"/mailboxes/{world.account('Info').ref}"
    lumen.see("/", "Info", "Not ready yet")
    assert "This mailbox is not ready yet." in lumen.see(f"{where}/inbox").text
    world.sign_in(card, INFO)
    world.map_folders(world.card("Info", "folders not mapped yet"))
    inbox = lumen.see(f"{where}/inbox", "Ready", "anchor winch")
    assert "Ines Duarte" in inbox.text
    sent = lumen.see(f"{where}/sent")
    assert "Your boat is ready" in sent.text, "it is the folder that was mapped"
    assert "anchor winch" not in sent.text


def test_an_answer_arrives_and_lies_in_the_mapped_folder(world: BotWorld, lumen: Lumen) -> None:
    where = go_live(world)
    carols = folder(world, CAROL, "INBOX")
    letter = folder(world, INFO, "INBOX").messages[-1]
    letter.raw = letter.raw.replace(b"ines@porto-yachts.example", CAROL.encode())
    page = answer(lumen, where, "We can: <b>Tuesday</b>.")
    assert "Your answer is sent." in page.text
    assert page.text.count("Re: Quote for a new anchor winch") == 1
    assert b"We can: <b>Tuesday</b>." in carols.messages[-1].raw
    assert b"From: Acme Marine <info@acme.example>" in carols.messages[-1].raw


def test_what_breaks_says_the_id_of_the_channel_and_comes_back(
    world: BotWorld, lumen: Lumen
) -> None:
    where = go_live(world)
    lumen.see(f"{where}/inbox", "anchor winch")
    card = break_it(world)
    broken = lumen.see(f"{where}/inbox", "This mailbox cannot be used:")
    [shown] = set(re.findall(r"MX-\w{4}-\w{4}", broken.text))
    assert shown in card.text
    assert "anchor winch" not in broken.text
    world.take_back(OFF, INFO)
    world.carol.press(card, "Test again")
    lumen.see(f"{where}/inbox", "Ready", "anchor winch")
    assert "Your answer is sent." in answer(lumen, where).text


def test_an_answer_that_was_begun_is_kept_when_the_mailbox_breaks(
    world: BotWorld, lumen: Lumen
) -> None:
    where = go_live(world)
    newest = lumen.see(f"{where}/inbox", "anchor winch")
    [path, *_] = re.findall(rf'href="({where}/inbox/\d+)"', newest.html)
    begun = lumen.open(path)
    card = break_it(world)
    lumen.see(path, "cannot be used")
    refused = lumen.press(begun, "Send answer", text="Half a page")
    assert refused.status == 409
    assert "Half a page" in refused.text
    [shown] = set(re.findall(r"MX-\w{4}-\w{4}", refused.text))
    assert shown in card.text


def test_a_webhook_is_taken_once_and_only_if_it_is_signed(world: BotWorld, lumen: Lumen) -> None:
    where = go_live(world)
    lumen.see(f"{where}/inbox", "anchor winch")
    known = world.practice.crm.desk
    account = known.accounts()[0]
    now = world.clock.now()
    broken = account | {"usable": False, "changed_at": f"{now:%Y-%m-%dT%H:%M:%SZ}"}  # type: ignore[operator]
    event = {"id": "evt_forged", "type": "account.broken", "timestamp": "", "data": {}}
    body = requests.models.complexjson.dumps(event | {"data": {"account": broken}})
    forged = Webhook("whsec_" + "QUFB" * 8)
    assert post(world, forged.sign("evt_forged", now, body), now, body) == (401, False)
    assert "Ready" in lumen.open(f"{where}/inbox").text
    signed = Webhook(SECRET).sign("evt_forged", now, body)
    assert post(world, signed, now, body) == (200, True)
    assert "Cannot be used" in lumen.open("/").text or "Not ready" in lumen.open("/").text
    version = known.version
    assert post(world, signed, now, body) == (200, False)
    assert known.version == version


def post(world: BotWorld, signature: str, now: datetime, body: str) -> tuple[int, bool]:
    """A webhook comes to Lumen: its answer, and whether it was news."""
    headers = {
        "webhook-id": "evt_forged",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }
    said = requests.post(world.practice.crm.hook_url, data=body, headers=headers, timeout=60)
    return said.status_code, said.text == "taken"


def test_what_happened_while_it_was_down_is_fetched(world: BotWorld, lumen: Lumen) -> None:
    where = go_live(world)
    lumen.see(f"{where}/inbox", "anchor winch")
    before = world.practice.crm.desk.events()
    world.practice.crm.stop()
    break_it(world)
    world.settle()
    world.practice.crm.start()
    assert "cannot be used" in lumen.see(f"{where}/inbox", "cannot be used").text
    after = world.practice.crm.desk.events()
    assert len(after) == len(set(after)) > len(before)
