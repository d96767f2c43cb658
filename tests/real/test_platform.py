"""The Procfile on a platform: two web processes and three workers, started by honcho on two
machines, of the wheel in an empty environment and on PostgreSQL, walk the whole road. Nobody notices
that some of each kind are killed on the way, nor that another release takes the place of the
first."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox.practice import Practice
from storage.migrate import newest_revision
from tests.support.browser import Browser
from tests.support.platform import Platform
from tests.support.practice import new_practice
from tests.support.slack import Message, SlackPerson
from tests.support.wheel import build, environment_without
from tests.support.worker_process import until
from tests.support.world import ACME, KEY

pytestmark = pytest.mark.real

INFO = "info@acme.example"
PASSED = "Connection test of Info: passed"
PATIENCE_SECONDS = 300
ON_POSTGRESQL = pytest.mark.parametrize("url", ["postgresql"], indirect=True)

FIRST_FIELD = "    ref: str = Field(unique=True)\n"
MORE = '    nickname: str = "of the next release"\n'
MIGRATION = '''"""Accounts have nicknames."""

from alembic import op

revision = "{number}"
down_revision = "{before}"


def upgrade() -> None:
    op.execute("ALTER TABLE account ADD COLUMN nickname VARCHAR NOT NULL DEFAULT 'none'")
    op.execute("CREATE TABLE nicknamed (id INTEGER PRIMARY KEY)")
'''


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


@dataclass(frozen=True)
class World:
    """The practice world, what runs in it, and who walks the road there."""

    practice: Practice
    platform: Platform
    road: Road

    def test_again(self, kill: Callable[[], None] | None = None) -> None:
        """The customer asks for one more connection test of the live account, and is told how it
        ended, even if something is killed after the press."""
        before = self._passed()
        self.road.carol.press(self.road.card("Live"), "Test connection")
        if kill is not None:
            kill()
        until(lambda: self._passed() == before + 1, "what came of the test is told once")

    def _passed(self) -> int:
        """How many lines tell of a test that passed."""
        return sum(PASSED in message.text for message in self.practice.office.messages)

    def sent_twice(self) -> list[str]:
        """Messages that stand in their channels more than once."""
        messages = (each for each in self.practice.office.messages if each.metadata)
        posted = Counter(str(each.metadata) for each in messages)
        return [message for message, times in posted.items() if times > 1]


@pytest.fixture
def world(url: str, tmp_path: Path) -> Iterator[World]:
    """Nothing of ours runs in it yet."""
    practice = new_practice()
    practice.office.patience = PATIENCE_SECONDS
    practice.office.rate_limits = False
    practice.office.scopes |= {"channels:history", "groups:history"}
    practice.start()
    given = practice.environment() | {"DATABASE_URL": url, "ENCRYPTION_KEYS": KEY}
    platform = Platform(given, tmp_path)
    practice.deliver_to(platform.url)
    try:
        yield World(practice, platform, Road(practice))
    finally:
        platform.close()
        practice.stop()


@pytest.fixture(scope="session")
def next_maildesk(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of a release after ours: a column and a table more, and accounts that say
    something in that column."""
    copy = tmp_path_factory.mktemp("next")
    shutil.copytree(tree, copy, dirs_exist_ok=True)
    before = newest_revision()
    number = f"{int(before) + 1:04}"
    migration = copy / "storage/migrations/versions" / f"{number}_nicknames.py"
    migration.write_text(MIGRATION.format(number=number, before=before), "utf-8")
    accounts = copy / "storage/tables/accounts.py"
    told = accounts.read_text("utf-8")
    field = '    nickname: str = "of the next release"\n'
    changed = told.replace(FIRST_FIELD, f"{FIRST_FIELD}{field}", 1)
    assert changed != told
    accounts.write_text(changed, "utf-8")
    wheel = build(copy, tmp_path_factory.mktemp("next-wheel"))
    return environment_without((), tmp_path_factory.mktemp("next-whole") / "env", wheel)


@ON_POSTGRESQL
def test_two_web_processes_and_three_workers_walk_the_road_through_kills(
    world: World, maildesk: Path
) -> None:
    platform, road = world.platform, world.road
    platform.release(maildesk)
    first = platform.add(maildesk, web=1, worker=2)
    second = platform.add(maildesk, web=1, worker=1)
    road.set_up()
    platform.kill(first, "web")
    road.add()
    platform.kill(second, "worker")
    road.sign_in()
    platform.kill(first, "worker")
    road.map_folders()
    platform.kill(second, "web")
    world.test_again(kill=lambda: platform.kill(first, "worker"))
    assert platform.stop() == ["web"] * 2 + ["worker"] * 3
    assert world.sent_twice() == []
    assert world.practice.office.complaints == []


@ON_POSTGRESQL
def test_two_releases_work_beside_each_other_until_one_takes_the_others_place(
    world: World, maildesk: Path, next_maildesk: Path
) -> None:
    platform, road = world.platform, world.road
    platform.release(maildesk)
    old = platform.add(maildesk, web=1, worker=1)
    road.set_up()
    platform.release(next_maildesk)
    road.add()
    new = platform.add(next_maildesk, web=1, worker=1)
    platform.kill(old, "web")  # it starts again on tables that are newer than it
    road.sign_in()
    platform.kill(new, "worker")
    road.map_folders()
    assert sorted(platform.remove(old)) == ["web", "worker"]
    world.test_again()
    assert platform.stop() == ["web", "worker"]
    assert world.sent_twice() == []
    assert world.practice.office.complaints == []
