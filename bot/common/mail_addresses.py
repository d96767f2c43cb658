"""Which mail addresses and domains are taken, how they are kept, and how they are shown.

Kept is what servers are told: the domain of another script as punycode (RFC 5891). Shown is what
people write. Microsoft 365 takes no letters with accents before the @, neither in a mailbox's
address nor in a sign-in name ("Prepare for directory synchronization", learn.microsoft.com).
"""

import re
from urllib.parse import unquote

import idna

from bot.common.texts import JOINERS, visible

MAX_LENGTH = 254
"""Characters of an address, as kept (RFC 5321, 4.5.3.1.3, less the angle brackets)."""
MAX_LOCAL_LENGTH = 64
MAX_DOMAIN_LENGTH = 253
PUNYCODE = "xn--"
TOO_LONG = "form.address_too_long"
NOT_ASCII = "form.address_not_ascii"

LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.I)
TOP_LABEL = re.compile(r"[a-z][a-z0-9-]{0,61}[a-z0-9]", re.I)
WORD = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+", re.I)
"""What stands between the dots of a local part (RFC 5322, 3.2.3)."""
BRACKETS = "<>()"
AROUND = " \t\n,;\"'“”„‘’"
"""What comes along where an address is copied out of a sentence."""


class BadAddress(ValueError):
    """No address that is taken; the text is the sentence that says why."""


def read(text: str) -> str:
    """The address that somebody typed or pasted, as it is kept.

    Raises:
        BadAddress: it is none.
    """
    typed = bare(text)
    local, at, domain = typed.rpartition("@")
    if not at or len(typed) > MAX_LENGTH:
        raise BadAddress("form.address_bad" if len(typed) <= MAX_LENGTH else TOO_LONG)
    if not local.isascii():
        raise BadAddress(NOT_ASCII)
    address = f"{local}@{_domain(domain)}"
    if len(address) > MAX_LENGTH:
        raise BadAddress(TOO_LONG)
    words = local.split(".")
    if len(local) > MAX_LOCAL_LENGTH or not all(WORD.fullmatch(word) for word in words):
        raise BadAddress("form.address_bad")
    return address


def read_domain(text: str) -> str:
    """The domain that somebody typed, alone, in an address or as a link to its page, as it is kept.

    Raises:
        BadAddress: it is none.
    """
    typed = _without_invisible(text).strip(AROUND + BRACKETS)
    host = typed.rpartition("://")[2].partition("/")[0].rpartition("@")[2]
    return _domain(host.removeprefix("www.").rstrip("."))


def bare(text: str) -> str:
    """The address in ``Info <info@acme.example>``, in a link that writes to it, or alone; whatever
    else is left as it is, without what nobody sees. Exchange writes ``SMTP:info@acme.example``."""
    plain = _without_invisible(text).strip(AROUND)
    _, opened, inside = plain.rpartition("<")
    if opened and inside.endswith(">"):
        plain = inside.removesuffix(">")
    target, _, label = plain.partition("|")
    plain = label if "@" in label else target
    if plain.lower().startswith("mailto:"):
        plain = unquote(plain[len("mailto:") :].partition("?")[0])
    if plain.lower().startswith("smtp:"):
        plain = plain[len("smtp:") :]
    return plain.strip(AROUND + BRACKETS).rstrip(".")


def tidied(text: str) -> str:
    """The address as it is kept; what is none, as bare as it gets."""
    try:
        return read(text)
    except BadAddress:
        return bare(text)


def problem(text: str) -> str:
    """The sentence that says why the address is not taken; empty where it is."""
    try:
        read(text)
    except BadAddress as error:
        return str(error)
    return ""


def shown(address: str) -> str:
    """An address or a domain that is kept, as people write it."""
    local, at, domain = address.rpartition("@")
    return f"{local}{at}{'.'.join(_shown_label(label) for label in domain.split('.'))}"


def all_shown(addresses: str) -> str:
    """Several, with spaces between."""
    return " ".join(shown(address) for address in addresses.split())


def key(address: str) -> str:
    """What is the same for all ways to write an address that Microsoft takes for one."""
    return tidied(address).lower()


def _domain(host: str) -> str:
    domain = host if host.isascii() else _punycode(host)
    labels = domain.split(".")
    known = all(_is_label(label) for label in labels) and TOP_LABEL.fullmatch(labels[-1])
    if len(labels) < 2 or not known:
        raise BadAddress("form.address_bad")
    if len(domain) > MAX_DOMAIN_LENGTH:
        raise BadAddress(TOO_LONG)
    return domain


def _without_invisible(text: str) -> str:
    seen = visible(text)
    return "".join(character for character in seen if character not in JOINERS)


def _is_label(label: str) -> bool:
    """Whether it may stand between dots; one in punycode has to mean something."""
    return bool(LABEL.fullmatch(label)) and (
        not label.lower().startswith(PUNYCODE) or _shown_label(label) != label
    )


def _punycode(host: str) -> str:
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        raise BadAddress("form.address_bad") from None


def _shown_label(label: str) -> str:
    if not label.lower().startswith(PUNYCODE):
        return label
    try:
        return idna.decode(label)
    except idna.IDNAError:
        return label
