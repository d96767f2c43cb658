"""Reading a list of old mail accounts, however it was typed, pasted or exported."""

import csv
import re
from collections import Counter
from dataclasses import replace

from bot.common.mail_addresses import problem, tidied
from bot.views.account_form import MAX_NAME_LENGTH
from bot.views.legacy_import import Row

MAX_ROWS = 2000
LARGEST_FILE = 1024 * 1024
SEPARATORS = "\t;,|"
HEADINGS = {
    "name": {"name", "account", "account name", "display name", "title"},
    "address": {
        "address",
        "email",
        "e-mail",
        "mail",
        "email address",
        "e-mail address",
        "sender email",
        "mailbox",
    },
    "user": {"user", "username", "user name", "upn", "login", "sign-in"},
    "kind": {"kind", "type", "account type"},
}
"""What a column may be headed with; without a heading the columns are told by what stands in
them."""

ENCODINGS = ("utf-8-sig", "cp1252")
FROM_BROKEN_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f]")


class NotAList(Exception):
    """A file that holds no list; the text is the sentence that says why."""


def decode(content: bytes) -> str:
    """The text of a file.

    Raises:
        NotAList: it is too large, or no text.
    """
    if len(content) > LARGEST_FILE:
        raise NotAList("old.file_too_large")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    for encoding in ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not FROM_BROKEN_TEXT.search(text):
            return text
    raise NotAList("old.file_not_text")


def read(text: str) -> list[Row]:
    """The rows of a list; a header, where there is one, is understood and left out.

    Raises:
        NotAList: there are too many rows.
    """
    lines = [
        (number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()
    ]
    if len(lines) > MAX_ROWS:
        raise NotAList("old.too_many")
    separator = _separator([line for _, line in lines])
    columns = _columns(_cells(lines[0][1], separator)) if lines else {}
    rows = [
        _row(number, line, _cells(line, separator), columns)
        for number, line in lines[1 if columns else 0 :]
    ]
    return _once_each(rows)


def header(text: str) -> str:
    """The line that heads the columns of a list; empty if it has none."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0] if lines and _columns(_cells(lines[0], _separator(lines))) else ""


def _separator(lines: list[str]) -> str:
    counts = Counter(
        {separator: len([line for line in lines if separator in line]) for separator in SEPARATORS}
    )
    best, often = counts.most_common(1)[0]
    return best if often * 2 > len(lines) else ""


def _cells(line: str, separator: str) -> list[str]:
    if not separator:
        return [line]
    return [
        " ".join(cell.split())
        for cell in next(csv.reader([line], delimiter=separator, skipinitialspace=True))
    ]


def _columns(cells: list[str]) -> dict[str, int]:
    """Where each thing stands, if these cells are a header."""
    known = {
        name: index
        for index, cell in enumerate(cells)
        for name, words in HEADINGS.items()
        if cell.lower() in words
    }
    return known if "address" in known else {}


def _row(number: int, line: str, cells: list[str], columns: dict[str, int]) -> Row:
    if columns:
        values = {
            name: cells[index] if index < len(cells) else "" for name, index in columns.items()
        }
        row = Row(number, line, **values)
    else:
        row = Row(number, line, *_told_by_content(cells))
    row = replace(row, address=tidied(row.address), user=tidied(row.user))
    name = row.name or row.address.partition("@")[0]
    return replace(row, name=name, problem=_problem(row, name))


def _told_by_content(cells: list[str]) -> tuple[str, str, str, str]:
    if len(cells) == 1:
        cells = [part for part in re.split(r"[\s,;|]+", cells[0]) if "@" in part] or cells
        name = ""
    else:
        name = next((cell for cell in cells if cell and "@" not in cell), "")
    addresses = [cell for cell in cells if "@" in cell]
    rest = [cell for cell in cells if cell and "@" not in cell and cell != name]
    address, user = (*addresses, "", "")[:2]
    return name, address or (cells[0] if not name else ""), user, rest[0] if rest else ""


def _problem(row: Row, name: str) -> str:
    if not row.address:
        return "old.no_address"
    if problem(row.address):
        return "old.address_bad"
    if row.user and problem(row.user):
        return "old.user_bad"
    return "old.name_too_long" if len(name) > MAX_NAME_LENGTH else ""


def _once_each(rows: list[Row]) -> list[Row]:
    seen: set[str] = set()
    checked = []
    for row in rows:
        twice = not row.problem and row.address.lower() in seen
        seen.add(row.address.lower())
        checked.append(replace(row, problem="old.twice") if twice else row)
    return checked
