"""The window of an account: what is done there, or in a form that was opened from there, stands in
it at once."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.common.people import Person
from bot.common.refusals import Refused, SlackBusy
from bot.services import Services
from handlers.cards.account_form import OAUTH
from handlers.features import accounts, checks, exchange, signin
from handlers.features.drawn_again import draw_again
from handlers.slack.modals import WindowUnsure
from handlers.slack.payloads import Press, Submission
from storage.tables import Account
from storage.vocabulary import State
from tests.support.drawing import parts
from tests.support.fast import CAROL, FastBot

SAM = Person("T0ELSE", "U0SAM")


class Screen:
    """What somebody sees: the window in which they are."""

    def __init__(self, bot: FastBot) -> None:
        self.bot = bot
        self.view: Any = {}
        self.fault: Exception | None = None

    def open(self, view: Any) -> str:
        self.view = view
        return "V1"

    def replace(self, view: Any) -> None:
        if self.fault is not None:
            raise self.fault
        self.view = view

    @property
    def text(self) -> str:
        found = [part["text"] for part in parts(self.view["blocks"]) if "text" in part]
        return "\n".join(str(each) for each in [self.view["title"]["text"], *found])

    def press(
        self, listener: Callable[[Services, Press], None], account: Account, by: Person = CAROL
    ) -> str:
        """Press a button of the account; what stands there then."""
        windows: Any = self
        about = self.view.get("private_metadata", "")
        listener(self.bot.services, Press(by, "", account.ref, "V1", about, {}, windows))
        return self.text

    def send(
        self, listener: Callable[[Services, Submission], object], account: Account, **values: str
    ) -> str:
        """Send a form that was opened from the window; what stands in the window then."""
        behind: Any = self
        listener(self.bot.services, Submission(CAROL, account.ref, values, "V2", behind=behind))
        return self.text


def details(account: Account, **changed: str) -> dict[str, str]:
    """What stands in the form of an account's details."""
    fields = ("name", "sender_name", "sender_email", "username", "shared_mailbox", "aliases")
    return {field: getattr(account, field) for field in fields} | {"use_oauth": OAUTH} | changed


def test_what_is_pressed_in_the_window_shows_there(bot: FastBot) -> None:
    waits = bot.account(name="Info")
    fails = bot.account(State.FAILING)
    bot.link(waits)
    screen = Screen(bot)

    assert "Sign in to Microsoft" in screen.press(accounts.show, waits)
    assert "'Sign in to Microsoft'" not in screen.press(signin.withdraw_link, waits)
    assert "'Sign in to Microsoft'" in screen.press(signin.renew_link, waits)
    assert "Test again" in screen.press(accounts.show, fails)
    assert "Testing the connection" in screen.press(checks.test, fails)


def test_what_is_about_the_channel_is_opened_from_the_window_too(bot: FastBot) -> None:
    account = bot.account(State.FAILING)
    bot.failure(account)
    screen = Screen(bot)

    assert "For your administrator" in screen.press(accounts.show, account)
    assert "Acme Marine" in screen.press(exchange.open_preparation, account)


def test_a_change_stands_in_the_window_from_which_it_was_made(bot: FastBot) -> None:
    account = bot.account(name="Info")
    screen = Screen(bot)
    screen.press(accounts.show, account)

    there = details(account, name="Front desk", sender_email="desk@acme.example", username="")
    told = screen.send(accounts.save_change, account, **there)

    assert "Front desk" in told and "desk@acme.example" in told


def test_a_form_with_a_mistake_leaves_the_window_as_it_is(bot: FastBot) -> None:
    account = bot.account(name="Info")
    screen = Screen(bot)
    before = screen.press(accounts.show, account)

    assert screen.send(accounts.save_change, account, **details(account, name="")) == before


def test_who_disconnects_an_account_finds_it_disconnected(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    screen = Screen(bot)
    screen.press(accounts.show, account)

    assert "Connect again" in screen.send(accounts.disconnect, account)


@pytest.mark.parametrize("fault", [SlackBusy(), WindowUnsure("timeout")])
def test_what_was_saved_is_saved_though_slack_does_not_draw_it(
    bot: FastBot, fault: Exception
) -> None:
    account = bot.account(name="Info")
    screen = Screen(bot)
    screen.press(accounts.show, account)
    screen.fault = fault

    screen.send(accounts.save_change, account, **details(account, name="Front desk"))
    assert bot.read(account).name == "Front desk"


def test_a_window_shows_nobody_an_account_that_is_not_theirs(bot: FastBot) -> None:
    account = bot.account(name="Info")
    screen = Screen(bot)
    screen.press(accounts.show, account)

    with pytest.raises(Refused, match=r"refused\.no_account"):
        screen.press(draw_again, account, SAM)


def test_a_form_that_was_opened_from_a_message_has_no_window_behind_it(bot: FastBot) -> None:
    account = bot.account(name="Info")
    sent = Submission(CAROL, account.ref, details(account, name="Front desk"))

    assert accounts.save_change(bot.services, sent) is None
    assert bot.read(account).name == "Front desk"
