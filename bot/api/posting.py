"""Posting one webhook: to an address that was checked, within a deadline, with no redirect followed
and little read of what is answered."""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import SplitResult, urlsplit

from bot.api.egress import Address, Network, NotAllowed, Unknown, checked
from bot.common.redaction import hiding
from bot.common.ways_out import PORTS, WaysOut

DEADLINE_SECONDS = 10.0
"""From looking the name up to the end of the answer, however slowly that drips."""

MAX_ANSWER = 4096
"""So many bytes are read of an answer; nothing in it matters."""


@dataclass(frozen=True)
class Answer:
    """What came of a post. `status` is HTTP's, 0 where there was no answer; `reason` says what was
    wrong then, without an address. `retry_after` is what the receiver said of it; `refused` says
    that it is we who do not go there."""

    status: int = 0
    reason: str = ""
    retry_after: str = ""
    refused: bool = False

    @property
    def taken(self) -> bool:
        """Whether the receiver has it."""
        return 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        """Whether the receiver wants nothing more (Standard Webhooks 1.0)."""
        return self.status == http.HTTPStatus.GONE

    @property
    def kind(self) -> str:
        """What came of it, as it is counted: one of few words."""
        if self.taken:
            return "delivered"
        return "not-allowed" if self.refused else self.words

    @property
    def words(self) -> str:
        """Why it was not taken."""
        return f"HTTP {self.status}" if self.status else self.reason


Ask = Callable[[http.client.HTTPConnection, SplitResult, float], Answer]
"""What is done with a connection to an address, until a time of `time.monotonic`."""


class WebhookPoster(Protocol):
    """Posts webhooks."""

    def post(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Post one. Takes seconds at most, and raises nothing."""
        ...


@dataclass(frozen=True)
class HttpWebhooks:
    """Posts to the address of the settings.

    Attributes:
        networks: beside public addresses, where it may go.
        trust: whom TLS trusts; the usual ones where nothing is said.
        deadline: the seconds that a post may take.
    """

    url: str = field(repr=False)
    ways: WaysOut
    networks: Sequence[Network] = ()
    trust: ssl.SSLContext | None = None
    deadline: float = DEADLINE_SECONDS

    def post(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Post one."""

        def ask(connection: http.client.HTTPConnection, parts: SplitResult, end: float) -> Answer:
            return _asked(connection, parts, body, headers, end)

        return self._answered(ask)

    def look(self) -> Answer:
        """Whether a connection comes about, over which nothing is said: then there is no
        `reason`."""
        return self._answered(lambda *_: Answer())

    def _answered(self, ask: Ask) -> Answer:
        end = time.monotonic() + self.deadline
        try:
            with hiding(self.url):
                return self._at_first(ask, end)
        except NotAllowed as error:
            return Answer(reason=error.reason, refused=True)
        except Unknown as error:
            return Answer(reason=str(error))
        except (OSError, http.client.HTTPException, ValueError) as error:
            # Its text may have the address in it, which may be a secret
            late = time.monotonic() >= end
            return Answer(reason="too slow" if late else type(error).__name__)

    def _at_first(self, ask: Ask, end: float) -> Answer:
        """Ask the first address that takes a connection.

        Raises:
            OSError: none does, or TLS does not prove the name.
        """
        parts = urlsplit(self.url)
        port = parts.port or PORTS[parts.scheme]
        last: OSError = TimeoutError()
        for address in looked_up(str(parts.hostname), port, self.networks, end):
            connection = self.ways.connection(self.url, str(address), port, _left(end))
            with _cut_off(connection, end):
                try:
                    self._connect(connection, parts, end)
                except ssl.SSLError:
                    raise
                except OSError as error:
                    last = error
                    continue
                return ask(connection, parts, end)
        raise last

    def _connect(
        self, connection: http.client.HTTPConnection, parts: SplitResult, end: float
    ) -> None:
        connection.connect()
        connection.sock.settimeout(_left(end))
        if parts.scheme == "https":
            trust = self.trust or self.ways.trust() or ssl.create_default_context()
            connection.sock = trust.wrap_socket(
                connection.sock, server_hostname=str(parts.hostname)
            )


def looked_up(host: str, port: int, allowed: Sequence[Network], end: float) -> list[Address]:
    """The checked addresses of a host, before the time is over: looking it up knows no deadline of
    its own.

    Raises:
        NotAllowed: one of them may not be gone to.
        Unknown: it has none.
        TimeoutError: nobody says in time.
    """
    found: Future[list[Address]] = Future()

    def look() -> None:
        try:
            found.set_result(checked(host, port, allowed))
        except BaseException as error:
            found.set_exception(error)

    threading.Thread(target=look, name="webhook-name", daemon=True).start()
    try:
        return found.result(max(0.0, end - time.monotonic()))
    except TooLate:
        raise TimeoutError from None


def _asked(
    connection: http.client.HTTPConnection,
    parts: SplitResult,
    body: bytes,
    headers: Mapping[str, str],
    end: float,
) -> Answer:
    """What is answered.

    Raises:
        TimeoutError: the head of it was not there in time; cut off, it would read as complete.
    """
    way = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    host = parts.netloc.rpartition("@")[2]
    connection.request("POST", way, body, {"Host": host, "Connection": "close", **headers})
    answer = connection.getresponse()
    if time.monotonic() >= end:
        raise TimeoutError
    retry_after = answer.headers.get("Retry-After", "")
    status = answer.status
    with suppress(OSError, http.client.HTTPException):
        answer.read(MAX_ANSWER)
    return Answer(status, retry_after=retry_after)


@contextmanager
def _cut_off(connection: http.client.HTTPConnection, end: float) -> Iterator[None]:
    """A connection that ends when its time is over: whoever reads from it then finds its end."""

    def cut() -> None:
        if connection.sock is not None:
            with suppress(OSError):
                socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)

    cutter = threading.Timer(_left(end), cut)
    cutter.daemon = True
    cutter.start()
    try:
        yield
    finally:
        cutter.cancel()
        connection.close()


def _left(end: float) -> float:
    """So many seconds there are until then; a little where it is over, for no time-out is none."""
    return max(0.001, end - time.monotonic())
