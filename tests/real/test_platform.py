"""The Procfile on a platform: two web processes and three workers, of the wheel in an empty
environment and on PostgreSQL, walk the whole road, and nobody notices that some of each kind are
killed on the way."""

from collections import Counter
from pathlib import Path

import pytest

from sandbox.practice import Practice
from tests.support.browser import Browser
from tests.support.platform import Platform
from tests.support.practice import new_practice
from tests.support.slack import Message, SlackPerson
from tests.support.world import ACME, KEY

pytestmark = pytest.mark.real

INFO = "info@acme.example"
PATIENCE_SECONDS = 300


class Road:
    """The people who walk it."""

    def __init__(self, practice: Practice) -> None:
        self.vera = SlackPerson(practice.slack.url, "U0VERA")
        self.carol = SlackPerson(practice.slack.url, "U0CAROL")

    def card(self, *words: str) -> Message:
        """The account's card, once it has these words."""
        return self.carol.find(ACME, "*Info*   `MB-", *words)

    def set_up(self) -> None:
        """Support binds the channel."""
        self.vera.slash(ACME, "setup Acme Marine acme.example")
        self.carol.find(ACME, "Connect your Microsoft 365 mailboxes")

    def add(self) -> None:
        """The customer adds an account."""
        card = self.carol.find(ACME, "Connect your Microsoft 365 mailboxes")
        self.carol.press(card, "Add an account")
        form = self.carol.window("New Microsoft 365 account (Corporate)")
        names = {"Account name": "Info", "Sender name": "Acme Marine", "Sender email": INFO}
        assert self.carol.submit(form, names) == {}

    def sign_in(self) -> None:
        """From the card over Microsoft's pages and back."""
        browser = Browser()
        page = browser.open(self.card().url("Sign in to Microsoft"))
        page = browser.press(page, "Continue to Microsoft")
        page = browser.press(page, INFO)
        if "Permissions requested" in page.text:
            page = browser.press(page, "Accept")
        assert "Signed in as" in page.text

    def map_folders(self) -> None:
        """The customer takes what is suggested."""
        self.carol.press(self.card("folders not mapped yet"), "Accept all suggestions")
        self.card("Live")


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_two_web_processes_and_three_workers_walk_the_road_through_kills(
    maildesk: Path, url: str, tmp_path: Path
) -> None:
    practice = new_practice()
    practice.office.patience = PATIENCE_SECONDS
    practice.office.rate_limits = False
    practice.office.scopes |= {"channels:history", "groups:history"}
    practice.start()
    given = practice.environment() | {"DATABASE_URL": url, "ENCRYPTION_KEYS": KEY}
    platform = Platform(maildesk, given, tmp_path)
    try:
        platform.start(web=2, worker=3)
        practice.deliver_to(platform.url)
        road = Road(practice)
        road.set_up()
        platform.kill("web")
        road.add()
        platform.kill("worker")
        road.sign_in()
        platform.kill("worker")
        road.map_folders()
        platform.kill("web")
        road.carol.press(road.card("Live"), "Test connection")
        platform.kill("worker")
        road.carol.find(ACME, "Connection test of Info: passed")
        assert platform.stop() == [0] * 5
    finally:
        practice.stop()
    posted = Counter(str(each.metadata) for each in practice.office.messages if each.metadata)
    assert [message for message, times in posted.items() if times > 1] == []
    assert practice.office.complaints == []
