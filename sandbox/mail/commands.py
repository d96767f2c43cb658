"""Reading IMAP's lines and picking messages: the parts of the IMAP stand-in that know no
connection."""

import re
from collections.abc import Sequence
from email import message_from_bytes

from sandbox.world import Mail

Numbered = tuple[int, Mail]
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
    """The messages that fit ALL, UNSEEN or HEADER name value."""
    criteria = [word.upper() for word in words]
    found = list(enumerate(messages, 1))
    if "UNSEEN" in criteria:
        found = [(number, mail) for number, mail in found if "\\Seen" not in mail.flags]
    if "HEADER" in criteria:
        at = criteria.index("HEADER")
        name, value = words[at + 1], words[at + 2]
        found = [
            (n, m)
            for n, m in found
            if value.lower() in str(message_from_bytes(m.raw).get(name, "")).lower()
        ]
    return found


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
