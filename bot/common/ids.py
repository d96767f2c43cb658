"""The IDs that people see: ``MB-7Q3F-9K2D`` for an account, ``MX-…`` for an error.

Crockford's base32 (no I, L, O, U) with his check character: modulo 37, which tells every single
wrong character and every swap of two neighbours. His five extra check symbols do not read well in
chat, so an ID that would need one is not minted.
"""

import re
import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BODY_LENGTH = 7
LOOK_ALIKES = str.maketrans({"O": "0", "I": "1", "L": "1"})
SHAPE = re.compile(rf"[{ALPHABET}]{{{BODY_LENGTH + 1}}}")


class NotAnId(ValueError):
    """A text that is no ID of the wanted kind, or one with a typing slip. `slip` tells the two
    apart."""

    def __init__(self, text: str, slip: bool) -> None:
        super().__init__(text)
        self.slip = slip


def new_account_ref() -> str:
    """A new account ID."""
    return _mint("MB")


def new_error_ref() -> str:
    """A new error ID."""
    return _mint("MX")


def read_account_ref(text: str) -> str:
    """The account ID that a person typed, in its proper form.

    Raises:
        NotAnId: it is none.
    """
    return _read(text, "MB")


def read_error_ref(text: str) -> str:
    """The error ID that a person typed, in its proper form.

    Raises:
        NotAnId: it is none.
    """
    return _read(text, "MX")


def _mint(prefix: str) -> str:
    while True:
        body = "".join(secrets.choice(ALPHABET) for _ in range(BODY_LENGTH))
        check = _check(body)
        if check < len(ALPHABET):
            return _form(prefix, body + ALPHABET[check])


def _read(text: str, prefix: str) -> str:
    plain = re.sub(r"[\s\-\u2010-\u2015`*]", "", text).upper()
    body = plain.removeprefix(prefix).translate(LOOK_ALIKES)
    if not SHAPE.fullmatch(body):
        raise NotAnId(text, slip=plain.startswith(prefix))
    if _check(body[:-1]) != ALPHABET.index(body[-1]):
        raise NotAnId(text, slip=True)
    return _form(prefix, body)


def _form(prefix: str, characters: str) -> str:
    return f"{prefix}-{characters[:4]}-{characters[4:]}"


def _check(body: str) -> int:
    value = 0
    for character in body:
        value = value * len(ALPHABET) + ALPHABET.index(character)
    return value % 37
