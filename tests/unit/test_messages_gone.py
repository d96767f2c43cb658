"""Messages that somebody deleted, or that cannot be edited any more: they come back with what they
show now, once, whoever or whatever asks for them."""

from collections.abc import Callable

import pytest
from slack_sdk import WebClient

from handlers.commands import Commands
from handlers.slack.payloads import Command
from storage.tables import Account
from storage.vocabulary import State
from tests.support.fast import ACME, CAROL, VERA, FastBot, days, hours
from tests.support.fast_ports import BOT, Posted

pytestmark = [pytest.mark.field, pytest.mark.delivery]

CLIENT = WebClient("xoxb-none")


def types(bot: FastBot, text: str) -> None:
    """Support types a slash command in the customer's channel."""
    body = {"team_id": VERA.team, "user_id": VERA.user, "channel_id": ACME, "text": text}
    Commands(bot.services).do(Command.parse(body | {"trigger_id": "1.2"}, CLIENT), lambda _: None)
    bot.pass_time(minutes=1)


def cards(bot: FastBot, account: Account) -> list[Posted]:
    """The cards of the account that stand in its channel."""
    return [each for each in bot.posted(ACME) if each.text.startswith(f"{account.name} (")]


def delete(bot: FastBot, words: str) -> None:
    """An administrator deletes every message of the channel that begins so."""
    bot.slack.posted[:] = [each for each in bot.slack.posted if not each.text.startswith(words)]


@pytest.fixture
def account(bot: FastBot) -> Account:
    """An account whose card stands in the channel, below the channel's own."""
    bot.slack.members[ACME] = {BOT, CAROL.user}
    types(bot, "setup Acme Marine acme.example")
    made = bot.account(address="info@acme.example", name="Info")
    bot.link(made)
    bot.show(made)
    bot.pass_time(minutes=1)
    assert len(cards(bot, made)) == 1
    return made


ASKS: dict[str, Callable[[FastBot, Account], object]] = {
    "a sign-in": lambda bot, account: bot.sign_in(account),
    "login": lambda bot, _: types(bot, "login Info"),
    "a change that is taken back": lambda bot, account: bot.accounts.withdraw_change(
        account.id, CAROL
    ),
    "a new link": lambda bot, account: bot.accounts.renew_link(account.id, CAROL),
    "the end": lambda bot, account: bot.accounts.disconnect(account.id, CAROL),
}


@pytest.mark.parametrize("ask", ASKS)
def test_a_deleted_card_comes_back_once_with_what_it_shows_now(
    bot: FastBot, account: Account, ask: str
) -> None:
    delete(bot, "Info (")
    ASKS[ask](bot, account)
    bot.live(hours(0.1))

    (card,) = cards(bot, account)
    assert card.words == bot.card(account), "it shows how things stand"
    told = [each for each in bot.posted(ACME) if each.text.startswith(("Signed in", "This acc"))]
    assert {each.thread for each in told} <= {card.ts}, "its thread comes with it"
    bot.show(account)
    bot.pass_time(minutes=1)
    assert [each.ts for each in cards(bot, account)] == [card.ts]


def test_support_gets_the_link_back_by_asking_for_it(bot: FastBot, account: Account) -> None:
    delete(bot, "Info (")
    types(bot, "login Info")

    (card,) = cards(bot, account)
    assert "/login/" in card.words + str(card.blocks)


def test_a_deleted_card_of_the_channel_comes_back_with_setup(
    bot: FastBot, account: Account
) -> None:
    before = len(bot.posted(ACME))
    bot.slack.posted.clear()
    types(bot, "setup Acme Marine acme.example")
    bot.show(account)
    bot.pass_time(minutes=1)

    assert len(bot.posted(ACME)) == before
    assert any("Add an account" in each.words for each in bot.posted(ACME))


@pytest.mark.parametrize(
    "error",
    ["message_not_found", "cant_update_message", "edit_window_closed", "block_mismatch"],
)
def test_one_that_cannot_be_edited_gives_way_to_one_that_can(
    bot: FastBot, account: Account, error: str
) -> None:
    (old,) = cards(bot, account)
    bot.slack.fails_next("chat.update", error)
    bot.sign_in(account)
    bot.pass_time(minutes=1)

    (card,) = cards(bot, account)
    assert card.ts != old.ts
    assert bot.read(account).state is State.UNMAPPED
    assert card.words == bot.card(account)


def test_a_deleted_reminder_is_not_missed_by_the_next_one(bot: FastBot, account: Account) -> None:
    bot.live(hours(5))
    (first,) = [each for each in bot.posted(ACME) if "still waiting" in each.text]
    bot.slack.posted.remove(first)
    bot.live(days(2))

    (second,) = [each for each in bot.posted(ACME) if "still waiting" in each.text]
    assert account.name in second.words
