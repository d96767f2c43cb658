"""A note that asks somebody to go on has the button for it, and is addressed to whoever acts; a
window shows what a press in it has changed."""

from typing import Any

import pytest

from bot.common.refusals import Refused
from bot.signin.failed import SignInRefused
from handlers.cards.actions import ActionId
from handlers.features import checks, diagnosis
from handlers.slack.payloads import Press
from handlers.slack.presenter import ASKS_TO_ADD, ASKS_TO_GO_ON
from handlers.text.words import sentences
from storage.tables import Account
from storage.vocabulary import Owner, State
from tests.support.drawing import parts
from tests.support.fast import ACME, CAROL, VERA, FastBot

BLOCKED = {"error": "access_denied", "error_description": "AADSTS530035: Access has been blocked"}
"""The customer's administrator changes that; there is nothing to approve."""

NOTED = ("signin.", "folders.lost_", "organisation.")
"""The groups of sentences that are notes."""


def refuse(bot: FastBot, account: Account, upn: str = "", **answer: str) -> str:
    """Microsoft refuses a sign-in; its error ID."""
    bot.microsoft.refusal = answer or None
    with pytest.raises(SignInRefused) as refused:
        bot.sign_in(account, upn)
    bot.microsoft.refusal = None
    bot.deliver()
    return refused.value.recorded.failure.ref


def note(bot: FastBot, words: str) -> Any:
    """The newest note with these words."""
    return [message for message in bot.posted() if words in message.words][-1]


def first_button(message: Any) -> tuple[str, str]:
    """The action of a message's first button, and its style."""
    first = next(part for part in parts(message.blocks) if part.get("type") == "button")
    return first["action_id"], first.get("style", "")


def test_every_note_that_asks_for_a_next_step_is_known_to_have_a_button() -> None:
    asking = {
        name for name, text in sentences().items() if name.startswith(NOTED) and "*Next:*" in text
    }
    assert asking == ASKS_TO_GO_ON | ASKS_TO_ADD


def test_who_asked_for_another_organisation_is_told_that_they_can_add_it(bot: FastBot) -> None:
    assert bot.organisations.foreign(ACME, ["a@borealis.example"], CAROL) is not None
    bot.organisations.allow(1, VERA)
    bot.deliver()

    told = note(bot, "borealis.example")
    assert told.text.startswith(f"<@{CAROL.user}> ")
    assert first_button(told) == (ActionId.ACCOUNT_ADD, "primary")


def test_a_refusal_leads_to_another_try_before_anything_else(bot: FastBot) -> None:
    account = bot.account(address="info@acme.example")
    bot.link(account)
    refuse(bot, account, "carol@acme.example")
    assert first_button(note(bot, "did not go through")) == (ActionId.LINK_OPENED, "primary")


def test_what_an_administrator_changed_is_the_users_turn_who_is_told(bot: FastBot) -> None:
    account = bot.account(created_by_team=CAROL.team, created_by_user=CAROL.user)
    bot.link(account)
    refuse(bot, account, **BLOCKED)
    assert bot.read(account).owner is Owner.ADMINISTRATOR
    bot.pass_time(minutes=5)

    bot.fixes.said(account.id, CAROL)
    bot.deliver()

    now = bot.read(account)
    assert (now.state, now.owner) == (State.AWAITING_SIGN_IN, Owner.USER)
    told = note(bot, "*Next:* sign in")
    assert told.text.startswith(f"<@{CAROL.user}> ")
    assert first_button(told) == (ActionId.LINK_OPENED, "primary")
    assert bot.audited("mend.said")
    with pytest.raises(Refused):
        bot.fixes.said(account.id, CAROL)


class Shown:
    """The window on the screen."""

    def __init__(self) -> None:
        self.words = ""

    def open(self, view: Any) -> str:
        self.words = str(view["blocks"])
        return "V1"

    replace = open

    def press(self, bot: FastBot, listener: Any, value: str) -> None:
        """Carol presses a button in it."""
        windows: Any = self
        listener(bot.services, Press(CAROL, "", value, "V1", "", {}, windows))


def test_a_press_in_a_window_shows_there_what_it_changed(bot: FastBot) -> None:
    account = bot.account()
    bot.link(account)
    error = refuse(bot, account, **BLOCKED)
    window = Shown()
    window.press(bot, diagnosis.show_error, error)
    assert ActionId.FIX_REPORTED in window.words

    window.press(bot, checks.report_fix, account.ref)
    assert "Waiting for the sign-in" in window.words
    assert ActionId.LINK_OPENED in window.words and error not in window.words
