"""Support and on-call type in their own channels: the customer or the account is named there."""

from dataclasses import replace
from typing import Any

import pytest
from slack_sdk import WebClient

from bot.common.people import Person
from bot.common.refusals import Refused
from bot.support.naming import customer_named
from bot.views.overview import CustomerName
from handlers.commands import Commands
from handlers.features.setup import save_setup
from handlers.slack.payloads import Command, Submission
from storage.tables import Account
from storage.vocabulary import State
from tests.support.fast import ACME, ALERTS, CAROL, DESK, VERA, FastBot
from tests.support.fast_ports import BOT

OMAR = Person("T0LUMEN", "U0OMAR", ALERTS)
NAMES = ("Acme Marine", "Acme Media", 'Nordic "Sea" Söhne & Co', "Borealis", "Info")


class Screen:
    """The windows that somebody has seen."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def views_open(self, trigger_id: str, view: dict[str, Any]) -> dict[str, Any]:
        """Show one."""
        self.shown.append(str(view))
        return {"view": {"id": "V1"}}


def typed(bot: FastBot, text: str, by: Person = VERA, channel: str = DESK) -> str:
    """What somebody reads who types this, in an answer or a window, or why it is refused."""
    body = {"team_id": by.team, "user_id": by.user, "channel_id": channel, "text": text}
    command = Command.parse(body | {"trigger_id": "1.2"}, WebClient("xoxb-none"))
    screen = Screen()
    command = replace(command, windows=replace(command.windows, client=screen))  # type: ignore[arg-type]
    answers: list[Any] = []
    try:
        Commands(bot.services).do(command, answers.append)
    except Refused as refused:
        return f"{refused.sentence} {refused.values}"
    return " ".join(screen.shown + [f"{answer.text} {answer.blocks}" for answer in answers])


@pytest.fixture
def desk(bot: FastBot) -> FastBot:
    """Two customers with an account each of the same name, and an engineer on call."""
    bot.slack.members[ALERTS] = {OMAR.user}
    bot.slack.members[ACME].add(BOT)
    borealis = bot.customer("Borealis Söhne", "C0BORE")
    bot.account(State.LIVE, name="Info", address="info@acme.example")
    bot.account(State.LIVE, name="Info", address="info@borealis.example", channel=borealis)
    bot.account(State.LIVE, name="Sales", address="sales@borealis.example", channel=borealis)
    return bot


def named(text: str, alone: bool = True) -> str:
    """Who is meant, with the rest of the text; or the refusal and what is suggested."""
    customers = [CustomerName(number, name) for number, name in enumerate(NAMES)]
    try:
        found = customer_named(text, customers, "list", alone)
    except Refused as refused:
        suggested = refused.values.get("guess") or refused.values.get("names", "")
        return f"{refused.sentence.removeprefix('command.')}: {suggested}"
    return f"{found.customer.name} | {found.rest}"


def test_a_customer_is_named_whole_or_by_as_many_words_as_only_they_have() -> None:
    sea = NAMES[2]
    for text, meant in {
        "Acme Marine": "Acme Marine | ",
        "  acme\u00a0 MARINE ": "Acme Marine | ",
        "“Acme Marine”": "Acme Marine | ",
        "nordic": f"{sea} | ",
        "Nordic Sea Sohne & Co": f"{sea} | ",
        "«Nordic 'Sea' Söhne & Co».": f"customer_guess: {sea}",
        "Acme": "several_customers: Acme Marine, Acme Media",
        "Acme Marina": "customer_guess: Acme Marine",
        "Boraelis": "customer_guess: Borealis",
        "Boraelis Info box": "customer_guess: Borealis",
        "Zebra": "customer_unknown: ",
        "  ": "which_customer: ",
        "“”": "which_customer: ",
    }.items():
        assert named(text).strip() == meant.strip(), text


def test_an_account_stands_before_or_behind_its_customer() -> None:
    for text, meant in {
        "Acme Marine Info": "Acme Marine | Info",
        "Borealis Sales team": "Borealis | Sales team",
        "Sales team Borealis": "Borealis | Sales team",
        '"Acme Media" "Info box"': 'Acme Media | "Info box"',
        "Acme Info": "several_customers: Acme Marine, Acme Media",
    }.items():
        assert named(text, alone=False) == meant, text


@pytest.mark.parametrize("channel", [DESK, ALERTS])
def test_every_subcommand_works_with_the_customer_or_account_named(
    desk: FastBot, channel: str
) -> None:
    for text, seen in {
        "list borealis": "info@borealis.example",
        "status": "which_customer",
        "status info@acme.example": "Acme Marine",
        "status Borealis Info": "info@borealis.example",
        "login Acme Info": "Info",
        "add Acme": f"'private_metadata': '{ACME}'",
        "import Acme": ACME,
        "test all borealis": "2",
        "test Sales": "Sales",
        "folders Sales": "Sales",
        "copy Borealis Sales": "@borealis.example",
        "snooze Borealis Sales 2d": "waits_for_nobody",
        "remove Sales": "sales@borealis.example",
        "setup Acme": "Acme Marine",
        "customer Borealis": "Borealis Söhne",
        "alerts": "no open alerts",
        "error MX-0000-0000": "error.",
        "help": "For support",
    }.items():
        read = typed(desk, text, channel=channel)
        assert seen in read and "not_bound" not in read, (text, read)


def test_what_is_missing_or_mistyped_is_said_with_an_example(desk: FastBot) -> None:
    for text, seen in {
        "list": "'command': 'list', 'example': 'Acme Marine'",
        "list Boraelis": "command.customer_guess",
        "test all": "'command': 'test all'",
        "status Info": "command.several",
        "status Acme Sales": "command.no_account_of",
        "login Borealis": "command.which_account_of",
        "login": "command.which_account_here",
        "setup": "command.which_customer",
    }.items():
        assert seen in typed(desk, text), (text, typed(desk, text))


def test_a_customer_without_a_channel_is_managed_by_name(desk: FastBot) -> None:
    cygnus = desk.customer("Cygnus", "C0CYG")
    desk.bindings.unbind(cygnus.id, cygnus.customer_id, VERA)
    assert "Cygnus" in typed(desk, "customer cygnus")
    assert "command.customer_unknown" in typed(desk, "list cygnus")


@pytest.mark.rights
def test_nobody_but_support_reaches_a_customer_from_our_channels_and_on_call_looks_back(
    desk: FastBot,
) -> None:
    desk.slack.members[DESK].add(CAROL.user)
    for text in ("list Borealis", "add Acme", "test all Acme", "import Acme", "test Sales"):
        for by, channel in ((OMAR, ALERTS), (CAROL, DESK)):
            assert typed(desk, text, by, channel).startswith("refused.support_only"), (text, by)
    assert typed(desk, "status Sales", CAROL, DESK).startswith("refused.support_only")
    assert "What happened last" in typed(desk, "status Sales", OMAR, ALERTS)
    assert "For on-call" in typed(desk, "help", OMAR, ALERTS)
    assert "For support" not in typed(desk, "help", OMAR, ALERTS)
    assert typed(desk, "help", CAROL, DESK).startswith("refused.on_call_only")


@pytest.mark.audience
def test_in_a_customers_channel_no_other_customer_is_named(desk: FastBot) -> None:
    for text in ("list Borealis", "status Sales", "status Borealis", "help", "test all Borealis"):
        assert "Borealis Söhne" not in typed(desk, text, channel=ACME), text
        assert "borealis.example" not in typed(desk, text, channel=ACME), text


def test_everything_that_is_wrong_in_the_setup_form_is_said_at_once(desk: FastBot) -> None:
    fields = {
        "customer": "",
        "domain": "no domain",
        "time_zone": "Mars/Base",
        "working_hours": "late",
        "working_days": "",
        "owner": CAROL.user,
    }
    assert save_setup(desk.services, Submission(VERA, "C0NEW", fields)).keys() == fields.keys()


def test_a_disconnected_account_is_nobodys_name_any_more(desk: FastBot) -> None:
    gone: Account = desk.account(State.DISCONNECTED, name="Old", address="old@acme.example")
    assert "customer called" not in typed(desk, f"status {gone.ref}")
    assert "customer" in typed(desk, "status old@acme.example")
