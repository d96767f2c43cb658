"""A list of old accounts that is looked over before it is taken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress

CELL_SEPARATOR = "; "
HEADINGS = ("Name", "Address", "User", "Kind")
"""What stands above rows that are shown as a list."""


@dataclass(frozen=True)
class Row:
    """One account of a list, as far as it was understood. `number` is the line where it stands.

    Attributes:
        fault: the sentence that says what was wrong with the row itself, so that what it holds
            cannot be taken at its word; empty where nothing was.
        problem: the sentence that says why it cannot be taken; empty where it can.
    """

    number: int
    name: str = ""
    address: str = ""
    user: str = ""
    kind: str = ""
    fault: str = ""
    problem: str = ""

    @property
    def values(self) -> tuple[str, str, str, str]:
        """What it says of the account."""
        return self.name, self.address, self.user, self.kind

    @property
    def text(self) -> str:
        """The row as people read it."""
        return _line([value for value in self.values if value])


@dataclass(frozen=True)
class Dropped:
    """What of a list was left out before anything was kept: passwords, columns of these headings,
    cells that nobody could tell the meaning of."""

    passwords: bool = False
    columns: Sequence[str] = ()
    cells: bool = False


NOTHING_DROPPED = Dropped()


@dataclass(frozen=True)
class Offer:
    """A column that somebody is asked about: where it stands, its heading, and what stands in its
    first rows, as far as it may be shown. `addresses`: there are some in it; `names`: what stands
    in it may be names."""

    index: int
    heading: str
    samples: Sequence[str]
    addresses: bool
    names: bool


@dataclass(frozen=True)
class Question:
    """Which column is what, where the headings do not say so.

    Attributes:
        key: of the same headings the same.
        chosen: by what is asked for (``address``, ``user``, ``name``) the column that is likely.
        dropped: what is left out whatever the answer is.
        text: the list, if it is asked about together with it: the columns that are offered.
    """

    key: str
    offers: Sequence[Offer]
    chosen: Mapping[str, int]
    dropped: Dropped = NOTHING_DROPPED
    text: str = ""


@dataclass(frozen=True)
class Choice:
    """What somebody answered: the columns, where there is one; `key` is that of the question."""

    key: str
    address: int
    user: int | None = None
    name: int | None = None

    @property
    def text(self) -> str:
        """The answer as a job keeps it."""
        columns = (self.address, self.user, self.name)
        return ",".join([self.key, *("" if each is None else str(each) for each in columns)])

    @classmethod
    def of(cls, text: str) -> "Choice | None":
        """Read what `text` says; None where it is no answer."""
        key, *columns = text.split(",")
        known = [int(each) if each.isdecimal() and each.isascii() else None for each in columns]
        if len(known) != 3 or known[0] is None:
            return None
        return cls(key, known[0], known[1], known[2])


@dataclass(frozen=True)
class Review:
    """What taking an import would do: `good` rows can be taken, `wrong` ones cannot; `mend` are
    those of them that are mended next. `taken`: how many were taken just now. `several`: without
    headings several addresses stand in one row, and each was taken for an account."""

    draft_id: int
    good: Sequence[Row]
    wrong: Sequence[Row]
    mend: Sequence[Row]
    taken: int = 0
    channel_id: str = ""
    dropped: Dropped = NOTHING_DROPPED
    several: bool = False

    @property
    def field(self) -> str:
        """The rows to mend, under the headings that say which cell is what."""
        return as_text(self.mend) if self.mend else ""


def as_text(rows: Sequence[Row]) -> str:
    """Rows as a list with headings: of user and kind only where a row has one."""
    used = [True, True, any(row.user for row in rows), any(row.kind for row in rows)]
    lines = [HEADINGS, *(row.values for row in rows)]
    kept = [list(compress(cells, used)) for cells in lines]
    return table_text(kept)


def table_text(lines: Sequence[Sequence[str]]) -> str:
    """Cells as a list that is read as they are."""
    return "\n".join(_line(cells) for cells in lines)


def _line(cells: Sequence[str]) -> str:
    return CELL_SEPARATOR.join(_quoted(cell) for cell in cells).strip()


def _quoted(cell: str) -> str:
    quoted = cell.replace('"', '""')
    return f'"{quoted}"' if '"' in cell or ";" in cell else cell
