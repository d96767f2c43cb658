"""Connections that are kept open for the next post: to make one, above all over TLS, takes longer
than everything else about an answer."""

import ssl
import threading
import time
from dataclasses import dataclass
from functools import cached_property
from http.client import HTTPConnection, HTTPSConnection, InvalidURL
from select import POLLIN, poll
from urllib.parse import SplitResult, urlsplit, urlunsplit

from bot.common.ways_out import WaysOut, credentials

IDLE_SECONDS = 10.0
"""A connection that was idle for longer is not used again: the other side may be about to close it,
and what is posted then is lost."""

MOST_IDLE = 16
"""So many are kept for each place."""

MAX_ANSWER = 64 * 1024
"""So much is read of an answer. Slack's are a few bytes."""

HEADERS = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Maildesk"}


@dataclass(frozen=True)
class Idle:
    """A connection that nobody uses, and since when (of `time.monotonic`)."""

    connection: HTTPConnection
    since: float

    def is_good(self) -> bool:
        """Whether it can be used again. Something to read, where nothing was asked, is the other
        side's goodbye."""
        said = poll()
        said.register(self.connection.sock, POLLIN)
        return time.monotonic() - self.since < IDLE_SECONDS and not said.poll(0)


class KeptConnections:
    """Posts over HTTP, by the ways out of the settings, from any thread."""

    def __init__(self, ways: WaysOut, seconds: float) -> None:
        """`seconds`: how long the other side may keep silent."""
        self._ways = ways
        self._seconds = seconds
        self._lock = threading.Lock()
        self._idle: dict[tuple[str, str], list[Idle]] = {}

    def post(self, url: str, body: bytes) -> int:
        """Post JSON, once, whatever comes of it; the status of the answer.

        Raises:
            OSError, HTTPException: no proper answer came.
        """
        to = urlsplit(url)
        place = (to.scheme, to.netloc)
        proxy = urlsplit(self._ways.proxy_to(url) or "")
        connection = self._kept(place) or self._new(to, proxy)
        target, headers = _asked_for(to, proxy)
        try:
            connection.request("POST", target, body, HEADERS | headers)
            answer = connection.getresponse()
            answer.read(MAX_ANSWER)
        except BaseException:
            connection.close()
            raise
        if answer.isclosed() and connection.sock is not None:
            self._keep(place, connection)
        else:
            connection.close()
        return answer.status

    def _kept(self, place: tuple[str, str]) -> HTTPConnection | None:
        """The connection that was used last, if one can be used again; the others are closed."""
        while last := self._last(place):
            # Looked at with nothing held: to ask the system lets another thread go on
            if last.is_good():
                return last.connection
            last.connection.close()
        return None

    def _last(self, place: tuple[str, str]) -> Idle | None:
        with self._lock:
            idle = self._idle.get(place)
            return idle.pop() if idle else None

    def _keep(self, place: tuple[str, str], connection: HTTPConnection) -> None:
        with self._lock:
            idle = self._idle.setdefault(place, [])
            if len(idle) < MOST_IDLE:
                idle.append(Idle(connection, time.monotonic()))
                return
        connection.close()

    def _new(self, to: SplitResult, proxy: SplitResult) -> HTTPConnection:
        by = proxy if proxy.hostname else to
        if to.scheme not in ("http", "https") or not by.hostname:
            raise InvalidURL
        if to.scheme == "http":
            return HTTPConnection(by.hostname, by.port, timeout=self._seconds)
        connection = HTTPSConnection(
            by.hostname, by.port, timeout=self._seconds, context=self._trust
        )
        if proxy.hostname:
            connection.set_tunnel(str(to.hostname), to.port, credentials(proxy))
        return connection

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        """Read once: that takes as long as a connection."""
        return self._ways.trust() or ssl.create_default_context()


def _asked_for(to: SplitResult, proxy: SplitResult) -> tuple[str, dict[str, str]]:
    """What a request names; to a proxy that passes it on, the whole address and our password. What
    goes through a tunnel, the proxy does not see."""
    if to.scheme == "http" and proxy.hostname:
        return to.geturl(), credentials(proxy)
    return urlunsplit(("", "", to.path or "/", to.query, "")), {}
