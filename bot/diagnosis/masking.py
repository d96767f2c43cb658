"""A server's words without what names people and places or differs from reply to reply: fit to be
compared, and to be read by whoever has nothing to do with the customer."""

import re
from collections.abc import Collection, Iterator

from bot.diagnosis.observe import clean

ADDRESS, ID, LINK, HOST, NAME, NUMBER = (
    f"[{word}]" for word in ("address", "id", "link", "host", "name", "number")
)
PLACEHOLDERS = (ADDRESS, ID, LINK, HOST, NAME, NUMBER)
"""What stands in the place of something that was taken out."""

SHORTEST_NAME = 3
"""Shorter words are no name: they would be taken out of the middle of a sentence."""

_PLACEHOLDER = re.compile("|".join(map(re.escape, PLACEHOLDERS)))
_RULES = (
    (re.compile(r"(?<![\w])https?://[^\s\"'<>]{1,2000}", re.I), LINK),
    (re.compile(r"[^\s@<>()\[\]\"',;:]{1,64}@[^\s@<>()\[\]\"',;:]{1,255}"), ADDRESS),
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.I), ID),
    (
        re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"),
        NUMBER,
    ),
    (re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b"), HOST),
)
_FOR_MICROSOFT = re.compile(
    r"\s?\b(?:(?:Trace|Correlation) ID: \[id\]|Timestamp: \[number\])", re.I
)
"""What stands behind every reply of Microsoft's sign-in, and says nothing of its cause."""

_KEPT = re.compile(r"AADSTS\d{4,9}|\d\.\d{1,3}\.\d{1,3}", re.I)
"""Numbers that say what is wrong."""

_QUOTED = re.compile(r"(?<!\w)(['\"])([^'\"]{1,200})\1(?!\w)")
_DOTTED = re.compile(r"(?<![\w.-])[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}(?![\w-])")
_TOP_LEVEL = re.compile(r"[a-z]{2,24}|[A-Z]{2,24}")
_MIXED = re.compile(r"(?<!\w)\w{8,200}(?!\w)")
_DIGITS = re.compile(r"(?<!\w)\d+(?=[A-Za-z]{0,3}(?!\w))")
"""``30``, ``30s``, ``44th``."""
_SPACES = re.compile(r"\s+")


def masked(text: str, names: Collection[str] = ()) -> str:
    """`text` in one line, with a placeholder for each address, link, host, ID, quoted name and
    number; `names` are further ones to take out, as the customer's and the mailbox's."""
    text = clean(text)
    for pattern, placeholder in _RULES:
        text = pattern.sub(placeholder, text)
    text = _without(names, text)
    text = _QUOTED.sub(_quoted, text)
    text = _DOTTED.sub(_dotted, text)
    text = _MIXED.sub(_mixed, text)
    text = _FOR_MICROSOFT.sub("", _outside(_KEPT, _DIGITS, text))
    return _SPACES.sub(" ", text).strip()


def literals(text: str) -> Iterator[str]:
    """The parts of a masked text that stand between its placeholders, as they may be searched
    for."""
    for part in _PLACEHOLDER.split(text):
        yield part.strip(" .,:;'\"()[]{}<>-")


def _without(names: Collection[str], text: str) -> str:
    """`text` without the names, the longest first: one may be part of another."""
    for name in sorted(names, key=len, reverse=True):
        if len(name) >= SHORTEST_NAME:
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", NAME, text, flags=re.I)
    return text


def _quoted(found: re.Match[str]) -> str:
    """A name; ``'client_secret'`` is the protocol's own word."""
    inner = found[2]
    kept = re.fullmatch(r"[a-z]+(?:_[a-z]+)+", inner) or inner in PLACEHOLDERS
    return found[0] if kept else f"{found[1]}{NAME}{found[1]}"


def _dotted(found: re.Match[str]) -> str:
    """A host; ``System.Net.Mail.SmtpException`` and ``5.7.139`` are none."""
    return HOST if _TOP_LEVEL.fullmatch(found[0].rpartition(".")[2]) else found[0]


def _mixed(found: re.Match[str]) -> str:
    """An ID: letters and digits in one long word."""
    word = found[0]
    has_both = any(map(str.isdigit, word)) and any(map(str.isalpha, word))
    return ID if has_both and not _KEPT.fullmatch(word) else word


def _outside(kept: re.Pattern[str], changed: re.Pattern[str], text: str) -> str:
    """Numbers taken out, but for those that are kept."""
    parts = []
    end = 0
    for found in kept.finditer(text):
        parts += [changed.sub(NUMBER, text[end : found.start()]), found[0]]
        end = found.end()
    return "".join([*parts, changed.sub(NUMBER, text[end:])])
