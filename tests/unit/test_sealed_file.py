"""Sealed files: what was written is read, or it is said that it is not the same any more."""

import io
from collections.abc import Iterator

import pytest

from storage import sealed_file
from storage.cipher import Cipher
from storage.sealed_file import (
    LENGTH,
    MAGIC,
    NUMBER_BYTES,
    Damaged,
    NotABackup,
    WrongKey,
    read_sealed,
    write_sealed,
)

OLD = b"o" * 32
CIPHER = Cipher([OLD])
LINES = [b"%d " % number + b"x" * 40 for number in range(12)]
HEAD = len(MAGIC) + NUMBER_BYTES


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three lines a chunk, and one chunk at the end without any."""
    monkeypatch.setattr(sealed_file, "CHUNK_BYTES", 120)


def sealed(lines: list[bytes] = LINES) -> bytes:
    file = io.BytesIO()
    write_sealed(file, CIPHER, lines)
    return file.getvalue()


def opened(data: bytes, cipher: Cipher = CIPHER) -> list[bytes]:
    return list(read_sealed(io.BytesIO(data), cipher))


def chunks(data: bytes) -> Iterator[bytes]:
    """The chunks of a file, each with its length before it."""
    place = HEAD
    while place < len(data):
        _, length = LENGTH.unpack(data[place : place + LENGTH.size])
        end = place + LENGTH.size + length
        yield data[place:end]
        place = end


def test_what_was_written_is_read() -> None:
    for count in range(len(LINES) + 1):
        assert opened(sealed(LINES[:count])) == LINES[:count]


def test_nothing_of_it_can_be_read_without_the_key() -> None:
    data = sealed()
    assert b"xxxxx" not in data
    with pytest.raises(WrongKey):
        opened(data, Cipher([b"n" * 32]))


def test_an_older_key_still_opens_it() -> None:
    assert opened(sealed(), Cipher([b"n" * 32, OLD])) == LINES


def test_every_changed_byte_is_noticed() -> None:
    data = sealed()
    for place in range(len(data)):
        changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        with pytest.raises((Damaged, NotABackup, WrongKey)):
            opened(changed)


def test_every_cut_is_noticed() -> None:
    data = sealed()
    for length in range(len(data)):
        with pytest.raises((Damaged, NotABackup)):
            opened(data[:length])


def test_chunks_that_are_left_out_exchanged_or_repeated_are_noticed() -> None:
    data = sealed()
    head = data[:HEAD]
    first, second, third, *rest = chunks(data)
    assert len(rest) >= 2
    for order in (
        [second, third, *rest],
        [first, third, *rest],
        [second, first, third, *rest],
        [first, second, second, third, *rest],
        [first, second, third, *rest[:-1]],
        [first, second, third, *rest, rest[-1]],
        [first, second, b"\x01" + third[1:]],
    ):
        with pytest.raises(Damaged):
            opened(head + b"".join(order))


def test_a_chunk_of_another_file_is_noticed() -> None:
    data = sealed()
    other = list(chunks(sealed()))
    mixed = [other[1] if place == 1 else chunk for place, chunk in enumerate(chunks(data))]
    with pytest.raises(Damaged):
        opened(data[:HEAD] + b"".join(mixed))


def test_an_impossible_length_is_not_waited_for() -> None:
    data = sealed()
    with pytest.raises(Damaged, match="impossible length"):
        opened(data[:HEAD] + LENGTH.pack(0, 2**32 - 1) + data[HEAD + LENGTH.size :])


def test_something_else_is_no_backup() -> None:
    for data in (b"", b"SQLite format 3\x00", b"maildesk backup 2\n" + sealed()[len(MAGIC) :]):
        with pytest.raises(NotABackup):
            opened(data)
