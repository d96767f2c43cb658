"""What people typed is read as they see it, whatever Slack made of it on the way."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient

from bot.common.refusals import Refused
from bot.common.texts import on_one_line, reads_as, unquoted, visible, whole_number
from bot.support.rights import Action
from handlers.commands import Commands
from handlers.features import lookup
from handlers.slack.payloads import Choice, Command, Press, Submission
from handlers.text import typed
from storage.vocabulary import State
from tests.support.fast import ACME, VERA, FastBot
from tests.support.rows import every

pytestmark = pytest.mark.field

CASES: dict[str, list[dict[str, str]]] = tomllib.loads(
    (Path(__file__).parents[1] / "data" / "typed.toml").read_text(encoding="utf-8")
)
CLIENT = WebClient("xoxb-none")


def command(text: str, channel: str = ACME) -> Command:
    """A slash command of support, as Slack sends it."""
    body = {"team_id": VERA.team, "user_id": VERA.user, "channel_id": channel, "text": text}
    return Command.parse(body | {"trigger_id": "1.2"}, CLIENT)


def said(bot: FastBot, text: str, channel: str = ACME) -> str:
    """What a command is answered with."""
    answers: list[Any] = []
    Commands(bot.services).do(command(text, channel), answers.append)
    return str(answers[0].text) if answers else ""


@every("case", CASES["message"], ids=lambda case: case["sent"])
def test_a_message_is_read_as_its_author_sees_it(case: dict[str, str]) -> None:
    assert typed.message(case["sent"]) == case["read"]


@every("case", CASES["request"], ids=lambda case: case["sent"])
def test_a_mention_is_read_without_the_names_of_people(case: dict[str, str]) -> None:
    assert typed.request(case["sent"]) == case["read"]


@every("case", CASES["field"], ids=lambda case: case["sent"])
def test_a_field_is_left_as_it_was_typed(case: dict[str, str]) -> None:
    assert typed.field(case["sent"]) == case["read"]


def test_everything_that_is_typed_goes_through_the_decoder() -> None:
    sent = "error a &lt; b\u00a0c"
    assert command(sent).rest == "a < b c"
    event = {"user": "U1", "channel": ACME, "team": "T1", "text": f"<@U0BOT> {sent}"}
    assert Command.of_mention(event, CLIENT).rest == "a < b c"
    who = {"id": "U1", "team_id": "T1"}
    choice = {"user": who, "message": {"text": sent}, "trigger_id": "t"}
    assert Choice.parse(choice, CLIENT).text == "error a < b c"
    state = {
        "values": {"name": {"name": {"type": "plain_text_input", "value": "a &lt;\u00a0\x00b"}}}
    }
    view = {"id": "V1", "type": "modal", "state": state}
    assert Submission.parse({"user": who, "view": view}, WebClient()).values == {"name": "a &lt; b"}
    action = {"type": "plain_text_input", "value": "Sent\u00a0Items"}
    press = {"user": who, "view": view, "trigger_id": "t", "actions": [action]}
    assert Press.parse(press, CLIENT).value == "Sent Items"


@pytest.mark.parametrize(
    "text", ["status Info", "status\nInfo", "STATUS: Info", "*status* Info", "status\u00a0Info"]
)
def test_a_subcommand_ends_at_any_space(text: str) -> None:
    assert (command(text).name, command(text).rest) == ("status", "Info")


@pytest.mark.parametrize(
    "named",
    [
        "&lt;Smith&gt; &amp; Sons",
        "“&lt;Smith&gt; &amp; Sons”",
        "„&lt;smith&gt; &amp; sons“",
        "«&lt;Smith&gt;\u00a0&amp;\u202fSons»",
        "*&lt;Smith&gt; &amp; Sons*",
        "<mailto:info@acme.example|info@acme.example>",
        "<mailto:INFO@acme.example|INFO@acme.example>",
    ],
)
def test_an_account_is_found_however_it_is_named(named: str) -> None:
    bot = FastBot()
    account = bot.account(State.LIVE, name="<Smith> & Sons", address="info@acme.example")
    rest = command(f"status {named}").rest
    found = lookup.account_named(bot.services, VERA, ACME, rest, Action.SEE, "status")
    assert found.ref == account.ref


@pytest.mark.parametrize("named", ["Miller’s box", "miller's BOX", "“Miller’s box”"])
def test_the_shape_of_an_apostrophe_does_not_matter(named: str) -> None:
    bot = FastBot()
    bot.account(State.LIVE, name="Miller's box", address="info@acme.example")
    assert lookup.account_named(bot.services, VERA, ACME, named, Action.SEE, "status")


def test_a_snooze_is_of_the_account_between_its_words() -> None:
    bot = FastBot()
    bot.account(State.AWAITING_SIGN_IN, name="Info box", address="info@acme.example")
    assert "Info box" in said(bot, "snooze “Info box”\nfor 2d")
    assert "Info box" in said(bot, "snooze <mailto:info@acme.example|info@acme.example> 3d")


@pytest.mark.parametrize(
    "text",
    [
        "setup Borealis &amp; Söhne",
        "setup “Borealis &amp; Söhne”",
        "setup *Borealis &amp; Söhne* <http://borealis.example|borealis.example>",
        "setup Borealis\u00a0&amp;\nSo\u0308hne borealis.example",
    ],
)
def test_a_customer_is_called_so_everywhere(text: str) -> None:
    bot = FastBot()
    assert "Borealis &amp; Söhne" in said(bot, text, "C0NEW")
    assert bot.customers.of_channel("C0NEW").name == "Borealis & Söhne"
    bot.run_due()
    card = "\n".join(message.words for message in bot.posted("C0NEW"))
    assert "Borealis &amp; Söhne" in card and "&amp;amp;" not in card
    assert "Borealis & Söhne" in [each.name for each in bot.views.overview.customers()]
    assert bot.audited("channel.bound")[-1].detail["customer"] == "Borealis & Söhne"


def test_a_customer_is_the_same_in_any_case() -> None:
    bot = FastBot()
    said(bot, "setup Borealis &amp; Söhne", "C0ONE")
    said(bot, "setup BOREALIS &amp; SÖHNE", "C0TWO")
    assert bot.customers.of_channel("C0ONE") == bot.customers.of_channel("C0TWO")


def test_a_single_domain_is_name_and_organisation() -> None:
    bot = FastBot()
    said(bot, "setup <http://acme.com|acme.com>", "C0NEW")
    customer = bot.customers.of_channel("C0NEW")
    assert customer.name == "acme.com"
    assert customer.tenant_id == bot.microsoft.tenant_of("acme.com")


@pytest.mark.parametrize(
    "domain",
    [
        "acme.example.",
        "(acme.example)",
        "<mailto:info@acme.example|info@acme.example>",
    ],
)
def test_the_domain_behind_a_name_is_no_part_of_it(domain: str) -> None:
    bot = FastBot()
    said(bot, f"setup Quay {domain}", "C0NEW")
    customer = bot.customers.of_channel("C0NEW")
    assert (customer.name, customer.tenant_id) == ("Quay", bot.microsoft.tenant_of("acme.example"))


def test_a_name_that_is_too_long_is_refused_where_it_is_typed_as_well() -> None:
    bot = FastBot()
    with pytest.raises(Refused, match=r"form\.name_too_long"):
        said(bot, f"setup {'x' * 81}", "C0NEW")
    assert bot.customers.of_channel("C0NEW") is None


@pytest.mark.parametrize("typed", ["/status Info", "/maildesk status Info", "/STATUS, Info"])
def test_a_subcommand_may_look_like_a_command(typed: str) -> None:
    assert (command(typed).name, command(typed).rest) == ("status", "Info")


@pytest.mark.parametrize("text", ["setup <http://Node.js|Node.js>", 'setup "acme.com"'])
def test_a_name_that_is_nobodys_domain_is_a_name(text: str) -> None:
    bot = FastBot()
    bot.microsoft.unknown_domains.add("Node.js")
    said(bot, text, "C0NEW")
    assert bot.customers.of_channel("C0NEW").tenant_id == ""


@pytest.mark.parametrize(
    "text", ["²", "³⁴", "①", "٣", "१२", "-1", "1_0", " 1", "", "9" * 18, "9" * 19]
)
def test_what_is_no_number_of_ours_is_none(text: str) -> None:
    assert whole_number(text) == 0


def test_a_superscript_is_no_error_number() -> None:
    bot = FastBot()
    for text in ("²", "5017³"):
        assert lookup.is_error_id(bot.services, text)
        with pytest.raises(Exception, match=r"error\.unknown"):
            lookup.error_named(bot.services, VERA, text)


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ("“Info”", "Info"),
        ("‘Info’", "Info"),
        ("‚Info‘", "Info"),
        ("»Info«", "Info"),
        ('"Info"', "Info"),
        ('""', '""'),
        ("“", "“"),
        ('"A" and "B"', '"A" and "B"'),
        ("Miller’s", "Miller’s"),
    ],
)
def test_quotation_marks_around_a_name_are_not_of_it(text: str, inner: str) -> None:
    assert unquoted(text) == inner


def test_halves_of_characters_do_not_reach_the_database() -> None:
    assert visible("a\ud83db") == "ab"
    assert on_one_line(" \u200d \u3164 ") == ""
    assert reads_as("Info\u00a0“Box”") == 'info "box"'
