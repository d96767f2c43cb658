"""What a person asks in plain words when they mention us."""

import re
import tomllib
from enum import StrEnum
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("asking.toml")
MOST_WORDS = 15
"""What is longer tells something, and only happens to have the words of a question in it."""

WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
EMOJI = re.compile(r":[a-z0-9_+-]{1,60}:")


class Question(StrEnum):
    """What people ask of us."""

    HELP = "help"
    STATUS = "status"
    UNKNOWN = "unknown"


def question(text: str) -> Question:
    """What `text`, of somebody who mentioned us, asks."""
    words = WORD.findall(EMOJI.sub(" ", text.casefold().replace("\u2019", "'")))
    if not words:
        return Question.HELP
    if len(words) > MOST_WORDS:
        return Question.UNKNOWN
    said = f" {' '.join(words)} "
    known = (asked for asked in (Question.STATUS, Question.HELP) if _stands_in(said, asked))
    return next(known, Question.UNKNOWN)


def _stands_in(said: str, asked: Question) -> bool:
    return any(f" {phrase} " in said for phrase in _phrases()[asked])


@cache
def _phrases() -> dict[str, list[str]]:
    phrases: dict[str, list[str]] = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return phrases
