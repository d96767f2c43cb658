"""The sentences by which a failure is known where its number is missing, kept as data."""

import re
import tomllib
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

from bot.common.texts import STRAIGHT

FILE = Path(__file__).with_name("catalogue") / "phrases.toml"
STEMS = FILE.with_name("stems.toml")

GAP = 90
"""So many characters may stand between two parts of a phrase: a name, an address."""

MAX_BEGINNINGS = 30
"""So often the first part of a phrase is tried in a text: what repeats it more is no error."""

SPAN = 140
"""So far from the first of them the other words of a sentence may stand."""

END = re.compile(r"[\n!?。]|[.:](?=\s)")
"""Where a sentence ends; a dot within a name ends none, nor does a colon within an address."""

HELP = re.compile(r"github\.com/[\w.-]+/[\w.-]+/(?:wiki|issues|discussions|blob|tree)\S*")
"""Where a library sends people for help, whichever service it failed at."""

BOX_OF = re.compile(
    r"\b(?:mailbox|account|user(?:name)?|login|konto|compte|cuenta|postfach)[ :='\"]{1,3}"
    r"[\w.+-]{1,64}@(?:gmail|googlemail|yahoo|gmx|icloud|me|aol|web|zoho|proton(?:mail)?"
    r"|fastmail|yandex)\.[a-z]{2,3}"
)
"""A mailbox that somebody else's service keeps, named by its address."""

GIVEN_FOR = re.compile(r"\b(?:token|code|key|api) exchang\w+")
"""What OAuth calls an exchange has nothing to do with Microsoft's server of that name."""

WEB = re.compile(r"https?://\S+")
CONVERSATIONS = ("imap", "smtp")
"""What no address of the web shows: that of a permission has their names in it, and Exchange's
other interfaces have the same host."""

PAGE = "authorize"
"""Where the titles of Microsoft's pages belong."""

JOINED = ("oauth", "api", "client", "sdk", "exception", "error")
"""What programs join to the name of a service."""

ENDS = frozenset("\n:.!?>\"'*|()[]{}-–—•;=。!？」「：,，、")
"""What stands around a sentence that is quoted, labelled or on a line of its own."""


@dataclass(frozen=True)
class Phrase:
    """What several sentences say. `seen`: the fields of the observation that they stand for.
    `says`: sentences that nobody writes about anything else; `hints`: those that count only in a
    text that speaks of `seen`'s protocol otherwise, or (a page's title) stand alone. `words`: what
    a sentence says with a word of each meaning, in other languages than English; they count only
    in a text that speaks of one of the protocols `about`. `vague`: something more telling beside
    them comes first."""

    seen: Mapping[str, Any]
    says: Sequence["Sentence"]
    hints: Sequence["Sentence"]
    words: Sequence["Words"]
    about: Sequence[str]
    vague: bool

    @cached_property
    def titles(self) -> Sequence["Sentence"]:
        """Its hints, where they stand alone."""
        return [replace(hint, first=True, last=True) for hint in self.hints]


@dataclass(frozen=True)
class Sentence:
    """Parts that follow each other, at most `GAP` apart. `first`, `last`: it has to begin, to end a
    sentence."""

    parts: Sequence[str]
    first: bool
    last: bool

    @classmethod
    def of(cls, written: str) -> "Sentence":
        """As the data has it: ``^need admin approval$``, ``user account … is disabled``."""
        parts = [folded(part).strip() for part in written.strip("^$").split("…")]
        return cls(parts, written.startswith("^"), written.endswith("$"))

    def places(self, text: str, flat: str) -> Iterator[tuple[int, int]]:
        """Where it stands in a folded text: begin and end. `flat`: the text as one line."""
        begin = -1
        for _ in range(MAX_BEGINNINGS):
            begin = flat.find(self.parts[0], begin + 1)
            if begin < 0:
                return
            end = self._end(flat, begin)
            if end and begins_a_word(flat, begin) and self._stands_alone(text, begin, end):
                yield begin, end

    def _end(self, flat: str, begin: int) -> int:
        """Where it ends if it begins there; 0 if it does not."""
        end = begin + len(self.parts[0])
        for part in self.parts[1:]:
            found = flat.find(part, end, end + GAP + len(part))
            if found < 0:
                return 0
            end = found + len(part)
        return end

    def _stands_alone(self, text: str, begin: int, end: int) -> bool:
        before = text[max(begin - 4, 0) : begin].rstrip(" ")
        after = text[end : end + 4].lstrip(" ")
        return (not self.first or not before or before[-1] in ENDS) and (
            not self.last or not after or after[0] in ENDS
        )


@dataclass(frozen=True)
class Words:
    """Meanings, each with the stems of its words; a sentence that has a word of each says it,
    unless it has one of those by which all is `well`."""

    meanings: Sequence[Sequence[str]]
    well: Sequence[str]

    def places(self, text: str) -> Iterator[tuple[int, int]]:
        """Where the first of its words stands in a folded text: begin and end."""
        here = [[stem for stem in stems if stem in text] for stems in self.meanings]
        if not all(here):
            return
        first, *others = here
        begin = 0
        for end in (*(found.start() for found in END.finditer(text)), len(text)):
            sentence = text[begin:end]
            for at, stem in ((sentence.find(stem), stem) for stem in first):
                beside = sentence[max(at - SPAN, 0) : at + SPAN]
                if at < 0 or _any(self.well, beside):
                    continue
                if all(_any(stems, beside) for stems in others):
                    yield begin + at, begin + at + len(stem)
            begin = end


@dataclass(frozen=True)
class Phrases:
    """All of them. `evidence`: by protocol, what shows that a text speaks of it. `labels`: by what
    a number is, how the words beside it begin. `names`: what shows whose service a text is of."""

    phrases: Sequence[Phrase]
    evidence: Mapping[str, Sequence[str]]
    labels: Mapping[str, Sequence[str]]
    names: Mapping[str, Sequence[str]]

    def is_anothers(self, text: str) -> bool:
        """Whether a folded text names somebody else's service, and nothing of Microsoft's."""
        said = GIVEN_FOR.sub("", HELP.sub("", text))
        others = bool(BOX_OF.search(said))
        others = others or any(_named(name, said) for name in self.names["others"])
        return others and not any(name in said for name in self.names["microsofts"])

    def shows(self, where: str, text: str) -> bool:
        """Whether a folded text speaks of a protocol."""
        said = WEB.sub("", text) if where in CONVERSATIONS else text
        return any(_has(word, said) for word in self.evidence.get(where, ()))

    def found(self, text: str) -> Iterator[tuple[Phrase, int, int]]:
        """Every phrase in a folded text, with where it stands last: begin and end."""
        flat = text.replace("\n", " ")
        shown = {where for where in self.evidence if self.shows(where, flat)}
        if PAGE not in shown and self._has_title(text, flat):
            shown.add(PAGE)
        for phrase in self.phrases:
            sentences = [
                said
                for said in (*phrase.says, *self._hints(phrase, shown))
                if said.parts[0] in flat
            ]
            places = [place for said in sentences for place in said.places(text, flat)]
            if not shown.isdisjoint(phrase.about):
                places += [place for said in phrase.words for place in said.places(text)]
            if places:
                yield phrase, *max(places)

    def _has_title(self, text: str, flat: str) -> bool:
        """Whether the title of one of Microsoft's pages stands alone: the rest is of that page."""
        titles = (
            title
            for phrase in self.phrases
            if phrase.seen["where"] == PAGE
            for title in phrase.titles
            if title.parts[0] in flat
        )
        return any(True for title in titles for _ in title.places(text, flat))

    def _hints(self, phrase: Phrase, shown: Collection[str]) -> Sequence[Sentence]:
        """The hints that count: of a page that somebody copies, the title alone is enough."""
        where = phrase.seen["where"]
        if where in shown or (where == "token" and PAGE in shown):
            return phrase.hints
        return phrase.titles if where == PAGE else ()


@cache
def load() -> Phrases:
    """The bot's own; the file is read once a process."""
    data = tomllib.loads(FILE.read_text(encoding="utf-8"))
    words = tomllib.loads(STEMS.read_text(encoding="utf-8"))
    stems = {meaning: [folded(stem) for stem in said] for meaning, said in words["stems"].items()}
    well = [folded(stem) for stem in words["well"]["stems"]]
    phrases = [
        Phrase(
            seen,
            [Sentence.of(written) for written in raw.get("says", ())],
            [Sentence.of(written) for written in raw.get("hints", ())],
            [Words([stems[meaning] for meaning in said], well) for said in raw.get("words", ())],
            raw.get("about", [seen["where"]]),
            raw.get("vague", False),
        )
        for raw in data["phrase"]
        for seen in (raw["seen"] if isinstance(raw["seen"], list) else [raw["seen"]])
    ]
    evidence = {
        where: [folded(word) for word in words] for where, words in data["evidence"].items()
    }
    names = {whose: [folded(name) for name in known] for whose, known in data["names"].items()}
    return Phrases(phrases, evidence, data["labels"], names)


def _any(stems: Sequence[str], text: str) -> bool:
    """Whether a folded text has a word of a meaning."""
    return any(stem in text for stem in stems)


def begins_a_word(text: str, at: int) -> bool:
    """Whether what stands there in a folded text is no end of another word: ``enotfound`` is none
    of ``resourcenotfound``. Only letters that are written with gaps between words tell."""
    before, sign = text[max(at - 1, 0) : at], text[at : at + 1]
    return not (before.isascii() and before.isalpha() and sign.isascii() and sign.isalpha())


def _has(word: str, text: str) -> bool:
    """Whether a word, or the beginning of one, is in a folded text."""
    at = text.find(word)
    while at >= 0:
        if begins_a_word(text, at):
            return True
        at = text.find(word, at + 1)
    return False


def _named(name: str, text: str) -> bool:
    """Whether a service is named: as a word (``xero`` is none of ``xerox``) or before what programs
    join to it (``ZohoOAuthException``), and other than in somebody's address."""
    at = text.find(name)
    while at >= 0:
        end = at + len(name)
        ends = begins_a_word(text, end) or text.startswith(JOINED, end)
        whole = begins_a_word(text, at) and ends
        if whole and text[max(at - 1, 0) : at] != "@":
            return True
        at = text.find(name, at + 1)
    return False


def folded(text: str) -> str:
    """What two texts have in common that people take for the same: case and accents aside. It is
    as long as the text, so that what is found in it is found there."""
    plain = text.translate(STRAIGHT)
    return plain.lower() if plain.isascii() else "".join(map(_folded, plain))


@lru_cache(4096)
def _folded(sign: str) -> str:
    parts = unicodedata.normalize("NFKD", sign)
    bare = parts[0] if all(map(unicodedata.combining, parts[1:])) else sign
    lower = bare.casefold()
    return lower if len(lower) == 1 else bare
