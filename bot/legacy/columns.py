"""Which column of a list holds what: told by its headings, or else by whoever has the list."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from zlib import crc32

from bot.legacy.headings import Column, meaning
from bot.legacy.plausible import (
    addresses,
    is_address,
    is_name,
    is_nearly_an_address,
    is_secretive,
    shown,
)
from bot.legacy.tables import MOST_COLUMNS, TOP, Record, apart
from bot.views.legacy_import import Choice, Dropped, Offer, Question, table_text

SAMPLES = 3
MOST_OFFERS = 100
"""So many options a list of Slack's holds (docs.slack.dev/reference/block-kit)."""

LONGEST_HEADING = 40
MOST_TOLD = 10

AS_WRITTEN = {
    Column.USER,
    Column.DISPLAY,
    Column.NAME,
    Column.GIVEN,
    Column.FAMILY,
    Column.KIND,
}
"""What is kept as it is written, whatever it looks like."""


class Unclear(Exception):
    """A list whose headings do not say which column is what. `question` is about the list as it is;
    `cleaned` about what of it may be shown, which it brings along."""

    def __init__(self, question: Question, cleaned: Question) -> None:
        super().__init__()
        self.question = question
        self.cleaned = cleaned


@dataclass(frozen=True)
class Layout:
    """Where in a row each thing stands; None where nowhere. `marked`: the column of the address
    holds all addresses of a mailbox, with a mark at its own."""

    address: int | None
    marked: bool = False
    user: int | None = None
    names: Sequence[int] = ()
    given: int | None = None
    family: int | None = None
    kind: int | None = None

    @property
    def known(self) -> set[int]:
        """The columns that are read."""
        single = (self.address, self.user, self.given, self.family, self.kind)
        return {index for index in (*single, *self.names) if index is not None}


@dataclass(frozen=True)
class Table:
    """A list with headings, and the rows below them."""

    heading: Record
    rows: Sequence[Record]

    @property
    def width(self) -> int:
        """How many cells a row has: of most rows, at least as many as there are headings. No more
        than these where passwords may stand before what is kept: a cell too many would move them
        under another heading."""
        if self._is_risky:
            return len(self.heading.cells)
        widths = Counter(len(row.cells) for row in self.rows if len(row.cells) > 1)
        usual = widths.most_common(1)[0][0] if widths else 0
        return max(usual, len(self.heading.cells))

    @property
    def _is_risky(self) -> bool:
        headings = [(index, cell) for index, cell in enumerate(self.heading.cells) if cell]
        unknown = [i for i, cell in headings if meaning(cell) in (None, Column.PASSWORD)]
        kept = [i for i, cell in headings if meaning(cell) in AS_WRITTEN]
        return bool(unknown and kept and min(unknown) < max(kept))

    @property
    def is_doubtful(self) -> bool:
        """Whether a row has a cell too many, so that nobody knows under which headings its cells
        stand."""
        return any(len(row.cells) > len(self.heading.cells) for row in self.rows)

    def is_too_wide(self, row: Record) -> bool:
        """Whether a row has a cell too many; an empty one counts where passwords may have moved."""
        return len(row.cells) > self.width and (self._is_risky or any(row.cells[self.width :]))

    def meant(self, column: Column) -> list[int]:
        """The columns with such a heading."""
        return [index for index, cell in enumerate(self.heading.cells) if meaning(cell) is column]

    def means(self, index: int) -> Column | None:
        """What a column holds, as far as its heading says."""
        return meaning(self.heading.cell(index))

    def cells(self, index: int) -> list[str]:
        """What stands in a column, where there is something."""
        return [row.cell(index) for row in self.rows if row.cell(index)]

    def with_addresses(self, columns: Sequence[int]) -> list[int]:
        """Those of the columns in which an address stands, or what is nearly one."""
        return [index for index in columns if any(map(_is_of_addresses, self.cells(index)))]


def headed(records: Sequence[Record]) -> Table | None:
    """The list as a table, where it has headings; what stands above them is left out."""
    top = _above_the_addresses(records)
    for number, record in enumerate(top):
        if _is_known(record):
            return _below(record, records[number + 1 :])
    words = [number for number, record in enumerate(top) if _is_all_words(record)]
    below = records[len(top) :]
    if words and below and len(below[0].cells) > 1:
        return _below(top[words[-1]], records[words[-1] + 1 :])
    return None


def below(headings: Sequence[str], records: Sequence[Record]) -> Table:
    """The rows as a table under its own headings, or under these where it has none."""
    if records and _is_known(records[0]):
        return _below(records[0], records[1:])
    return _below(Record(0, tuple(headings)), records)


def surely(table: Table) -> Layout:
    """Where each thing stands under headings that are ours."""
    mailboxes = [*table.meant(Column.PRIMARY), *table.meant(Column.ADDRESS)]
    return replace(
        _besides(table),
        address=next(iter(mailboxes), None),
        user=next(iter(table.meant(Column.USER)), None),
    )


def layout(table: Table, choice: Choice | None) -> Layout:
    """Where each thing stands. Where no column can be the one of the addresses, nobody is asked
    for it: every row lacks its address then.

    Raises:
        Unclear: the headings do not say so, and `choice` is no answer to what is asked then.
    """
    told = _told(table)
    if told is not None:
        return told
    question = _question(table)
    mailboxes = [offer.index for offer in question.offers if offer.addresses]
    if not mailboxes:
        return _without_addresses(question)
    if choice is None or choice.key != question.key or choice.address not in mailboxes:
        raise Unclear(question, _cleaned(table, question))
    return _chosen(table, choice, question)


def dropped(table: Table, read: Layout) -> Dropped:
    """What is left out of a table that is read so."""
    left = [
        index
        for index in range(table.width)
        if index not in read.known and any(row.cell(index) for row in table.rows)
    ]
    secret = [index for index in left if table.means(index) is Column.PASSWORD]
    headings = [table.heading.cell(index) for index in left if index not in secret]
    told = [heading[:LONGEST_HEADING] for heading in headings if heading]
    return Dropped(bool(secret), told[:MOST_TOLD], len(told) < len(headings))


def _below(heading: Record, records: Sequence[Record]) -> Table:
    """The table under a heading, which is not repeated in it."""
    width = len(heading.cells)
    rows = [_aligned(record, width) for record in records if record.cells != heading.cells]
    return Table(heading, rows)


def _aligned(record: Record, width: int) -> Record:
    """A row in whose one cell another separator divides what belongs into several."""
    if width == 1 or len(record.cells) > 1:
        return record
    parts = apart(record.cells[0])
    return replace(record, cells=parts) if len(parts) <= width else record


def _above_the_addresses(records: Sequence[Record]) -> Sequence[Record]:
    """The first rows, as far as no address stands in them."""
    for number, record in enumerate(records[:TOP]):
        if any(addresses(cell) for cell in record.cells):
            return records[:number]
    return records[:TOP]


def _is_known(record: Record) -> bool:
    whose = {Column.PRIMARY, Column.ADDRESS, Column.ADDRESSES, Column.USER}
    return any(meaning(cell) in whose for cell in record.cells[:MOST_COLUMNS])


def _is_all_words(record: Record) -> bool:
    return len(record.filled) > 1 and all(is_name(cell) for cell in record.filled)


def _told(table: Table) -> Layout | None:
    """Where each thing stands, if the headings say so and what stands below agrees."""
    address, marked = _address(table)
    users = table.with_addresses(table.meant(Column.USER)) or table.meant(Column.USER)
    if address is None or _differ(table, users) or (not users and _another(table, address)):
        return None
    besides = _besides(table)
    user = users[0] if users else None
    return replace(besides, address=address, marked=marked, user=user)


def _address(table: Table) -> tuple[int | None, bool]:
    """The column of the address, and whether it holds others beside; None where that is not
    certain."""
    for column in (Column.PRIMARY, Column.ADDRESS, Column.ADDRESSES):
        found = table.with_addresses(table.meant(column))
        if found:
            certain = not _differ(table, found)
            return (found[0] if certain else None), column is Column.ADDRESSES
    anywhere = table.with_addresses(range(table.width))
    meant = [*table.meant(Column.PRIMARY), *table.meant(Column.ADDRESS)]
    return (meant[0] if meant and not anywhere else None), False


def _besides(table: Table) -> Layout:
    """Where everything stands that is no address."""
    return Layout(
        address=None,
        names=[*table.meant(Column.DISPLAY), *table.meant(Column.NAME)],
        given=next(iter(table.meant(Column.GIVEN)), None),
        family=next(iter(table.meant(Column.FAMILY)), None),
        kind=next(iter(table.meant(Column.KIND)), None),
    )


def _differ(table: Table, columns: Sequence[int]) -> bool:
    """Whether several columns do not say the same."""
    told = [[row.cell(index).lower() for row in table.rows] for index in columns]
    return any(each != told[0] for each in told)


def _another(table: Table, address: int) -> bool:
    """Whether a column whose heading nobody knows is full of other addresses: of those who sign
    in, perhaps."""
    return any(
        _is_full_of_addresses(table.cells(index)) and _differ(table, [address, index])
        for index in range(table.width)
        if index != address and table.means(index) is None
    )


def _is_of_addresses(cell: str) -> bool:
    return bool(addresses(cell)) or is_nearly_an_address(cell)


def _is_full_of_addresses(cells: Sequence[str]) -> bool:
    return sum(1 for cell in cells if is_address(cell)) * 2 > len(cells)


def _question(table: Table) -> Question:
    offers = [
        _offer(table, index)
        for index in range(table.width)
        if table.means(index) not in (Column.PASSWORD, Column.OTHER) and table.cells(index)
    ][:MOST_OFFERS]
    likely = {
        "address": _only(table, offers, Column.PRIMARY, Column.ADDRESS),
        "user": _only(table, offers, Column.USER),
        "name": next((o.index for o in offers if o.names and _is_a_name(table, o.index)), None),
    }
    mailboxes = [offer.index for offer in offers if offer.addresses]
    if likely["address"] is None and len(mailboxes) == 1:
        likely |= {"address": mailboxes[0], "user": None}
    if likely["address"] is None and len(mailboxes) == 2 and likely["user"] in mailboxes:
        likely["address"] = sum(mailboxes) - int(likely["user"] or 0)
    chosen = {what: index for what, index in likely.items() if index is not None}
    return Question(_key(table), offers, chosen, _never_read(table, offers))


def _never_read(table: Table, offers: Sequence[Offer]) -> Dropped:
    """What is left out whatever people answer: the passwords, and what looks like some."""
    secret = [index for index in table.meant(Column.PASSWORD) if table.cells(index)]
    return Dropped(bool(secret), cells=any(not (o.addresses or o.names) for o in offers))


def _cleaned(table: Table, question: Question) -> Question:
    """The question about what of a list may be shown."""
    offers = [offer for offer in question.offers if offer.addresses or offer.names]
    headings = [shown(table.heading.cell(offer.index)) for offer in offers]
    if len(offers) == 1:
        headings = ["E-mail"]  # there is nothing to be asked then
    rows = [
        Record(row.line, tuple(_visible(row.cell(offer.index), offer) for offer in offers))
        for row in table.rows
    ]
    visible = Table(Record(1, tuple(headings)), rows)
    text = table_text([headings, *(row.cells for row in rows)])
    return replace(_question(visible), dropped=question.dropped, text=text)


def _visible(cell: str, offer: Offer) -> str:
    return shown(cell) if offer.addresses else cell


def _key(table: Table) -> str:
    return f"{crc32('|'.join(table.heading.cells).encode()):08x}"


def _offer(table: Table, index: int) -> Offer:
    cells = table.cells(index)
    with_addresses = any(addresses(cell) for cell in cells)
    names = not (with_addresses or table.is_doubtful) and not any(
        is_secretive(cell) for cell in cells
    )
    heading = shown(table.heading.cell(index))[:LONGEST_HEADING]
    visible = with_addresses or names
    samples = [row.cell(index) for row in table.rows[:SAMPLES]]
    told = [shown(cell if visible or not cell else "*") for cell in samples]
    return Offer(index, heading, told, with_addresses, names)


def _only(table: Table, offers: Sequence[Offer], *columns: Column) -> int | None:
    """The one column with such a heading in which addresses stand."""
    fitting = [
        offer.index for offer in offers if offer.addresses and table.means(offer.index) in columns
    ]
    return fitting[0] if len(fitting) == 1 else None


def _is_a_name(table: Table, index: int) -> bool:
    return table.means(index) in (Column.DISPLAY, Column.NAME)


def _without_addresses(question: Question) -> Layout:
    """Where something stands by which its owner knows a row again."""
    names = [offer.index for offer in question.offers if offer.names]
    return Layout(address=None, names=[question.chosen.get("name", names[0])] if names else [])


def _chosen(table: Table, choice: Choice, question: Question) -> Layout:
    """Where each thing stands, as somebody said: of what was offered to them."""
    mailboxes = {offer.index for offer in question.offers if offer.addresses}
    names = {offer.index for offer in question.offers if offer.names}
    user = choice.user if choice.user in mailboxes - {choice.address} else None
    named = [choice.name] if choice.name is not None and choice.name in names else []
    return replace(_besides(table), address=choice.address, user=user, names=named)
