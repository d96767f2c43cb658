"""Encryption of what is secret at rest."""

import hashlib
import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12
NAME_BYTES = 4


class CannotOpen(Exception):
    """A sealed value that no known key opens in this place: an unknown key, a moved row, or
    damage."""


class Cipher:
    """AES-256-GCM under the first key; values sealed under any of the keys can be opened.

    What is sealed for one place (`place`, e.g. ``grant:17``) does not open in another.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        """`keys`: 32 bytes each, newest first.

        Raises:
            ValueError: no key, or one of another length.
        """
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise ValueError(f"encryption keys have {KEY_BYTES} bytes, and there is at least one")
        self._keys = {_name(key): AESGCM(key) for key in keys}
        self._newest = _name(keys[0])

    def seal(self, plain: str, place: str) -> bytes:
        """Encrypt `plain` for `place`."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return (
            self._newest
            + nonce
            + self._keys[self._newest].encrypt(nonce, plain.encode(), place.encode())
        )

    def open(self, sealed: bytes, place: str) -> str:
        """Decrypt what was sealed for `place`.

        Raises:
            CannotOpen: it was not sealed for this place with a known key.
        """
        name, nonce, body = _cut(sealed)
        key = self._keys.get(name)
        if key is None:
            raise CannotOpen("unknown key")
        try:
            return key.decrypt(nonce, body, place.encode()).decode()
        except InvalidTag:
            raise CannotOpen("not sealed for this place") from None

    def is_newest(self, sealed: bytes) -> bool:
        """Whether the newest key sealed it."""
        return _cut(sealed)[0] == self._newest


def digest(secret: str) -> str:
    """What a random secret is found by, without being kept (SHA-256, hex)."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _name(key: bytes) -> bytes:
    return hashlib.sha256(b"key name" + key).digest()[:NAME_BYTES]


def _cut(sealed: bytes) -> tuple[bytes, bytes, bytes]:
    return (
        sealed[:NAME_BYTES],
        sealed[NAME_BYTES : NAME_BYTES + NONCE_BYTES],
        sealed[NAME_BYTES + NONCE_BYTES :],
    )
