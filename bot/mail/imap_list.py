"""What a server answers to LIST, read line by line: one odd name costs nobody the whole listing."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from imapclient.imap_utf7 import decode

LINE = re.compile(
    rb'\((?P<flags>[^()]*)\) +(?:"(?P<delimiter>\\?.)"|NIL) +(?P<name>.*)',
    re.DOTALL | re.IGNORECASE,
)
QUOTED = re.compile(rb'(?<!\\)"([^"\\]*(?:\\.[^"\\]*)*)"', re.DOTALL)
ESCAPED = re.compile(rb"\\(.)", re.DOTALL)

LOOKS_LIKE = {"/": "\u2215", ".": "\u2024", "\\": "\u2216"}


@dataclass(frozen=True)
class MailFolder:
    """A folder: the server's own name (modified UTF-7, as sent), the name to show, its delimiter
    and LIST attributes."""

    server_name: str
    shown_name: str
    delimiter: str
    flags: tuple[str, ...]


def folders_in(answers: Iterable[bytes | tuple[bytes, bytes] | None]) -> Iterator[MailFolder]:
    """The folders of a LIST answer as imaplib hands it on: a line each, without "* LIST ", a
    literal as a pair.

    A name that is not quoted reaches to the end of its line, whatever is in it: Exchange sends a
    folder whose name has tabs (column headings, pasted) without quotes. A line that is no answer to
    LIST is left out. Source: github.com/OfflineIMAP/offlineimap/issues/449,
    github.com/jstedfast/MailKit/issues/945.
    """
    for answer in answers:
        line, literal = answer if isinstance(answer, tuple) else (answer or b"", None)
        if found := LINE.match(line):
            name = _name(found["name"]) if literal is None else literal
            delimiter = ESCAPED.sub(rb"\1", found["delimiter"] or b"")
            flags = found["flags"].decode("latin-1").split()
            yield MailFolder(
                name.decode("latin-1"),
                _shown(name, delimiter),
                delimiter.decode("latin-1"),
                tuple(flags),
            )


def _name(sent: bytes) -> bytes:
    quoted = QUOTED.match(sent)
    return ESCAPED.sub(rb"\1", quoted[1]) if quoted else sent


def _shown(name: bytes, delimiter: bytes) -> str:
    """The name as people read it. A delimiter within a level, which only its encoding tells from
    one between two, is shown as a sign that looks like it; half a character, which cannot be kept,
    as a question mark."""
    try:
        sign = delimiter.decode("latin-1")
        levels = [str(decode(level)) for level in (name.split(delimiter) if delimiter else [name])]
        shown = sign.join(
            level.replace(sign, LOOKS_LIKE.get(sign, "_")) if sign else level for level in levels
        )
    except Exception:  # a broken name is shown as the server sent it
        shown = name.decode("ascii", "replace")
    return shown.encode("utf-8", "replace").decode()
