"""Takes a pasted text out of what programs wrap around it, so that it reads as its server wrote
it."""

import html
import re
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


def unwrapped(pasted: str) -> str:
    """A pasted text without the encodings of addresses, pages, JSON and mail in it, with one kind
    of space, quote and digit. Its middle is left out where it is very long."""
    text = visible(_ends(pasted)).translate(STRAIGHT | FULL_WIDTH)
    text = _without_escapes(_without_percents(text))
    text = END_OF_LINE.sub("\n", html.unescape(text)).replace("=\n", "").replace("`", "")
    text = DUMPED.sub(r"\1\2\1: ", text)
    lines = GUESS.sub("", QUOTED.sub("", text)).split("\n")
    return "\n".join(" ".join(line.split()) for line in lines)


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


def _sign(number: int) -> str:
    """The character of a number; half of one stands for nothing."""
    return "" if 0xD800 <= number < 0xE000 else chr(number)
