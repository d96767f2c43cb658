"""Waitress, with an end to the patience that it has for one client.

Waitress reads requests and sends answers on one thread, whatever the number of clients, and a
request comes to a worker thread when all of it is there: a slow client occupies a connection and
nothing else. But it ends only connections on which nothing at all moves (`channel_timeout`), so
that whoever sends a byte a minute keeps one for ever, and with enough of them keeps everybody else
out. Source: docs.pylonsproject.org/projects/waitress, "Arguments to waitress.serve"; its
`channel.py`.
"""

import re
import resource
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from heapq import nsmallest
from socket import SHUT_RDWR
from typing import Any

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask
from waitress.utilities import BadRequest

from handlers.web import hardening

FILES_PER_CONNECTION = 2
"""A connection, and the file in which waitress keeps a body that is on its way."""

MAX_FRAMING_BYTES = 6 * 1024
"""What may stand around the pieces of a chunked body: their sizes, and headers after them. The
largest body has less of it even where a proxy passes each network packet on as a piece."""

MAX_HEADERS = 200
"""Apache and gunicorn take a hundred."""

MAX_CONTENT_TYPE = 256
"""A boundary has 70 characters at most (RFC 2046, 5.1.1). Werkzeug makes a regular expression of
it: of 30,000 characters, that takes half a second and stays in memory."""

BLANKS = re.compile(rb"[ \t\x85\xa0]{33}|\r\n[ \t]")
"""What no browser and no proxy sends in a header: a run of blanks, and a header that goes on in the
next line. Waitress' and werkzeug's regular expressions take time with the square of a run's length:
30 kB of blanks are ten seconds, for which nobody else is answered. RFC 9112, 5.2, lets a server
refuse the second, in which blanks run as well."""

KEPT_FILES = 200
"""For the database, Slack, Microsoft, mail servers and logs."""


@dataclass(frozen=True)
class Limits:
    """How much one client may take.

    Attributes:
        body_bytes: a larger request is refused with 413, before its body is read.
        header_bytes: more headers than this are refused with 431 (nginx takes 32 kB).
        connections: at once; then whoever keeps us waiting longest makes room for the next.
        exchange_seconds: from the first byte of a request to the last byte of its answer. No
            request of ours takes half as long.
        idle_seconds: how long a connection may stay open between two requests. Longer than the
            minute of nginx and of most load balancers, which must be the ones to end it.
        sweep_seconds: how often the last two are looked after.
    """

    body_bytes: int = hardening.MAX_BODY_BYTES
    header_bytes: int = 32 * 1024
    connections: int = 4000
    exchange_seconds: float = 60
    idle_seconds: int = 75
    sweep_seconds: int = 5

    def adjustments(self, threads: int) -> dict[str, Any]:
        """What waitress is told."""
        return {
            "threads": threads,
            "ident": "",
            # waitress refuses a body of exactly this size
            "max_request_body_size": self.body_bytes + 1,
            "max_request_header_size": self.header_bytes,
            # a body beyond this waits in a file, not in memory: there may be thousands
            "inbuf_overflow": 64 * 1024,
            # the last resort, where every connection is at work and nobody can make room
            "connection_limit": self.connections + KEPT_FILES // 2,
            "channel_timeout": self.idle_seconds,
            "cleanup_interval": self.sweep_seconds,
            # select(), the default, knows no file beyond the 1,024th
            "asyncore_use_poll": True,
            # X-Forwarded-For reaches the API, which alone reads it, and takes the word of proxies
            # of the settings
            "clear_untrusted_proxy_headers": False,
        }


def connections_possible(wanted: int) -> int:
    """So many of the wanted connections as this process may have files for, after it has asked for
    as many as it needs."""
    needed = wanted * FILES_PER_CONNECTION + KEPT_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return wanted
    allowed = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return max((allowed - KEPT_FILES) // FILES_PER_CONNECTION, 1)


class HardenedErrorTask(ErrorTask):
    """What waitress itself answers (a body too large, a broken request, a fault outside the app),
    with the headers of every other answer."""

    def execute(self) -> None:
        """Answer."""
        self.response_headers: list[tuple[str, str]]
        self.response_headers.extend(hardening.ALWAYS.items())
        super().execute()


class QuickParser(HTTPRequestParser):
    """A request that takes no time to read, or is refused. It is taken apart on the one thread that
    reads everybody's: a megabyte in chunks of a byte would hold that thread for a second, and a
    header of blanks for ten."""

    def received(self, data: bytes) -> int:
        """Take what the client sent; how much of it belongs to this request."""
        consumed = int(super().received(data))
        if self.chunked and self.error is None and self._framing_bytes > MAX_FRAMING_BYTES:
            self.error = BadRequest("the chunks are too small")
            self.completed = True
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        """Take the first line and the headers apart.

        Raises:
            ParsingError: they are malformed, too many, or have what takes too long.
        """
        if header_plus.count(b"\r\n") > MAX_HEADERS or BLANKS.search(header_plus):
            raise ParsingError("too many headers, or blanks in them")
        super().parse_header(header_plus)
        if len(self.headers.get("CONTENT_TYPE", "")) > MAX_CONTENT_TYPE:
            raise ParsingError("a content type that long is none")

    @property
    def _framing_bytes(self) -> int:
        """What came behind the headers and is no part of the body."""
        body = self.body_rcv
        return 0 if body is None else self.body_bytes_received - len(body)


class TimedChannel(HTTPChannel):
    """A connection that knows how long it has kept us waiting."""

    parser_class = QuickParser
    error_task_class = HardenedErrorTask

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.since = time.monotonic()
        """When its latest request began, or the connection itself."""
        self.answered = False
        """Whether any request of it was answered."""

    def received(self, data: bytes) -> bool:
        """Take what the client sent."""
        if self.request is None and not self.requests:
            self.since = time.monotonic()
        return bool(super().received(data))

    def service(self) -> None:
        """Answer a request, on a worker thread."""
        super().service()
        self.answered = True

    def end(self) -> None:
        """End it, on the next turn of waitress' loop."""
        self.will_close = True
        # Alone, that waits until the client takes something; who reads nothing would stay for ever.
        with suppress(OSError):
            assert self.socket is not None
            self.socket.shutdown(SHUT_RDWR)

    @property
    def in_exchange(self) -> bool:
        """Whether the client has not sent all of a request, or not taken all of its answer."""
        return self.request is not None or bool(self.total_outbufs_len)

    @property
    def waits_for_client(self) -> bool:
        """Whether nobody but the client can bring it forward."""
        return not self.requests and not self.will_close


class PatientServer(TcpWSGIServer):
    """Waitress' server, which ends what takes too long and makes room when it is full."""

    channel_class = TimedChannel
    # the stubs say that this is one channel
    active_channels: dict[int, TimedChannel]  # type: ignore[assignment]

    def __init__(self, limits: Limits, application: Any, adjustments: Adjustments, **kwargs: Any):
        self._limits = limits
        super().__init__(application, adj=adjustments, **kwargs)

    def maintenance(self, now: float) -> None:
        """End the connections that are idle for too long, and those in a request for too long."""
        super().maintenance(now)  # type: ignore[arg-type]
        oldest = time.monotonic() - self._limits.exchange_seconds
        for channel in self._waiting():
            if channel.in_exchange and channel.since < oldest:
                channel.end()

    def handle_accept(self) -> None:
        """Take the connections that wait, a share of all that there may be. Waitress takes one a
        turn, and in a flood of them a turn takes milliseconds: everybody else would queue for
        seconds."""
        share = max(self._limits.connections // 80, 1)
        self._make_room(len(self.active_channels) + share - self._limits.connections)
        for _ in range(share):
            before = len(self.active_channels)
            super().handle_accept()
            if len(self.active_channels) == before:
                return

    def _make_room(self, missing: int) -> None:
        """End the connections of those who owe us most: who never finished a request comes
        first."""
        if missing <= 0:
            return
        # Not closed at once: its number would be given to the connection that is accepted next,
        # which would then get what poll() said of this one.
        for channel in nsmallest(missing, self._waiting(), key=_patience_left):
            channel.end()

    def _waiting(self) -> Iterator[TimedChannel]:
        return (channel for channel in self.active_channels.values() if channel.waits_for_client)


def _patience_left(channel: TimedChannel) -> tuple[bool, float]:
    owes_nothing = channel.answered and not channel.in_exchange
    return owes_nothing, channel.since
