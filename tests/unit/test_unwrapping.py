"""Pasted texts are read as their server wrote them, whatever broke their lines."""

import tomllib
from pathlib import Path
from textwrap import fill

import pytest

from bot.diagnosis import catalogue
from bot.diagnosis.unwrapping import unwrapped

pytestmark = pytest.mark.catalogue

ROWS = catalogue.load()
THREADS = Path(__file__).parents[1] / "data" / "pasted_threads.toml"
NARROWEST, WIDEST = 64, 88
"""The columns of terminals and mails."""

SAME = 0.99
"""Of so many texts at least the lines say nothing that their words do not say."""


def cause(text: str) -> str:
    """What a text is taken for; empty if it means nothing to us."""
    verdict = ROWS.lookup_text(text)
    return verdict.cause if verdict else ""


def broken(text: str, width: int) -> str:
    """A text as a terminal of this width shows it, which breaks lines between words."""
    return "\n".join(fill(line, width, break_on_hyphens=False) for line in text.split("\n"))


def test_a_text_whose_lines_were_broken_says_the_same() -> None:
    groups = tomllib.loads(THREADS.read_text(encoding="utf-8"))["program"]
    texts = [text for group in groups for wanted, text in group["cases"] if wanted]
    changed = [
        text
        for at, text in enumerate(texts)
        if cause(broken(text, NARROWEST + at % (WIDEST - NARROWEST))) != cause(text)
    ]
    assert len(changed) <= (1 - SAME) * len(texts), changed


def test_a_sentence_is_one_whose_lines_were_broken() -> None:
    sentence = (
        "The Conditional Access policy of the organisation does not let this application in, "
        "so that its administrator has to allow it, or to change what the policy asks for."
    )
    for width in range(NARROWEST, WIDEST):
        assert unwrapped(broken(sentence, width)) == sentence


def test_lines_of_a_log_stay_lines_of_their_own() -> None:
    log = [
        "mailer: connected to smtp.office365.com:587 and waiting for what it says",
        "535 5.7.139 Authentication unsuccessful, basic authentication is disabled",
        "mailer: the message stays in the queue until somebody looks into it here",
        "attempt=2 of=5 host=smtp.office365.com port=587 says=nothing delay=120s",
    ]
    assert unwrapped("\n".join(log)).split("\n") == log


def test_a_title_stays_above_its_text() -> None:
    page = [
        "需要管理员批准",
        "这个应用需要访问你的组织中只有管理员可以授权的资源。请向管理员请求授权之后再使用这个应用。",
    ]
    assert unwrapped("\n".join(page)).split("\n") == page
    heading = [
        "Need admin approval",
        "Maildesk needs a permission that only an administrator gives",
    ]
    assert unwrapped("\n".join(heading)).split("\n") == heading
