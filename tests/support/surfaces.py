"""Everywhere that an account is spoken of: to the customer, to support, to engineers on call, and on
the pages of its sign-in; each as it is drawn now."""

from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from bot.common.people import Person
from bot.diagnosis.observation import Observation
from bot.diagnosis.verdict import Verdict
from bot.messages import notices
from bot.views.accounts import AccountCard
from bot.views.audience import Audience
from handlers.cards.account_list import Listing, Place, account_list
from handlers.cards.account_window import account_window
from handlers.cards.accounts import account_card
from handlers.cards.answers import status_message
from handlers.cards.checks import test_message
from handlers.cards.diagnosis import error_window
from handlers.cards.home import Filter
from handlers.cards.incidents import alert_card
from handlers.cards.kit import Block
from handlers.cards.reminders import reminder_message
from handlers.cards.setup import setup_card
from handlers.features.home import NOTHING, HomeTab
from handlers.web.pages import Pages
from storage.tables import Account, OutboxItem, Reminder
from tests.support.fast import ALERTS, CAROL, DESK, VERA, FastBot
from tests.support.next_step import Said, Step, in_slack, on_page

OMAR = Person("T0LUMEN", "U0OMAR", ALERTS)
"""An engineer on call."""

TOLD = {notices.NOTE: "note", notices.OUTAGE: "outage", notices.SETBACK: "setback"}
CUSTOMER = Audience.CUSTOMER
SUPPORT = Audience.SUPPORT
ADDRESS = "https://maildesk.example"
PAGE_STEPS = {
    "/error": Step.LOOK,
    "/login/": Step.SIGN_IN,
    "/consent/": Step.APPROVE,
}


@dataclass(frozen=True)
class Truth:
    """How an account stands by the database: its row, its card, and what is wrong with it."""

    account: Account
    card: AccountCard

    @property
    def error(self) -> str:
        """The error ID; empty where nothing is wrong."""
        return self.card.fault.error if self.card.fault else ""

    @property
    def verdict(self) -> Verdict | None:
        """What it means."""
        return self.card.fault.verdict if self.card.fault else None


def truth(bot: FastBot, account: Account) -> Truth:
    """How an account stands."""
    return Truth(bot.read(account), bot.views.accounts.card(account.id))


def everywhere(bot: FastBot, there: Truth) -> Iterator[Said]:
    """What every surface in Slack says of an account."""
    yield from _of_account(there)
    yield from _of_channel(bot, there)
    yield from _of_result(bot, there)
    yield from _of_error(bot, there)
    yield from _of_reminders(bot, there)
    yield from _of_outbox(bot, there)
    yield from _of_homes(bot, there)


def _of_account(there: Truth) -> Iterator[Said]:
    account = there.card.account
    yield in_slack("card", CUSTOMER, account_card(there.card))
    for reader in Audience:
        yield in_slack(f"window of {reader.value}", reader, account_window(there.card, reader))
        place = Listing(Place(account.channel_id), "Acme", [account])
        listing = account_list(place.with_cards([there.card]), reader)
        yield in_slack(f"list of {reader.value}", reader, listing)


def _of_channel(bot: FastBot, there: Truth) -> Iterator[Said]:
    card = bot.views.setup.card(there.account.channel_id)
    yield in_slack("set-up card", CUSTOMER, setup_card(card))
    yield in_slack("status", CUSTOMER, status_message(card))


def _of_result(bot: FastBot, there: Truth) -> Iterator[Said]:
    """The result in the thread."""
    with bot.store.transaction() as tx:
        test = tx.checks.latest(there.account.id)
    if test is not None:
        yield in_slack("thread", CUSTOMER, test_message(bot.views.checks.card(test.id)))


def _of_error(bot: FastBot, there: Truth) -> Iterator[Said]:
    card = bot.views.errors.card(there.error) if there.error else None
    for reader in Audience if card is not None else ():
        yield in_slack(f"error of {reader.value}", reader, error_window(card, reader))


def _of_reminders(bot: FastBot, there: Truth) -> Iterator[Said]:
    """The account on a reminder in its channel, and in support's."""
    for channel in (there.account.channel_id, DESK):
        with bot.store.transaction() as tx:
            reminder = Reminder(channel_id=channel, posted_at=bot.now)
            reminder.account_ids = [there.account.id]
            tx.reminders.add(reminder)
        card = bot.views.reminders.card(reminder.id)
        if card.waiting:
            surface = f"reminder of {card.audience.value}"
            yield in_slack(surface, card.audience, reminder_message(card, card.audience))


def _of_outbox(bot: FastBot, there: Truth) -> Iterator[Said]:
    """What was posted besides, as it reads now."""
    for channel, reader in ((there.account.channel_id, CUSTOMER), (DESK, SUPPORT)):
        newest = {item.key: item for item in bot.outbox(channel) if _speaks(bot, item)}
        for item in newest.values():
            refusal = item.args.get("sentence") == "signin.refused"
            surface = "refusal" if refusal else TOLD[item.notice]
            yield in_slack(surface, reader, bot.presenter.draw(item.notice, item.args))


def _speaks(bot: FastBot, item: OutboxItem) -> bool:
    """Whether a message says how things stand: a note says how they stood when it was written."""
    return item.notice in TOLD and (item.notice != notices.NOTE or item.created_at == bot.now)


def _of_homes(bot: FastBot, there: Truth) -> Iterator[Said]:
    only = Filter(customer=str(there.account.customer_id))
    yield in_slack("home of support", SUPPORT, _home(bot, VERA, only))
    yield in_slack("home of the customer", CUSTOMER, _home(bot, CAROL))
    yield in_slack("home of on-call", SUPPORT, _home(bot, OMAR))
    with bot.store.transaction() as tx:
        alerts = tx.incidents.all_open()
    for each in alerts:
        yield in_slack("alert", SUPPORT, alert_card(bot.views.incidents.card(each.id)))


def _home(bot: FastBot, person: Person, only: Filter = NOTHING) -> Block:
    """A person's Home tab."""
    shown: list[Block] = []
    tabs: Any = SimpleNamespace(views_publish=lambda user_id, view: shown.append(view))
    HomeTab(bot.services, tabs).show(person, only)
    return shown[0]


class Website:
    """The pages, of whichever bot is looked at now."""

    def __init__(self) -> None:
        self.services: Any = None
        app = Flask(__name__)
        pages: Any = Pages(self, lambda person: "Carol", lambda: None)  # type: ignore[arg-type]
        app.register_blueprint(pages.blueprint())
        self._client: FlaskClient = app.test_client()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.services, name)

    def of(self, bot: FastBot, there: Truth) -> Iterator[Said]:
        """What the pages say that an account's people may open now."""
        self.services = bot.services
        if there.card.link:
            yield self._read("start page", self._client.get(_path(there.card.link)).text)
        if there.verdict is not None:
            cause = self._client.get(f"/errors/{there.verdict.cause}")
            yield self._read("page of the cause", cause.text)

    def signed_in(self, bot: FastBot, account: Account, seen: Observation | None = None) -> Said:
        """What the page says after a sign-in of the account's own person; `seen` is what Microsoft
        answers instead."""
        self.services = bot.services
        begun = self._client.post(f"/login/{bot.link(account)}", base_url=ADDRESS)
        state = begun.headers["Location"].rpartition("state=")[2]
        bot.microsoft.outage = seen
        answer = {"state": state, "code": account.username}
        page = self._client.post("/oauth/callback", data=answer, base_url=ADDRESS)
        bot.microsoft.outage = None
        return self._read("page after the sign-in", page.text)

    def _read(self, surface: str, html: str) -> Said:
        return on_page(surface, html, PAGE_STEPS)


def _path(link: str) -> str:
    return link.removeprefix(ADDRESS)
