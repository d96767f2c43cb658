"""A time limit for connections, whatever the servers at their other ends do."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Protocol


class Connection(Protocol):
    """A connection to a server."""

    def leave(self) -> None:
        """Say goodbye, where there is somebody to say it to. May raise whatever a library
        raises."""
        ...

    def cut(self) -> None:
        """End the connection at once, from any thread. Never raises."""
        ...


@contextmanager
def bounded(seconds: float, *connections: Connection) -> Iterator[None]:
    """Use connections for at most `seconds` together, the goodbyes included; then they are cut.

    A server may answer one byte at a time and keep within every time-out of a socket, so the limit
    stands apart from those. Cutting makes whatever waits for an answer fail at once."""
    timer = threading.Timer(seconds, _cut, connections)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        # side by side: a server that is slow to say goodbye takes no time from the other
        goodbyes = [threading.Thread(target=_leave, args=(each,)) for each in connections]
        for goodbye in goodbyes:
            goodbye.start()
        for goodbye in goodbyes:
            goodbye.join()
        timer.cancel()
        _cut(*connections)


def _cut(*connections: Connection) -> None:
    for connection in connections:
        connection.cut()


def _leave(connection: Connection) -> None:
    with suppress(Exception):
        connection.leave()
