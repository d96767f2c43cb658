"""Text as people write it: what nobody sees in it is taken off, and what reads the same is the
same."""

import unicodedata

JOINERS = "\u200c\u200d"
"""Invisible, but part of how words of some scripts, and some emoji, are written."""

BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and signs that show nothing, of none of the categories of invisible ones."""

INVISIBLE_CATEGORIES = ("Cc", "Cf", "Cs")
"""Control characters, format characters, and halves of characters, which no database takes
(Unicode's general categories)."""

QUOTES = {'"': '"', "'": "'", "`": "`", "“": "”", "”": "”", "„": "“”", "‘": "’", "’": "’"}
QUOTES |= {"‚": "‘’", "«": "»", "»": "«", "‹": "›", "›": "‹"}
"""By what begins a quotation, in one language or another, what may end it."""

STRAIGHT = str.maketrans("“”„‟«»‘’‚‛‹›`´ˋ∗ˍ∼", "\"\"\"\"\"\"'''''''''*_~")
"""Signs for which others stand: by habit, or because Slack would take them for formats."""

MAX_NUMBER = 2**31 - 1
"""What fits into every integer column (postgresql.org/docs/current/datatype-numeric.html); a row of
a higher number nobody has been shown."""
MAX_DIGITS = 18
"""More are not even read."""


def visible(text: str) -> str:
    """`text` without what nobody sees in it; every space is an ordinary one, and lines stay."""
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n")
    return "".join(_shown(character) for character in lines)


def on_one_line(text: str) -> str:
    """`text` without what nobody sees, with one space between its words."""
    words = (word.strip(JOINERS) for word in visible(text).split())
    return " ".join(word for word in words if word)


def unquoted(text: str) -> str:
    """What stands in the quotation marks around `text`; the text itself where there are none, or
    where more of them stand within."""
    inner = text[1:-1]
    quoted = len(text) > 2 and text[-1] in QUOTES.get(text[0], "")
    return inner.strip() if quoted and not {text[0], text[-1]} & set(inner) else text


def reads_as(text: str) -> str:
    """What two texts have in common that people take for the same: whatever their case, their
    spaces and the shape of their quotation marks."""
    return on_one_line(text).translate(STRAIGHT).casefold()


def whole_number(text: str) -> int:
    """The number that `text` is; 0 if it is none (``²`` is not), or higher than a number of ours
    can be."""
    plain = text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS
    number = int(text) if plain else 0
    return number if number <= MAX_NUMBER else 0


def _shown(character: str) -> str:
    if character in "\n\t":
        return character
    category = unicodedata.category(character)
    if category in ("Zl", "Zp") or character in "\r\x85\x0b\x0c":
        return "\n"
    if category == "Zs":
        return " "
    hidden = category in INVISIBLE_CATEGORIES or character in BLANKS
    return "" if hidden and character not in JOINERS else character
