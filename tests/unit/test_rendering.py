"""Hostile text renders correctly: within Slack's limits, escaped once, cut between characters, and
in its own place."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from string import Formatter
from typing import Any

import pytest

from bot.views.audience import Audience
from handlers.cards.kit import (
    BUTTON_LIMIT,
    HEADER_LIMIT,
    OPTION_LIMIT,
    SECTION_LIMIT,
    Message,
    Safe,
    button,
    context,
    fields,
    header,
    option,
    preformatted,
    safe,
    section,
)
from handlers.text.words import say, sentences
from sandbox.slack.limits import problems
from tests.support.drawing import EVERYBODY, OURS, Made, parts
from tests.support.rows import every
from tests.support.values import ROWS, account

pytestmark = pytest.mark.attacks

HOSTILE = {
    "80 characters": "x" * 80,
    "500 characters": "x" * 500,
    "500 that are escaped": "&" * 500,
    "500 of each kind": "<&>" * 167,
    "75 characters": "y" * 71,
    "76 characters": "y" * 72,
    "emoji of several characters": "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇩🇰",
    "many emoji": "👩‍👩‍👧‍👦" * 40,
    "right to left": "مرحبا بالعالم שלום",
    "right to left with marks": "\u200fمرحبا\u200e (3) \u061cשלום\u200f",
    "a ping": "<!channel>",
    "a ping without brackets": "@channel @here #general",
    "a mention": "<@U0VERA>",
    "a group": "<!subteam^S0TEAM>",
    "a link": "<https://evil.example|Sign in to Microsoft>",
    "a date": "<!date^0^{date}^https://evil.example|now>",
    "an escape": "&lt;",
    "an escape of an escape": "&amp;lt;",
    "bold": "*bold* _italic_ ~gone~",
    "code": "`code` ```block```",
    "a quotation": "> said",
    "zero width": "a\u200bb\u2060c\ufeffd\u200c",
    "lines": "one\ntwo\r\n\r\nthree\u2028four",
    "placeholders": "{name} {0} {} %s",
    "combining": "e" + "\u0301" * 60,
}
OVERRIDES = {
    "an override": "\u202egnp.exe",
    "an embedding": "\u202bone",
    "an isolate that never ends": "\u2067one",
    "an end that nobody began": "one\u2069\u202c",
}
BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")

FIRST, LAST = "Qx", "xQ"
"""They stand around hostile text, so that it is found again wherever it is shown."""

BUILDERS = EVERYBODY | OURS
TOKEN = re.compile(
    r"<(?:@\w+|#\w+|!subteam\^\w+|!date\^\d+\^[^<>|]+\|[^<>|]+|(?:https?://|mailto:)[^<>|]+(?:\|[^<>|]+)?)>"
)
MAIL = re.compile(r"<mailto:[^|>]*")
CODE = re.compile(r"```.*?```", re.DOTALL)
ESCAPE = re.compile(r"&(?:amp|lt|gt);")


@cache
def drawn(name: str, text: str) -> Any:
    """What a builder makes when whatever people or servers can name is called `text`; only read,
    since several tests look at it."""
    called = f"{FIRST}{text}{LAST}"
    one = account(name=called, sender_name=called, username=called)
    made = Made(one, [one] * 12, called, sorted(ROWS.rows)[0])
    return BUILDERS[name](made, Audience.SUPPORT if name in OURS else Audience.CUSTOMER)


def marked_up(shown: Any) -> list[str]:
    """The texts in which Slack reads markup."""
    summary = [shown.text] if isinstance(shown, Message) else []
    return summary + [
        part["text"] for part in parts(shown_parts(shown)) if part.get("type") == "mrkdwn"
    ]


def unmarked(shown: Any) -> list[str]:
    """The texts that Slack shows as they are."""
    return [part["text"] for part in parts(shown_parts(shown)) if part.get("type") == "plain_text"]


def shown_parts(shown: Any) -> list[Any]:
    return shown.blocks if isinstance(shown, Message) else [shown]


def wholes(texts: list[str]) -> Iterator[str]:
    """Hostile text where it is shown whole."""
    for text in (MAIL.sub("", text) for text in texts):
        yield from re.findall(f"{FIRST}((?:(?!{FIRST}).)*?){LAST}", text, re.DOTALL)


def flat(text: str) -> str:
    return " ".join(text.split())


def escaped(text: str) -> str:
    return flat(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def torn(text: str) -> list[str]:
    """What Slack could not read: an escape or a token that does not end."""
    rest = ESCAPE.sub("", TOKEN.sub("", text))
    return re.findall(r"<.{0,20}|&(?! ).{0,5}", rest)


def refused(shown: Any) -> list[str]:
    """What Slack would refuse."""
    if isinstance(shown, Message):
        return problems("message", {"text": shown.text[:4000], "blocks": shown.blocks})
    if shown["type"] in ("modal", "home"):
        return problems(shown["type"], shown)
    block = {"type": "actions", "elements": [shown]} if shown["type"] == "button" else shown
    return problems("message", {"text": "T", "blocks": [block]})


def misread(shown: Any, text: str) -> list[str]:
    """Hostile text that is not escaped exactly once where Slack reads markup, or is escaped where
    it reads none."""
    texts = [
        flat(each) if each.startswith("```") else each for each in marked_up(shown)
    ]  # code has its own lines
    once = escaped(text).replace("```", "'''")
    shown_for = str.maketrans("∗ˍ∼ˋ", "*_~`")
    found_once = [each.translate(shown_for) for each in wholes(texts)]
    marked = [each for each in found_once if each.replace("```", "'''") != once]
    return marked + [found for found in wholes(unmarked(shown)) if flat(found) != flat(text)]


everywhere = every("name", BUILDERS)


@everywhere
def test_hostile_text_is_within_slacks_limits(name: str) -> None:
    found = {kind: refused(drawn(name, text)) for kind, text in (HOSTILE | OVERRIDES).items()}
    assert {kind: each for kind, each in found.items() if each} == {}


@everywhere
def test_hostile_text_is_escaped_exactly_once(name: str) -> None:
    found = {kind: misread(drawn(name, text), text) for kind, text in HOSTILE.items()}
    assert {kind: each for kind, each in found.items() if each} == {}


@everywhere
def test_hostile_text_formats_nothing(name: str) -> None:
    shown = "\n".join(marked_up(drawn(name, " *bold* _italic_ ~gone~ `code` a_b ")))
    said = MAIL.sub("", CODE.sub("", shown))
    assert [text for text in ("*bold*", "_italic_", "~gone~", "`code`") if text in said] == []
    assert "aˍb" not in said, "within a word a sign is itself"


def test_an_address_is_shown_with_the_signs_that_people_copy() -> None:
    names = [name for name, text in sentences().items() if "{username}" in text or "{upn}" in text]
    assert len(names) > 10
    for local in ("first_last", "_first", "last_", "a._b", "~a", "a-_b~"):
        address = f"{local}@acme.example"
        for name in names:
            given = {
                field: address for _, field, _, _ in Formatter().parse(sentences()[name]) if field
            }
            assert address in say(name, **given), name
        assert f"({address})" in safe(f"*Info* ({address})").replace("`", "")


def test_code_in_a_sentence_has_every_sign_but_the_one_that_ends_it() -> None:
    assert "`_a*b_~`" in say("refused.no_account", ref="_a*b_~")
    assert "`aˋ *b*`" in say("refused.no_account", ref="a` *b*")


def test_code_around_an_address_ends_with_it() -> None:
    assert safe("`_a@acme.example` *b*") == "ˋ`_a@acme.example`ˋ ∗b∗"
    assert safe("_a@acme.example|_b@x.y_ <!here>") == ("`_a@acme.example`|`_b@x.y_` &lt;!here&gt;")


@everywhere
def test_nothing_is_cut_within_an_escape_or_a_token(name: str) -> None:
    found = {kind: torn("\n".join(marked_up(drawn(name, text)))) for kind, text in HOSTILE.items()}
    assert {kind: each for kind, each in found.items() if each} == {}


@every("ahead", range(30))
@pytest.mark.parametrize(
    "what", ["&amp;", "<@U0VERA>", "<!date^1795435200^{date_short_pretty} at {time}|2026-11-23>"]
)
def test_a_piece_of_markup_is_there_or_it_is_not(what: str, ahead: int) -> None:
    text = Safe("x" * (SECTION_LIMIT - ahead) + what * 2 + "y" * 30)
    for block in (section(text), context(text), fields([("Label", text)])):
        assert [rest for each in marked_up(block) for rest in torn(each)] == []


@everywhere
def test_no_text_reorders_the_rest_of_its_line(name: str) -> None:
    shown = [drawn(name, text) for text in OVERRIDES.values()]
    assert [
        text for each in shown for text in marked_up(each) + unmarked(each) if BIDI.search(text)
    ] == []


@pytest.mark.parametrize("made", [option, header, button], ids=lambda made: str(made.__name__))
@pytest.mark.parametrize("mark", ["&", "<", "`", "ש", "😀"])
def test_a_plain_text_is_cut_at_its_limit_and_not_before(
    made: Callable[..., Any], mark: str
) -> None:
    limit = {option: OPTION_LIMIT, header: HEADER_LIMIT, button: BUTTON_LIMIT}[made]
    more = () if made is header else ("value",)
    (fitting,), (longer,) = (
        unmarked(made(mark * limit, *more)),
        unmarked(made(mark * (limit + 1), *more)),
    )
    assert fitting == mark * limit
    assert longer == mark * (limit - 1) + "…"


def test_foreign_lines_cannot_leave_a_block_of_code() -> None:
    shown = [
        text
        for block in preformatted("one\n``` *bold* <!channel>\n" + "`" * 9000)
        for text in marked_up(block)
    ]
    assert shown and all(
        text.count("```") == 2 and text[:3] == text[-3:] == "```" for text in shown
    )


def test_an_empty_name_leaves_no_empty_text() -> None:
    for block in (section(safe("")), header(""), option("", "v"), fields([("Label", safe(""))])):
        assert all(unmarked(block) + marked_up(block))
