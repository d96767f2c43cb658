"""Reading IMAP's lines and picking messages: the parts of the IMAP stand-in that know no
connection."""

import re
from collections.abc import Callable, Sequence
from email import message_from_bytes

from sandbox.world import Mail

Numbered = tuple[int, Mail]
Fits = Callable[[Mail], bool]
WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|(\([^)]*\))|(\S+)')


class Refused(Exception):
    """A tagged NO or BAD."""

    def __init__(self, condition: str, text: str) -> None:
        super().__init__(f"{condition} {text}".strip())


def line_words(line: str) -> list[str]:
    """The words of a line: atoms, quoted strings without their quotes, lists in parentheses as they
    stand."""
    words = []
    for quoted, group, atom in WORD.findall(line):
        words.append(group or atom or re.sub(r"\\(.)", r"\1", quoted))
    return words


def sequence(messages: Sequence[Mail], chosen: str, by_uid: bool) -> list[Numbered]:
    """The messages of a set like ``1:3,7,*``, with their numbers."""
    top = (messages[-1].uid if by_uid else len(messages)) if messages else 0
    picked = []
    for number, mail in enumerate(messages, 1):
        value = mail.uid if by_uid else number
        if any(_within(value, part, top) for part in chosen.split(",")):
            picked.append((number, mail))
    return picked


def search(messages: Sequence[Mail], words: Sequence[str]) -> list[Numbered]:
    """The messages that fit every key: ALL, UNSEEN, HEADER name value, SUBJECT value, OR key
    key."""
    left = list(words)
    tests: list[Fits] = []
    while left:
        tests.append(_key(left))
    return [(n, mail) for n, mail in enumerate(messages, 1) if all(fits(mail) for fits in tests)]


def _key(left: list[str]) -> Fits:
    """The test that the next key asks for; its words are taken off."""
    match left.pop(0).upper():
        case "UNSEEN":
            return lambda mail: "\\Seen" not in mail.flags
        case "HEADER":
            return _contains(left.pop(0), left.pop(0))
        case "SUBJECT":
            return _contains("Subject", left.pop(0))
        case "OR":
            one = _key(left)
            other = _key(left)
            return lambda mail: one(mail) or other(mail)
        case _:
            return lambda mail: True


def _contains(name: str, value: str) -> Fits:
    wanted = value.lower()
    return lambda mail: wanted in str(message_from_bytes(mail.raw).get(name, "")).lower()


def fetch(number: int, mail: Mail, wanted: str, by_uid: bool) -> bytes:
    """One FETCH answer with what was wanted."""
    asked = wanted.upper()
    items: list[bytes] = [f"UID {mail.uid}".encode()] if by_uid or "UID" in asked else []
    if "FLAGS" in asked:
        items.append(f"FLAGS ({' '.join(sorted(mail.flags))})".encode())
    if "RFC822.SIZE" in asked:
        items.append(f"RFC822.SIZE {len(mail.raw)}".encode())
    if "INTERNALDATE" in asked:
        items.append(f'INTERNALDATE "{mail.arrived:%d-%b-%Y %H:%M:%S +0000}"'.encode())
    for section in re.findall(r"BODY(?:\.PEEK)?\[([^\]]*)\]", wanted, re.I):
        body = mail.raw if not section else mail.raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        items.append(f"BODY[{section}] {{{len(body)}}}\r\n".encode() + body)
    return f"* {number} FETCH (".encode() + b" ".join(items) + b")\r\n"


def _within(value: int, part: str, top: int) -> bool:
    first, _, last = part.partition(":")
    low = top if first == "*" else int(first)
    high = low if not last else top if last == "*" else int(last)
    return min(low, high) <= value <= max(low, high)
