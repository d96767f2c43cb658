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
    """A sealed value that does not open: it was sealed under an unknown key or for something else
    (a moved row), or it is damaged."""


class UnknownKey(CannotOpen):
    """None of the keys sealed it."""


class Cipher:
    """AES-256-GCM under the first key; values sealed under any of the keys can be opened.

    Each value is sealed for something (`sealed_for`, e.g. ``grant:17``: GCM's associated data) and
    opens for nothing else, so that a row's value is worth nothing in another row.
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

    def seal(self, plain: str, sealed_for: str) -> bytes:
        """Encrypt `plain` for `sealed_for`."""
        return self.seal_bytes(plain.encode(), sealed_for)

    def seal_bytes(self, plain: bytes, sealed_for: str) -> bytes:
        """The same of bytes."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        body = self._keys[self._newest].encrypt(nonce, plain, sealed_for.encode())
        return self._newest + nonce + body

    def open(self, sealed: bytes, sealed_for: str) -> str:
        """Decrypt what was sealed for `sealed_for`.

        Raises:
            UnknownKey: none of the keys sealed it.
            CannotOpen: it was not sealed for that, or is damaged.
        """
        return self.open_bytes(sealed, sealed_for).decode()

    def open_bytes(self, sealed: bytes, sealed_for: str) -> bytes:
        """The same of bytes."""
        name, nonce, body = _cut(sealed)
        key = self._keys.get(name)
        if key is None:
            raise UnknownKey("unknown key")
        try:
            return key.decrypt(nonce, body, sealed_for.encode())
        except (InvalidTag, ValueError):  # ValueError: too short to be anything that was sealed
            raise CannotOpen("not sealed for this, or damaged") from None

    def knows(self, sealed: bytes) -> bool:
        """Whether one of the keys sealed it."""
        return _cut(sealed)[0] in self._keys

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
