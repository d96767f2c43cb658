"""The rows and cells of a list, whatever separates them.

The `csv` module reads no cell over 131,072 characters unless the whole process is told to, takes a
stray quote for the beginning of a cell that swallows every row behind it, and does not say in which
line a row began. Lists that people have want all three, so they are taken apart here.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from unicodedata import category

from bot.legacy.decoding import clean
from bot.legacy.headings import meaning
from bot.legacy.plausible import is_address

SEPARATORS = "\t;,|"
SAMPLE = 200
"""So many rows show which separator a list has."""

TOP = 10
"""So many rows may stand above the data: titles, and the heading."""

MOST_COLUMNS = 1000
"""So many headings are looked at; PowerShell's longest export has some 250."""

SEPARATOR_LINE = re.compile(r'"?sep=(?P<separator>[^\w\s"]|\t)"?[;,|\s]*', re.I)
"""The first line with which a file tells Excel its separator
(support.microsoft.com/office/import-or-export-text-txt-or-csv-files)."""

TYPE_LINE = re.compile(r'"?#TYPE\b.*', re.I)
"""The first line of Windows PowerShell's Export-Csv
(learn.microsoft.com/powershell/module/microsoft.powershell.utility/export-csv)."""

RULE = re.compile(r"[-=_+:*.~ ;,|]*")
"""What a cell holds that only draws a line, or nothing."""

MAILTO = re.compile(r"<mailto:([^<>|\s]+)(?:\|[^<>]*)?>", re.I)
"""How Slack shows an address in a message (docs.slack.dev/messaging/formatting-message-text)."""

KEPT_SIGNS = "\u200c\u200d"
"""Invisible signs that belong to words of Persian and Hindi (Unicode 23.2)."""


@dataclass(frozen=True)
class Record:
    """A row of a list: in which line it begins, and what stands in its cells."""

    line: int
    cells: tuple[str, ...]

    def cell(self, index: int | None) -> str:
        """What stands in a cell; nothing where the row has none there."""
        return self.cells[index] if index is not None and index < len(self.cells) else ""

    @property
    def filled(self) -> list[str]:
        """The cells that hold something."""
        return [cell for cell in self.cells if cell]


def rows(text: str) -> list[Record]:
    """The rows of a list that hold something, in order. Lines that speak to programs and rows of
    separators or dashes only are left out."""
    text = MAILTO.sub(r"<\1>", clean(text))
    drawn = _drawn(text)
    if drawn:
        return drawn
    separator, skipped = _told_separator(text)
    separator = separator or _likeliest(text)
    return _unwrapped(
        [
            record
            for record in _split(text, separator)
            if record.line > skipped and not _is_empty(record) and not _is_of_powershell(record)
        ]
    )


def _unwrapped(records: list[Record]) -> list[Record]:
    """The rows of a list whose every line was put in quotes as a whole, as if it were one cell."""
    if not records or any(len(record.cells) > 1 for record in records):
        return records
    inner = [replace(record, cells=apart(record.cells[0])) for record in records]
    return inner if _known(inner[0]) > 1 else records


def _drawn(text: str) -> list[Record]:
    """The rows of a table that PowerShell drew with spaces and a line of dashes under the headings;
    none where there is no such line."""
    lines = text.split("\n")
    for number, line in enumerate(lines[:TOP]):
        if number and _is_of_dashes(line):
            begins = [match.start() for match in re.finditer("-+", line)]
            drawn = [*enumerate(lines[number - 1 :], number)]
            return [
                Record(at, _sliced(each, begins))
                for at, each in drawn
                if at != number + 1 and each.strip()
            ]
    return []


def _is_of_dashes(line: str) -> bool:
    """Whether it is the line under the headings of PowerShell's Format-Table
    (learn.microsoft.com/powershell/module/microsoft.powershell.utility/format-table)."""
    return len(line.split()) > 1 and not line.strip("- ")


def _sliced(line: str, begins: Sequence[int]) -> tuple[str, ...]:
    ends = [*begins[1:], len(line)]
    return tuple(tidy(line[begin:end]) for begin, end in zip(begins, ends, strict=True))


def apart(cell: str) -> tuple[str, ...]:
    """The cells of a row that has another separator than its list, or one that is no table."""
    for separator in SEPARATORS:
        if separator in cell:
            return next(_split(cell, separator)).cells
    return (cell,)


def tidy(cell: str) -> str:
    """A cell on one line, without signs that nobody sees."""
    seen = (sign for sign in cell if category(sign) != "Cf" or sign in KEPT_SIGNS)
    return " ".join("".join(seen).split())


def _told_separator(text: str) -> tuple[str, int]:
    """The separator that the first line tells, if it is in the list, and how many lines tell
    one."""
    first, _, below = text.partition("\n")
    told = SEPARATOR_LINE.fullmatch(first.strip(" "))
    if told is None:
        return "", 0
    return (told["separator"] if told["separator"] in below else ""), 1


def _likeliest(text: str) -> str:
    """The separator under which the headings are known best, else most rows are alike, else most
    cells are an address; empty where no separator is in the text."""
    there = [separator for separator in SEPARATORS if separator in text]
    return max(there, key=lambda separator: _merit(text, separator), default="")


def _merit(text: str, separator: str) -> tuple[int, float, int]:
    sample = [each for each in islice(_split(text, separator), SAMPLE) if not _is_empty(each)]
    widths = Counter(len(each.cells) for each in sample if len(each.cells) > 1)
    alike = max(widths.values(), default=0)
    known = max((_known(each) for each in sample[:TOP]), default=0)
    whole = sum(1 for each in sample for cell in each.cells if is_address(cell))
    return known, alike / max(len(sample), 1), whole


def _known(record: Record) -> int:
    """How many things this row's cells are headings of."""
    return len({meaning(cell) for cell in record.cells[:MOST_COLUMNS]} - {None})


def _split(text: str, separator: str) -> Iterator[Record]:
    """The rows of a text. Takes time in proportion to it."""
    at = 0
    line = 1
    while at < len(text):
        begin = at
        cells = []
        more = True
        line_end = _line_end(text, at)
        while more:
            cell, at = _cell(text, at, line_end, separator)
            cells.append(tidy(cell))
            more = bool(separator) and text[at : at + 1] == separator
            line_end = line_end if at <= line_end else _line_end(text, at)
            at += 1
        yield Record(line, tuple(cells))
        line += text.count("\n", begin, at)


def _cell(text: str, at: int, line_end: int, separator: str) -> tuple[str, int]:
    """The cell that begins there, and where it ends. A quoted one may hold line ends."""
    begin = at
    while text[begin : begin + 1] == " ":
        begin += 1
    closing, end = _closing(text, begin, separator) if text[begin : begin + 1] == '"' else (-1, 0)
    if closing >= 0:
        return text[begin + 1 : closing].replace('""', '"'), end
    end = text.find(separator, at, line_end) if separator else -1
    end = line_end if end < 0 else end
    cell = text[at:end].strip()
    return (cell.strip('"') if cell.count('"') % 2 else cell), end


def _closing(text: str, opening: int, separator: str) -> tuple[int, int]:
    """The quote that closes a cell, and where the cell ends then. -1 where none closes it before a
    separator or line end: then the one that opens it is a sign like any other."""
    quote = text.find('"', opening + 1)
    while quote >= 0 and text[quote + 1 : quote + 2] == '"':
        quote = text.find('"', quote + 2)
    end = quote + 1
    while text[end : end + 1] == " ":
        end += 1
    closed = quote >= 0 and text[end : end + 1] in ("", "\n", separator)
    return (quote if closed else -1), end


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _is_empty(record: Record) -> bool:
    return all(RULE.fullmatch(cell) for cell in record.cells)


def _is_of_powershell(record: Record) -> bool:
    return record.line <= 2 and bool(TYPE_LINE.fullmatch(record.cells[0]))
