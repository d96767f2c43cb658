"""What the headings of a list's columns mean, in the languages and programs of `headings.toml`."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from unicodedata import category, normalize

BRACKETS = re.compile(r"\[[^\[\]]*\]|\([^()]*\)")
"""What programs add to a heading, as in ``Password [Required]``."""

ALIKE = str.maketrans({"ı": "i", "đ": "d", "ł": "l", "ø": "o", "ي": "ی", "ك": "ک"})
"""Letters that are typed for one another and do not come apart by themselves."""

LONG_ENOUGH = 4
"""A word of so many ASCII letters is a password's within a longer heading, too; a shorter one
(``PIN``) only by itself."""


class Column(StrEnum):
    """What a column holds; the words are those of the data file."""

    PRIMARY = "primary"
    ADDRESS = "address"
    ADDRESSES = "addresses"
    USER = "user"
    DISPLAY = "display"
    NAME = "name"
    GIVEN = "given"
    FAMILY = "family"
    KIND = "kind"
    PASSWORD = "password"
    OTHER = "other"


def meaning(heading: str) -> Column | None:
    """What a column of this heading holds; None where the heading is nobody's."""
    for written in (BRACKETS.sub("", heading), heading):
        found = _known().get(_plain(written))
        if found is not None:
            return found
    return Column.PASSWORD if _is_of_passwords(_plain(heading)) else None


def languages() -> tuple[str, ...]:
    """The languages whose headings are known, as BCP-47 codes."""
    return tuple(_tables()["languages"])


def words(language: str, column: Column) -> list[str]:
    """The headings of a column in a language, the usual one first."""
    return list(_tables()["languages"][language].get(column, []))


def _plain(heading: str) -> str:
    """A heading as headings are compared: its letters and digits, without case and accents."""
    folded = normalize("NFKD", normalize("NFKD", heading).casefold()).translate(ALIKE)
    return "".join(sign for sign in folded if category(sign)[0] in "LN")


def _is_of_passwords(plain: str) -> bool:
    return any(
        word in plain
        for word in _words_for_passwords()
        if len(word) >= LONG_ENOUGH or not word.isascii()
    )


@cache
def _tables() -> Mapping[str, Mapping[str, Mapping[str, list[str]]]]:
    """The data file."""
    return tomllib.loads(Path(__file__).with_name("headings.toml").read_text(encoding="utf-8"))


@cache
def _known() -> Mapping[str, Column]:
    """Every heading of the data file, in plain writing. Programs come first: what they write is
    certain."""
    known: dict[str, Column] = {}
    for heading, column in _entries():
        known.setdefault(_plain(heading), column)
    return known


@cache
def _words_for_passwords() -> frozenset[str]:
    return frozenset(_plain(word) for word, column in _entries() if column is Column.PASSWORD)


def _entries() -> Iterator[tuple[str, Column]]:
    for tables in (_tables()["exports"], _tables()["languages"]):
        for table in tables.values():
            for column in Column:
                yield from ((heading, column) for heading in table.get(column, []))
