"""A file of lines that is sealed chunk by chunk, so that neither side holds all of it at once.

It begins with `MAGIC` and a number of its own, drawn at random. Each chunk follows its length, and
is sealed for the file's number, its place in the file and whether it is the last: chunks that are
changed, left out, exchanged, or from another file do not open, and a file that was cut off has no
last one.
"""

import secrets
import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from storage.cipher import CannotOpen, Cipher, UnknownKey

MAGIC = b"maildesk backup 1\n"
"""What the file is; the number is that of its form."""

NUMBER_BYTES = 16
LENGTH = struct.Struct(">BI")
"""Before each chunk: whether it is the last one, and how many bytes it has."""

CHUNK_BYTES = 1 << 20
"""A chunk is sealed when it has so many bytes of whole lines."""

MOST_BYTES = 1 << 28
"""No chunk is longer: a length beyond it was tampered with, and is not waited for."""


class NotABackup(Exception):
    """The file does not begin like one, or is of a form that is not known."""


class WrongKey(Exception):
    """The file was sealed with none of the known keys."""


class Damaged(Exception):
    """The file was changed, or was cut off; the text says where."""


def write_sealed(file: BinaryIO, cipher: Cipher, lines: Iterable[bytes]) -> None:
    """Write lines, which have no line breaks in them, sealed under the cipher's newest key."""
    number = secrets.token_bytes(NUMBER_BYTES)
    file.write(MAGIC + number)
    place = 0
    waiting: list[bytes] = []
    size = 0
    for line in lines:
        waiting.append(line)
        size += len(line)
        if size >= CHUNK_BYTES:
            _write_chunk(file, cipher, waiting, _sealed_for(number, place, last=False), last=False)
            place += 1
            waiting = []
            size = 0
    _write_chunk(file, cipher, waiting, _sealed_for(number, place, last=True), last=True)


def read_sealed(file: BinaryIO, cipher: Cipher) -> Iterator[bytes]:
    """The lines, as they were written. What was yielded is genuine; whether it is all there is
    known at the end only.

    Raises:
        NotABackup: it is something else.
        WrongKey: none of the keys sealed it.
        Damaged: it was changed or cut off.
    """
    if file.read(len(MAGIC)) != MAGIC:
        raise NotABackup
    number = file.read(NUMBER_BYTES)
    place = 0
    last = False
    while not last:
        last, sealed = _read_chunk(file, place)
        yield from _opened(cipher, sealed, _sealed_for(number, place, last), place)
        place += 1
    if file.read(1):
        raise Damaged("something follows its end")


def _write_chunk(
    file: BinaryIO, cipher: Cipher, lines: list[bytes], sealed_for: str, *, last: bool
) -> None:
    sealed = cipher.seal_bytes(zlib.compress(b"\n".join(lines)), sealed_for)
    file.write(LENGTH.pack(last, len(sealed)) + sealed)


def _read_chunk(file: BinaryIO, place: int) -> tuple[bool, bytes]:
    head = file.read(LENGTH.size)
    if len(head) < LENGTH.size:
        raise Damaged(f"it ends before chunk {place + 1}")
    last, length = LENGTH.unpack(head)
    if length > MOST_BYTES:
        raise Damaged(f"chunk {place + 1} has an impossible length")
    sealed = file.read(length)
    if len(sealed) < length:
        raise Damaged(f"it ends in chunk {place + 1}")
    return bool(last), sealed


def _opened(cipher: Cipher, sealed: bytes, sealed_for: str, place: int) -> list[bytes]:
    try:
        plain = zlib.decompress(cipher.open_bytes(sealed, sealed_for))
    except UnknownKey:
        if place == 0:
            raise WrongKey from None
        raise Damaged(f"chunk {place + 1} was changed") from None
    except CannotOpen:
        raise Damaged(f"chunk {place + 1} was changed") from None
    return plain.split(b"\n") if plain else []


def _sealed_for(number: bytes, place: int, last: bool) -> str:
    return f"backup:{number.hex()}:{place}:{'last' if last else 'more'}"
