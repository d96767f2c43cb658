"""What folder names stand for, in the languages of `folder_names.toml`."""

import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from unicodedata import category, normalize

from storage.vocabulary import FolderRole

ALIKE = str.maketrans(
    {"’": "'", "‘": "'", "ʼ": "'", "´": "'", "`": "'", "ș": "ş", "ț": "ţ", "−": "-"}
)
"""Signs that are typed for one another; Romanian had its comma-below letters as cedillas for
long."""


@dataclass(frozen=True)
class Meaning:
    """What a name stands for in one language: a role, or (None) a folder without mail. `own`:
    Outlook itself gives it."""

    role: FolderRole | None
    language: str
    own: bool


@lru_cache(maxsize=65536)
def meanings(name: str) -> tuple[Meaning, ...]:
    """What a name (of one folder, without those above it) stands for, in every language; empty
    where it is nobody's word for a role."""
    return _vocabulary().get(plain(name), ())


def plain(name: str) -> str:
    """A name as names are compared: without case, invisible signs, and kinds of spaces, hyphens and
    apostrophes."""
    folded = normalize("NFKC", normalize("NFKC", name).casefold()).translate(ALIKE)
    if folded.isascii():  # the only such sign is the hyphen itself
        return " ".join(folded.split())
    seen = ("-" if category(sign) == "Pd" else sign for sign in folded if category(sign) != "Cf")
    return " ".join("".join(seen).split())


def languages() -> tuple[str, ...]:
    """The languages that are known, as BCP-47 codes."""
    return tuple(_tables())


@cache
def _tables() -> Mapping[str, Mapping[str, object]]:
    """The data file: a table for each language."""
    return tomllib.loads(Path(__file__).with_name("folder_names.toml").read_text(encoding="utf-8"))


@cache
def _vocabulary() -> Mapping[str, tuple[Meaning, ...]]:
    """Every name of the data file, in plain writing, with what it stands for."""
    data = _tables()
    words: dict[str, list[Meaning]] = defaultdict(list)
    for language, table in data.items():
        for name, meaning in _entries(language, table):
            words[plain(name)].append(meaning)
    return {name: tuple(dict.fromkeys(meanings)) for name, meanings in words.items()}


def _entries(language: str, table: Mapping[str, object]) -> Iterator[tuple[str, Meaning]]:
    others = table.get("others", {})
    assert isinstance(others, dict)
    for role in FolderRole:
        yield from ((name, Meaning(role, language, own=True)) for name in _names(table, role))
        yield from ((name, Meaning(role, language, own=False)) for name in _names(others, role))
    yield from ((name, Meaning(None, language, own=True)) for name in _names(table, "not_mail"))


def _names(table: Mapping[str, object], key: str) -> list[str]:
    names = table.get(key, [])
    assert isinstance(names, list)
    return names
