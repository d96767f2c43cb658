"""A list of old accounts that is looked over before it is taken."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One account of a list. `text` is the line as it was; `problem` is the sentence that says why
    it cannot be taken."""

    number: int
    text: str
    name: str = ""
    address: str = ""
    user: str = ""
    kind: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Review:
    """What taking an import would do: `good` rows can be taken, `wrong` ones cannot; `mend` are
    those of them that are mended next, under the line that heads the columns, if there is one.
    `taken`: how many were taken just now."""

    draft_id: int
    good: Sequence[Row]
    wrong: Sequence[Row]
    mend: Sequence[Row]
    header: str = ""
    taken: int = 0
    channel_id: str = ""

    @property
    def field(self) -> str:
        """The rows to mend, as they were written."""
        return as_text(self.header, self.mend) if self.mend else ""


def as_text(header: str, rows: Sequence[Row]) -> str:
    """The rows as they were written, under the line that heads the columns, if there is one."""
    return "\n".join([*filter(None, [header]), *(row.text for row in rows)])
