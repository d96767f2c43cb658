"""Reading a list of old mail accounts, however it was typed, pasted or exported.

What comes out are rows of known columns. Everything else, passwords above all, is left behind here:
nothing after this sees it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot.common.mail_addresses import problem, tidied
from bot.legacy import columns
from bot.legacy.columns import Layout, Table
from bot.legacy.decoding import NotAList
from bot.legacy.plausible import (
    addresses,
    is_address,
    is_name,
    is_nearly_an_address,
    is_secretive,
)
from bot.legacy.tables import TOP, Record, apart, rows
from bot.views.account_form import MAX_NAME_LENGTH
from bot.views.legacy_import import HEADINGS, NOTHING_DROPPED, Choice, Dropped, Row

MAX_ROWS = 2000
LONGEST_CELL = 300
"""So much is kept of a cell that is too long to be taken."""

MARKED = re.compile(r"(?<![^\s+,;{}])SMTP:([^\s,;{}+]+(?:\+(?![a-z]+:)[^\s,;{}+]+)*)")
"""A mailbox's own address among all that it has
(learn.microsoft.com/exchange/recipients/user-mailboxes/email-addresses)."""

AROUND = " <>;,'\"\t"
"""Signs that stand between a name and its address."""

BETWEEN = re.compile("[;,]")
"""What separates one address of a line from the next."""

NAMELESS = re.compile(r"#\d+")
"""How a row is called of which nothing was kept."""


@dataclass(frozen=True)
class Listed:
    """What a list says, and what of it was left out. `several`: without headings several addresses
    stand in one row, and each was taken for an account."""

    rows: Sequence[Row]
    dropped: Dropped = NOTHING_DROPPED
    several: bool = False


def read(text: str, choice: Choice | None = None) -> Listed:
    """The accounts of a list.

    Raises:
        NotAList: there are too many.
        Unclear: its headings do not say which column is what, and `choice` does not either.
    """
    records = rows(text)
    if len(records) > MAX_ROWS + TOP:
        raise NotAList("old.too_many")
    table = columns.headed(records)
    found = _of_table(table, choice) if table is not None else _without_headings(records)
    if len(found.rows) > MAX_ROWS:
        raise NotAList("old.too_many")
    return replace(found, rows=checked(found.rows))


def read_mended(text: str, numbers: Sequence[int]) -> list[Row]:
    """The rows of a list that was shown under `HEADINGS`, which may be gone by now. `numbers`:
    the lines where the rows stood before; a row that is new has its own.

    Raises:
        NotAList: there are too many.
    """
    table = columns.below(HEADINGS, rows(text))
    layout = columns.surely(table)
    found = [row for record in table.rows for row in _rows(record, table, layout)]
    if len(found) > MAX_ROWS:
        raise NotAList("old.too_many")
    if len(found) == len(numbers):
        found = [replace(row, number=at) for row, at in zip(found, numbers, strict=True)]
    return checked(found)


def checked(found: Sequence[Row]) -> list[Row]:
    """Rows, each with what is wrong with it, by itself and among the others."""
    seen: set[str] = set()
    told = []
    for row in found:
        kept = replace(row, address=tidied(row.address), user=tidied(row.user))
        named = replace(kept, name=_name_of(kept))
        problem = named.fault or _problem(named)
        if not problem and row.address.lower() in seen:
            problem = "old.twice"
        seen.add(row.address.lower())
        told.append(replace(named, problem=problem))
    return told


def _name_of(row: Row) -> str:
    name = "" if row.address and NAMELESS.fullmatch(row.name) else row.name
    return name or row.address.partition("@")[0] or f"#{row.number}"


def _problem(row: Row) -> str:
    if not row.address:
        return "old.no_address"
    if problem(row.address):
        return "old.address_bad"
    if row.user and problem(row.user):
        return "old.user_bad"
    return "old.name_too_long" if len(row.name) > MAX_NAME_LENGTH else ""


# -- with headings


def _of_table(table: Table, choice: Choice | None) -> Listed:
    layout = columns.layout(table, choice)
    found = [row for record in table.rows for row in _rows(record, table, layout)]
    return Listed(found, columns.dropped(table, layout))


def _rows(record: Record, table: Table, layout: Layout) -> Iterator[Row]:
    """The accounts of a row: one for each address in its cell."""
    if _is_shifted(record, table, layout):
        yield _of_shifted(record)
        return
    name = _named(record, layout)
    kind = record.cell(layout.kind)[:LONGEST_CELL]
    user = _user(record.cell(layout.user))
    found = _addresses(record, layout)
    name = "" if name in found else name
    for address in found or [""]:
        yield Row(record.line, name, address, user, kind)


def _is_shifted(record: Record, table: Table, layout: Layout) -> bool:
    """Whether the cells of a row do not stand under their headings, as after a separator within a
    name that has no quotes around it: there are too many, or an address is elsewhere."""
    if table.is_too_wide(record) or _is_out_of_place(record, table, layout):
        return True
    address = record.cell(layout.address)
    own = {found for _, found in addresses(address)}
    named = (found for index in layout.names for _, found in addresses(record.cell(index)))
    if own and not own.issuperset(named):
        return True
    return bool(address and not own and any(addresses(cell) for cell in record.cells))


def _is_out_of_place(record: Record, table: Table, layout: Layout) -> bool:
    """Whether a row with more cells than there are headings has an address under one that is of no
    address, a password's for example: its own may be the one, and stand a cell too far behind."""
    if len(record.cells) <= len(table.heading.cells):
        return False
    read = {found for index in layout.known for _, found in addresses(record.cell(index))}
    return any(found not in read for cell in record.cells for _, found in addresses(cell))


def _of_shifted(record: Record) -> Row:
    """What is kept of such a row: its address, if it can be only one."""
    found = {address for cell in record.cells for _, address in addresses(cell)}
    return Row(record.line, address=found.pop() if len(found) == 1 else "", fault="old.shifted")


def _addresses(record: Record, layout: Layout) -> list[str]:
    """The addresses of a row, or what stands in their place and its owner knows again."""
    cell = record.cell(layout.address)
    if layout.marked:
        return MARKED.findall(cell)[:1]
    found = [address for _, address in addresses(cell)]
    if not found and not cell:
        # a mailbox is often called by its address
        named = record.cell(next(iter(layout.names), None))
        return [named] if is_address(named) else []
    nearly = is_nearly_an_address(cell) or is_name(cell)
    return list(dict.fromkeys(found)) or ([cell[:LONGEST_CELL]] if nearly else [])


def _named(record: Record, layout: Layout) -> str:
    given = record.cell(layout.given)
    names = [record.cell(index) for index in layout.names]
    name = next(filter(None, names), "")
    family = record.cell(layout.family)
    if not name or (family == "" and given and given not in name and layout.family is None):
        name = " ".join(filter(None, [given, name, family]))
    return name[:LONGEST_CELL]


def _user(cell: str) -> str:
    found = addresses(cell)
    if found:
        return found[0][1]
    return "" if is_secretive(cell) else cell[:LONGEST_CELL]


# -- without


def _without_headings(records: Sequence[Record]) -> Listed:
    """Each address of each row is an account, called by what stands before it."""
    records = [_divided(record) for record in _below_the_title(records)]
    places = {
        index for record in records for index, cell in enumerate(record.cells) if addresses(cell)
    }
    secret = {
        index
        for record in records
        for index, cell in enumerate(record.cells)
        if index not in places and is_secretive(cell) and not is_nearly_an_address(cell)
    }
    found = [list(_accounts(record, places, secret)) for record in records]
    left = any(_is_left(*each) for each in zip(records, found, strict=True))
    several = any(len(each) > 1 for each in found)
    said = [row for each in found for row in each]
    return Listed(said, Dropped(bool(secret), cells=left), several)


def _below_the_title(records: Sequence[Record]) -> Sequence[Record]:
    title = records and len(records[0].filled) == 1 and records[0].filled[0].endswith(":")
    return records[1:] if title and not addresses(records[0].filled[0]) else records


def _divided(record: Record) -> Record:
    """A row that has another separator than most."""
    if len(record.cells) == 1 and len(addresses(record.cells[0])) < 2:
        return replace(record, cells=apart(record.cells[0]))
    return record


def _accounts(record: Record, places: set[int], secret: set[int]) -> Iterator[Row]:
    found: dict[str, Row] = {}
    for name, address in _with_names(record, secret):
        found.setdefault(address.lower(), Row(record.line, name, address))
    if found:
        yield from found.values()
        return
    nearly = [
        cell
        for index, cell in enumerate(record.cells)
        if is_nearly_an_address(cell) and (index in places or not places)
    ]
    words = (cell for index, cell in enumerate(record.cells) if index not in secret)
    name = next((cell for cell in words if is_name(cell)), "")
    yield Row(record.line, name, nearly[0] if nearly else "")


def _with_names(record: Record, secret: set[int]) -> Iterator[tuple[str, str]]:
    """The addresses of a row, each with its name: of the first cell, or of its own. Behind an
    address stands no name: there people keep passwords."""
    first = ""
    named = False
    for index, cell in enumerate(record.cells):
        for place, (text, address) in enumerate(addresses(cell)):
            own = _own_name(text, first=place == 0)
            yield own if is_name(own) else first, address
            first = ""
            named = True
        if not named and not first and index not in secret and is_name(cell):
            first = cell


def _own_name(text: str, first: bool) -> str:
    """The name of an address in the text before it. Where another address stands before that, the
    name begins behind a separator or ends in an angle bracket."""
    if not first:
        parts = BETWEEN.split(text, maxsplit=1)
        text = parts[-1] if len(parts) > 1 or "<" in text else ""
    return text.strip(AROUND)


def _is_left(record: Record, found: Sequence[Row]) -> bool:
    """Whether something of a row was left out."""
    kept = {value for row in found for value in row.values}
    return any(
        part not in kept and any(sign.isalnum() for sign in part)
        for cell in record.filled
        for part in _besides_addresses(cell)
    )


def _besides_addresses(cell: str) -> list[str]:
    found = addresses(cell)
    if not found:
        return [cell]
    behind = cell.rpartition(found[-1][1])[2]
    return [text.strip(AROUND) for text in (*(before for before, _ in found), behind)]
