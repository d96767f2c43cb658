"""The road of a mailbox with a real Dovecot in the place of the mail stand-ins."""

from collections.abc import Iterator
from pathlib import Path

import pytest

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
