"""What a cell without a known heading may be: an address, a name, or what nobody may see."""

import re
from itertools import pairwise
from unicodedata import category

from bot.common.mail_addresses import bare, problem

FOUND = re.compile(
    # not begun within a longer word: a search would try again at each of its characters
    r"(?<![^\s@<>()\[\]{},;:\\\"|])[^\s@<>()\[\]{},;:\\\"|]{1,64}@[\w.-]++(?!@)"
)
"""What may be an address within a text."""

NEARLY = re.compile(r"[\w.+'-]{1,64}@[^\W\d_][\w.-]{0,250}")
"""An address with a slip in it, as ``info@acme``: it is not taken, but its owner knows it again."""

BEFORE_A_COLON = ("", "mailto", "smtp", "mail", "email", "e-mail", "address", "adresse")
"""Words that may stand with a colon before an address; before a colon of any other kind stands a
user, and behind it a password (RFC 3986, 3.2.1)."""

NAME_SIGNS = " .,'’\"“”„«»&()/+-–_·\u200c\u200d"
LONGEST_NAME = 300
MIXED_LENGTH = 6
"""A word of so many letters and digits is nobody's name."""

LEAPS = 2
"""A word in which so often a capital follows a small letter is nobody's name."""

HIDDEN = "•••"


def addresses(text: str) -> list[tuple[str, str]]:
    """Every address in a text, each with what stands between it and the one before."""
    found = []
    end = 0
    for match in FOUND.finditer(text) if "://" not in text else ():
        address = match[0].strip("'.-")
        before = text[end : match.start()]
        word, colon, rest = before.rpartition(":")
        known = not colon or rest.strip() or word.rpartition(" ")[2].lower() in BEFORE_A_COLON
        if known and is_address(address):
            found.append((before, address))
        end = match.end()
    return found


def is_address(text: str) -> bool:
    """Whether the whole of a text is an address. No domain of the world ends in a word with digits
    in it but one in the writing of IDNA, so that ``P@ss.w0rd`` is none."""
    last = text.rpartition(".")[2].lower()
    spelt = last.startswith("xn--") or not any(sign.isdigit() for sign in last)
    return spelt and bare(text) == text and not problem(text)


def is_nearly_an_address(text: str) -> bool:
    """Whether a text is an address but for a slip, and no password with an @ in it."""
    local, _, domain = text.partition("@")
    return bool(NEARLY.fullmatch(text)) and not (_is_mixed(local) or _is_mixed(domain))


def is_name(text: str) -> bool:
    """Whether a text may be the name of a person or a mailbox, and no password."""
    return (
        len(text) <= LONGEST_NAME
        and any(sign.isalpha() for sign in text)
        and all(_belongs_to_names(sign) for sign in text)
        and not is_secretive(text)
    )


def is_secretive(text: str) -> bool:
    """Whether a text looks like a password rather than like words."""
    words = re.split(r"[ .,'’\"“”„«»&()/+–_-]", text)
    return any(
        not all(_belongs_to_names(sign) for sign in word)
        or (len(word) >= MIXED_LENGTH and _has_both(word))
        or _leaps(word) >= LEAPS
        for word in words
    )


def shown(text: str) -> str:
    """A cell as people may see it before anybody knows what it is."""
    found = addresses(text)
    if found:
        return ", ".join(address for _, address in found)
    return text if not text or is_name(text) else HIDDEN


def _belongs_to_names(sign: str) -> bool:
    return sign in NAME_SIGNS or category(sign)[0] in "LMN"


def _has_both(word: str) -> bool:
    return any(sign.isdigit() for sign in word) and any(sign.isalpha() for sign in word)


def _is_mixed(word: str) -> bool:
    """Whether a digit stands between letters."""
    return bool(re.search(r"[^\W\d_]\d++[^\W\d_]", word))


def _leaps(word: str) -> int:
    return sum(1 for one, two in pairwise(word) if one.islower() and two.isupper())
