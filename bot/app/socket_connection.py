"""The Socket Mode connection: begun again until it stands, while everything else goes on."""

import threading
from collections.abc import Callable
from typing import Protocol

import structlog

log = structlog.get_logger(__name__)

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 60.0


class Link(Protocol):
    """What connects to Slack, and keeps the connection once it stood."""

    def connect(self) -> None: ...
    def close(self) -> None: ...


class SocketConnection:
    """Connects on a thread of its own."""

    def __init__(self, link: Link, wait: Callable[[threading.Event, float], bool] | None = None):
        """`wait` waits for so many seconds or until the event is set, which it says."""
        self._link = link
        self._wait = wait or (lambda stopped, seconds: stopped.wait(seconds))
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._connect, name="socket", daemon=True)

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def close(self) -> None:
        """Stop trying, and end the connection."""
        self._stopped.set()
        self._link.close()

    def _connect(self) -> None:
        """Slack's library tries again only what stood before; and whatever it raises must not end
        the bot."""
        wait = FIRST_WAIT_SECONDS
        while not self._stopped.is_set():
            try:
                self._link.connect()
                log.info("socket.connected")
                return
            except Exception as error:
                log.warning("socket.not_connected", error=type(error).__name__, wait_seconds=wait)
            if self._wait(self._stopped, wait):
                return
            wait = min(2 * wait, LONGEST_WAIT_SECONDS)
