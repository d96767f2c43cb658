"""The road of a mailbox with a real Dovecot in the place of the mail stand-ins."""

import smtplib
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from imapclient import IMAPClient

from bot.api.keys import Wish
from bot.common.people import MAILDESK
from storage.api_vocabulary import ApiScope
from tests.real.dovecot import Dovecot
from tests.support.practice import new_practice
from tests.support.world import ACME, BotWorld

pytestmark = pytest.mark.real

FOLDERS = {
    "Sent": "Sendt post",
    "Drafts": "Kladder",
    "Trash": "Slettet post",
    "Junk": "Uønsket mail",
}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[BotWorld]:
    practice = new_practice()
    with Dovecot(practice.signer.public_pem(), FOLDERS) as dovecot:
        running = BotWorld(
            tmp_path,
            practice=practice,
            IMAP_PORT=str(dovecot.imap_port),
            SMTP_PORT=str(dovecot.smtp_port),
            MAIL_CA_BUNDLE=str(dovecot.ca_file),
        )
        yield running
        running.stop()


def test_the_whole_road_against_dovecot(world: BotWorld) -> None:
    world.set_up()
    card = world.connect("info@acme.example", "Info")
    result = world.carol.find(ACME, "The connection of Info works")
    assert ":white_check_mark:  Sign in for sending" in result.text

    world.carol.press(card, "Map folders")
    window = world.carol.window("Which folders of")
    assert {
        role: window.chosen(role) for role in ("Inbox", "Sent", "Drafts", "Deleted", "Junk")
    } == {
        "Inbox": "INBOX  ·  proved by the test message",
        "Sent": "Sendt post  ·  proved by the test message",
        "Drafts": "Kladder  ·  marked by the mail server",
        "Deleted": "Slettet post  ·  marked by the mail server",
        "Junk": "Uønsket mail  ·  marked by the mail server",
    }
    assert world.carol.submit(window, {}) == {}
    world.card("Info", "Live")


def test_dovecot_refuses_a_token_for_another_audience_and_the_channel_says_who_mends_it(
    world: BotWorld,
) -> None:
    world.set_up()
    world.practice.world.scenarios["wrong-audience"] = world.practice.world.scenarios[
        "permission-incomplete"
    ].__class__(
        name="wrong-audience",
        title="",
        explanation="",
        reach="mailbox",
        point="token.shape",
        reply={"audience": "https://graph.microsoft.com"},
    )
    world.throw("wrong-audience", "info@acme.example")
    world.sign_in(world.add("info@acme.example", "Info"), "info@acme.example")
    result = world.carol.find(ACME, "The connection of Info does not work")
    assert ":x:  Open the mailbox" in result.text
    assert ":x:  Sign in for sending" in result.text
    assert "our support team" in result.text


@pytest.mark.api
def test_dovecot_takes_the_tokens_that_the_product_is_handed(world: BotWorld) -> None:
    world.set_up()
    world.map_folders(world.connect("info@acme.example", "Info"))
    key = world.bot.services.api.keys.create(
        Wish("Lumen CRM", (ApiScope.READ, ApiScope.TOKENS), [], [], None), MAILDESK
    )
    address = f"{world.url}/api/v1/accounts/{world.account('Info').ref}"
    tls = ssl.create_default_context(cafile=world.environment["MAIL_CA_BUNDLE"])

    def called(method: str, path: str, **body: str) -> Any:
        headers = {"Authorization": f"Bearer {key.secret}"}
        answer = requests.request(
            method, address + path, json=body or None, headers=headers, timeout=60
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    folders = {each["role"]: each["name"] for each in called("GET", "")["folders"]}
    imap = called("POST", "/token", **{"for": "imap"})
    with IMAPClient(imap["host"], imap["port"], ssl_context=tls) as mailbox:
        mailbox.oauth2_login(imap["user"], imap["access_token"])
        assert b"EXISTS" in mailbox.select_folder(folders["sent"], readonly=True)

    smtp = called("POST", "/token", **{"for": "smtp"})
    said = f"user={smtp['user']}\x01auth=Bearer {smtp['access_token']}\x01\x01"
    with smtplib.SMTP(smtp["host"], smtp["port"], timeout=60) as sender:
        sender.starttls(context=tls)
        sender.ehlo()
        code, _ = sender.auth(
            "XOAUTH2", lambda it=None: "" if it else said, initial_response_ok=False
        )
    assert code == 235
