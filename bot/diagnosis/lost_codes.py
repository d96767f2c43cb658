"""What the words of an SMTP reply tell of its enhanced code, where a program left that out.

Libraries and dialogs show ``535 Authentication unsuccessful, account is locked`` of a reply that
was ``535 5.7.139 …``, or its words alone. Exchange's words belong to its codes: which to which is
known from the catalogue's samples.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from bot.diagnosis.phrases import begins_a_word, folded

CODE = re.compile(r"([245]\.\d{1,3}\.\d{1,3})[ ;,-]*(?:smtp[;,] )?")
OF_ONE_CASE = re.compile(r"[0-9@/\\]|[a-z]\.[a-z]")
"""What is in a word that is about one case: an address, a server, a number."""

OPENS = re.compile(r"[\[<({\"]")
"""What stands around something of one case."""

SHORTEST = 12
"""So long words are at least to be known behind a status."""

WORDS_ALONE = 5
LONG_ALONE = 32
"""So many words, so long in all, are known as Exchange's without any status."""


@dataclass(frozen=True)
class Known:
    """A reply that is known: of which row, and as its server sends it."""

    row: str
    status: int
    enhanced: str


class LostCodes:
    """The words of known replies."""

    def __init__(self, samples: Iterable[tuple[str, int, str]]) -> None:
        """`samples`: of each known reply its row, its status and its message."""
        self._samples = list(samples)

    def of(self, status: int, said: str) -> str:
        """The enhanced code of a reply without one; empty where its words do not tell."""
        text = folded(said).lstrip(" :,-'\"")
        for words, known in self._by_words:
            if text.startswith(words) and known.status // 100 == status // 100:
                return known.enhanced
        return ""

    def alone(self, text: str) -> Iterator[tuple[int, Known]]:
        """Replies of which a text has the words alone, and where; of none that passes by itself,
        which the same words without a status may not be."""
        flat = folded(text).replace("\n", " ")
        for words, known in self._by_words:
            if len(words) < LONG_ALONE or words.count(" ") < WORDS_ALONE - 1 or known.status < 500:
                continue
            at = flat.find(words)
            if at >= 0 and begins_a_word(flat, at):
                yield at, known

    @cached_property
    def _by_words(self) -> Sequence[tuple[str, Known]]:
        """The longest first; words with which replies of several rows begin are nobody's."""
        said = [(Known(row, status, code), words) for row, status, code, words in self._said()]
        begins = {_beginning(words): known for known, words in said}
        own = {
            beginning: known
            for beginning, known in begins.items()
            if len(beginning) >= SHORTEST
            and " " in beginning
            and all(other.row == known.row for other, words in said if words.startswith(beginning))
        }
        return sorted(own.items(), key=lambda one: -len(one[0]))

    def _said(self) -> Iterator[tuple[str, int, str, str]]:
        """Of each known reply with a code its row, status, code and words."""
        for row, status, message in self._samples:
            told = folded(message).lstrip()
            code = CODE.match(told)
            if code:
                yield row, status, code[1], told[code.end() :]


def _beginning(said: str) -> str:
    """The words of a reply until its sentence ends, or speaks of one case."""
    begun = []
    for word in said.split(" "):
        bare = OPENS.split(word)[0]
        if OF_ONE_CASE.search(bare):
            break
        begun.append(bare)
        if bare != word or word.endswith("."):
            break
    return " ".join(begun).rstrip(" ,.;:-")
