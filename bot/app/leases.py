"""What a process has in hand, which the database says is its own for a while."""

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Protocol

import structlog

log = structlog.get_logger(__name__)

EVERY = timedelta(seconds=5)
"""So often the leases of what is in hand are renewed: a few times before they end."""


class Holder(Protocol):
    """Somebody who has work in hand under leases."""

    def keep(self) -> None:
        """What is in hand stays so for another lease; not what somebody else has by now."""
        ...

    def hand_back(self) -> None:
        """Let others have what is in hand, at once."""
        ...


class Leases:
    """Renews the leases of what is in hand, on a thread of its own: whatever the others wait for,
    nobody else takes their work."""

    def __init__(self, holders: Sequence[Holder]) -> None:
        self._holders = holders
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="leases", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def end(self) -> None:
        """Hand back what is in hand, and renew nothing any more."""
        self._ended.set()
        self._each(lambda holder: holder.hand_back())

    def _run(self) -> None:
        while not self._ended.wait(EVERY.total_seconds()):
            self._each(lambda holder: holder.keep())

    def _each(self, act: Callable[[Holder], None]) -> None:
        for holder in self._holders:
            try:
                act(holder)
            except Exception as error:
                # The database is away, most likely: the leases may end, and who lost one finds out
                log.warning("leases.not_reached", error=type(error).__name__)
