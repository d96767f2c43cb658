"""No text makes a regular expression slow: every expression of the product, wherever it stands, takes
time in proportion to its input."""

import re
from itertools import product

import pytest
from slack_sdk import WebClient

from bot.common.redaction import LONGEST, redact
from bot.diagnosis import catalogue
from handlers.slack.payloads import LONGEST_TYPED, Command
from tests.support import regexes
from tests.support.examples import in_a_hurry, size
from tests.support.regexes import Found, TooSlow, attacks, ended_after, seconds, text_of
from tests.support.rows import every

pytestmark = pytest.mark.attacks

SCREENED = 500 if in_a_hurry() else 2_000
"""So long are the texts by which the worst are chosen: on the short ones, too, what grows with the
square takes many times as long as what does not."""
SCREENED_SECONDS = 0.5
"""Much longer than any expression of ours takes for one of them."""
SIZES = (4_000, 16_000, 128_000, 1_024_000)[: size(4, 3)]
"""What grows fast is seen on the short ones, and costs little there."""
SHORT = SIZES[:2]
STEP = 32
"""Each is compared with one that is so many times shorter."""
MARGIN = 6
"""A linear expression takes `STEP` times as long, a quadratic one its square; `STEP` times this lies
in the middle, so that neither a text beyond the processor's caches is taken for the second, nor the
second for noise."""
NOISE_SECONDS = 0.004
WORST = 3
MEASUREMENTS = 4


def fastest(found: Found, text: str) -> float:
    """The least of a few measurements: what else the machine does only adds."""
    first = seconds(found, text)
    return first if first > 0.2 else min(first, *(seconds(found, text) for _ in range(2)))


def slowest(found: Found) -> list[tuple[str, str, str]]:
    """The attacks that cost most, the worst first."""
    costs = {
        attack: seconds(found, text_of(attack, SCREENED), SCREENED_SECONDS)
        for attack in attacks(found.pattern)
    }
    return sorted(costs, key=lambda attack: -costs[attack])[:WORST]


def superlinear(found: Found) -> str:
    """The first attack whose cost grows faster than its length; empty if none does."""
    try:
        worst = slowest(found)
    except TooSlow:
        return "no end within seconds on a short text"
    for attack in worst:
        # a million characters for the worst alone: what grows faster is seen long before
        sizes = SIZES if attack is worst[0] else SHORT
        for length in sizes[:1] if in_a_hurry() else sizes:
            # What else the machine does may spoil a measurement, but not every one of them
            for _ in range(MEASUREMENTS):
                told = faster_than_its_length(found, attack, length)
                if not told:
                    break
            else:
                return told
    return ""


def faster_than_its_length(found: Found, attack: tuple[str, str, str], size: int) -> str:
    """How the cost of an attack grows up to `size` characters, if that is faster than they do."""
    try:
        before = fastest(found, text_of(attack, size // STEP))
        cost = fastest(found, text_of(attack, size))
    except TooSlow:
        return f"{attack}: no end with {size} characters"
    if cost <= NOISE_SECONDS or cost <= before * STEP * MARGIN:
        return ""
    return f"{attack}: {before:.5f} s, then {cost:.5f} s with {size} characters"


@every("found", regexes.everywhere, ids=lambda found: found.where)
def test_it_takes_time_in_proportion_to_its_input(found: Found) -> None:
    assert superlinear(found) == ""


def test_none_needs_a_newer_python_than_we_ask_for() -> None:
    """Before Python 3.11.5 a possessive or atomic group whose inside backtracks matches wrongly
    (github.com/python/cpython/issues/106052); Debian 12 has 3.11.2."""
    risky = re.compile(r"\)(?:[*+?]|\{[\d,]*\})\+|\(\?>")
    patterns = [found.pattern.pattern for found in regexes.everywhere()]
    texts = [
        str(pattern, "latin-1") if isinstance(pattern, bytes) else pattern for pattern in patterns
    ]
    assert [text for text in texts if risky.search(text)] == []


@pytest.mark.parametrize(
    "slow",
    [
        r"(a+)+$",
        r"\b[A-Z][a-z]+_?(?:[A-Z][A-Za-z]+)+\b",
        r"[a-z]+_[a-z_]+",
        r"eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){1,4}",
        r"<([^>]+)>",
        r"(?:[a-z]+[ ,]?)+;",
        r"\s+$",
        r"(?:x|xx)*y",
    ],
)
def test_one_that_is_slow_is_noticed(slow: str) -> None:
    assert superlinear(Found("planted", re.compile(slow))) != ""


def test_expressions_are_found_wherever_they_stand() -> None:
    """As an attribute, in a tuple, in a call, in a call with a value in it, and in a data file."""
    places = {found.where.partition(":")[0] for found in regexes.everywhere()}
    assert places >= {
        "bot.common.redaction._PATTERNS",
        "bot.common.ids.SHAPE",
        "bot.common.ids",
        "bot.diagnosis.pasted_mail",
        "bot/imap.toml",
        "handlers.cards.kit.TORN",
    }
    matched = {matcher.text for row in catalogue.load().rows.values() for matcher in row.match}
    assert matched - {""} <= {found.pattern.pattern for found in regexes.everywhere()}


PARTS = (
    "eyJ",
    "user=",
    "code=",
    "Bearer ",
    "0.A",
    "M.R1_",
    "/login/",
    "a" * 23 + " ",
    "a" * 199 + " ",
)


@pytest.mark.redaction
@pytest.mark.parametrize(
    "part", [*PARTS, *(part + other for part in PARTS for other in "a .\n\\=")]
)
def test_redaction_of_the_longest_text_is_quick(part: str) -> None:
    with ended_after(0.5):
        redact(part * (LONGEST // len(part) + 1))


WORDS = ["".join(word) for word in product("abcdefghij", repeat=3)]


@pytest.mark.parametrize(
    "text",
    [
        " ".join(f"{word[0]}_{word}" for word in WORDS),
        " ".join(f"A{word[0]}B{word}" for word in WORDS),
        "AADSTS50001 " * 1000,
        "9" * 5000,
        "²",
        "\u0665" * 5,
    ],
    ids=["oauth", "graph", "numbers", "a-number", "no-number", "other-digits"],
)
def test_a_pasted_text_is_looked_up_quickly(text: str) -> None:
    """However many words of it may be errors; a number that no `int` takes is no number."""
    with ended_after(2):
        catalogue.load().lookup_text(text)


def test_what_is_typed_is_cut_before_it_is_read() -> None:
    sent = {"team_id": "T1", "user_id": "U1", "channel_id": "C1"}
    client = WebClient("xoxb-none")
    text = "error " + "x" * (10 * LONGEST_TYPED)
    read = Command.parse(sent | {"text": text}, client)
    assert len(read.name) + 1 + len(read.rest) == LONGEST_TYPED
    assert Command.parse(sent | {"text": None}, client).rest == ""
