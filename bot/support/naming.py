"""Which customer support means by what they typed in a channel of our own."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from bot.common.refusals import Refused
from bot.common.texts import on_one_line, reads_as
from bot.views.overview import CustomerName

AROUND = "\"'`,:;()"
"""What stands around a name or between names, and belongs to neither."""

NAMED = 8
"""So many customers are named where several could be meant."""

SLIP = 0.6
"""From this likeness on a name is worth asking about (as `difflib` counts it)."""


@dataclass(frozen=True)
class Named:
    """The customer that a text names, and the rest of the text."""

    customer: CustomerName
    rest: str


def customer_named(
    text: str, customers: Sequence[CustomerName], command: str, alone: bool = True
) -> Named:
    """The customer whose name a text begins or ends with: whole, or so many of its first words that
    nobody else is meant. `command` is what was typed before it; `alone`: nothing else may stand in
    the text.

    Raises:
        Refused: nobody is named, several may be meant, or there is none of that name; the closest
            one is suggested.
    """
    words = on_one_line(text).split()
    if not any(map(_folded, words)):
        example = customers[0].name if customers else "Acme"
        raise Refused("command.which_customer", command=command, example=example)
    found = _best(words, customers, alone)
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(each.customer.name for each in found[:NAMED])
        raise Refused("command.several_customers", text=" ".join(words), names=names)
    guess = _closest(words, customers)
    sentence = "command.customer_guess" if guess else "command.customer_unknown"
    raise Refused(sentence, text=" ".join(words), guess=guess, command=command)


def _best(words: list[str], customers: Sequence[CustomerName], alone: bool) -> list[Named]:
    """Whoever is named by the most of these words; a whole name goes before the beginning of one,
    and the beginning of the text before its end."""
    names = {each: _read(each.name) for each in customers}
    for count in range(len(words), 0 if not alone else len(words) - 1, -1):
        for part, rest in _cuts(words, count):
            named = _read(" ".join(part))
            begins = [each for each in names if named and names[each][: len(named)] == named]
            whole = [each for each in begins if names[each] == named]
            if begins:
                return [Named(each, " ".join(rest)) for each in whole or begins]
    return []


def _cuts(words: list[str], count: int) -> list[tuple[list[str], list[str]]]:
    """So many words of the beginning, and of the end, each with the others."""
    return [(words[:count], words[count:]), (words[-count:], words[:-count])]


def _closest(words: list[str], customers: Sequence[CustomerName]) -> str:
    """The customer whose name, or its beginning, is most like what was typed; empty if none is."""
    known: dict[str, str] = {}
    for each in customers:
        read = _read(each.name)
        for count in range(1, len(read) + 1):
            known.setdefault(" ".join(read[:count]), each.name)
    for count in range(len(words), 0, -1):
        for part, _ in _cuts(words, count):
            close = get_close_matches(" ".join(_read(" ".join(part))), known, n=1, cutoff=SLIP)
            if close:
                return known[close[0]]
    return ""


def _read(text: str) -> list[str]:
    """The words of a name as they are compared."""
    return [word for word in map(_folded, text.split()) if word]


def _folded(word: str) -> str:
    """A word whatever its case, its accents, and the marks around it."""
    parts = unicodedata.normalize("NFKD", reads_as(word).strip(AROUND))
    return "".join(part for part in parts if not unicodedata.combining(part))
