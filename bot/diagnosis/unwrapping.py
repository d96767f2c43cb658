"""Takes a pasted text out of what programs wrap around it, so that it reads as its server wrote
it."""

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from urllib.parse import unquote

from bot.common.texts import STRAIGHT, visible

LONGEST_HEAD = 12_000
LONGEST_TAIL = 8_000
"""So much of a pasted text is read: a log begins with what was tried, and ends with what came of
it. Together they are what redaction takes (`bot.common.redaction.LONGEST`)."""

FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
"""Letters, digits and signs as they are typed between Chinese and Japanese ones."""

PERCENT = re.compile(r"%[0-9a-fA-F]{2}")
ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
ESCAPES = (
    ("\\\\", "\\"),
    ("\\\\", "\\"),
    ("\\r\\n", "\n"),
    ("\\n", "\n"),
    ("\\r", "\n"),
    ("\\t", " "),
    ('\\"', '"'),
    ("\\'", "'"),
    ("\\/", "/"),
)
"""What JSON, Python and logs write for lines, quotes and slashes; a log of a log does so twice."""
END_OF_LINE = re.compile(r"<(?:br|/p|/div|/h[1-6]|/li|/td|/tr)\b[^<>\n]{0,40}>", re.I)
DUMPED = re.compile(
    r"\[(\"?)(\w{1,40})\1\] ?=>\s{0,9}(?:(?:string|int|float|bool)\([^()\n]{1,20}\) ?)?"
)
"""``["code"]=> string(10) "BadRequest"`` and ``[error] => invalid_grant``, PHP's way to show it."""
GUESS = re.compile(
    r"\bThis (?:typically|usually|normally|commonly|often) (?:happens|occurs)[^.\n]{0,300}"
)
"""What a program adds of its own, whatever the reason was: ``This typically happens when …``."""
QUOTED = re.compile(r"(?m)^[>| \t]+")
"""How mail programs and chats mark what they quote."""

NARROWEST = 40
"""In fewer columns nobody breaks lines: what is shorter are lines of their own."""
FIRST_WORD = re.compile(r"(?![\d*<>\[{#|=-])[^\s=]{1,30}(?<!:)(?= |$)")
"""How a line begins that goes on: not as a reply, a label or an entry of a log does."""
ENDED = (".", "!", "?", ":", ";", "{", "}", ">", "。")


def unwrapped(pasted: str) -> str:
    """A pasted text without the encodings of addresses, pages, JSON and mail in it, with one kind
    of space, quote and digit. Its middle is left out where it is very long."""
    text = visible(_ends(pasted)).translate(STRAIGHT | FULL_WIDTH)
    text = _without_escapes(_without_percents(text))
    text = END_OF_LINE.sub("\n", html.unescape(text)).replace("=\n", "").replace("`", "")
    text = DUMPED.sub(r"\1\2\1: ", text)
    lines = GUESS.sub("", QUOTED.sub("", text)).split("\n")
    return "\n".join(_unbroken(" ".join(line.split()) for line in lines))


def _ends(text: str) -> str:
    if len(text) <= LONGEST_HEAD + LONGEST_TAIL:
        return text
    return f"{text[:LONGEST_HEAD]}\n{text[-LONGEST_TAIL:]}"


def _without_percents(text: str) -> str:
    """An address read as what it carries; a redirect may carry an address in turn."""
    if "error_description=" in text:
        text = text.replace("+", " ")
    if not PERCENT.search(text):
        return text
    if "error=" in text:
        text = text.replace("+", " ")
    return unquote(unquote(text))


def _without_escapes(text: str) -> str:
    text = text.replace("\\\\u", "\\u")
    text = ESCAPED.sub(lambda found: _sign(int(found[1], 16)), text)
    for written, meant in ESCAPES:
        text = text.replace(written, meant)
    return text


def _unbroken(lines: Iterable[str]) -> Iterator[str]:
    """Lines without the breaks that a terminal or a mail put into them, by paragraph."""
    for _, paragraph in groupby(lines, bool):
        yield from _joined(list(paragraph))


def _joined(lines: Sequence[str]) -> Iterator[str]:
    width = max(map(len, lines))
    whole = lines[0]
    for before, line in pairwise(lines):
        if width >= NARROWEST and _was_broken(before, line, width):
            whole = f"{whole} {line}"
        else:
            yield whole
            whole = line
    yield whole


def _was_broken(before: str, line: str, width: int) -> bool:
    """Whether a line goes on in the next: its first word would have gone beyond the width."""
    word = FIRST_WORD.match(line)
    too_long = word is not None and len(before) + 1 + len(word[0]) > width
    return too_long and not before.endswith(ENDED)


def _sign(number: int) -> str:
    """The character of a number; half of one stands for nothing."""
    return "" if 0xD800 <= number < 0xE000 else chr(number)
