"""How much of a mail server's words is taken: imaplib reads as much as a server announces."""

from typing import Any

from imapclient.tls import IMAP4_TLS

MAX_LITERAL_BYTES = 512 * 1024
"""A literal is the name of a folder, or the header of our own test message: Exchange takes headers
of 256 KiB at most (MaxHeaderSize of a receive connector)."""

MAX_ANSWER_BYTES = 8 * 1024 * 1024
"""Everything that one connection is told. A mailbox with 50,000 folders, a hundred bytes each,
lists five million; the probe reads little else."""

TOO_LARGE = "unexpected response: larger than any answer that is of use"
"""Begins as imaplib says it of an answer that is none."""


class BoundedImap(IMAP4_TLS):  # type: ignore[misc]
    """imaplib's connection, which ends where a server announces or sends too much."""

    def __init__(self, *args: Any) -> None:
        self._read_bytes = 0
        super().__init__(*args)

    def read(self, size: int) -> bytes:
        """A literal of so many bytes.

        Raises:
            IMAP4.abort: it is too large. Nothing of it is read, and the connection ends.
        """
        if size > MAX_LITERAL_BYTES:
            self._refuse()
        return self._counted(bytes(super().read(size)))

    def readline(self) -> bytes:
        """A line; imaplib itself takes a million bytes at most.

        Raises:
            IMAP4.abort: it is too much, with what came before. The connection ends.
        """
        return self._counted(bytes(super().readline()))

    def _counted(self, data: bytes) -> bytes:
        self._read_bytes += len(data)
        if self._read_bytes > MAX_ANSWER_BYTES:
            self._refuse()
        return data

    def _refuse(self) -> None:
        # what the server sends meanwhile would else be taken for answers to what is asked next
        self.shutdown()
        raise self.abort(TOO_LARGE)
