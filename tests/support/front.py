"""The front of a platform: one address, from which requests are led to the web processes in turn."""

import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

CHUNK = 65536
PATIENCE_SECONDS = 300.0


class Front:
    """Passes each connection on to the next port that takes it; where none does, it is closed.
    `url` leads to any of them."""

    def __init__(self, ports: Callable[[], Sequence[int]]) -> None:
        """`ports`: those of the web processes that there are just now."""
        self._ports = ports
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._turn = 0
        threading.Thread(target=self._lead, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._listening.shutdown(socket.SHUT_RDWR)  # which wakes whoever waits for the next
        self._listening.close()

    def _lead(self) -> None:
        with suppress(OSError):  # closed: it is over
            while True:
                client, _ = self._listening.accept()
                threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            there = self._reached()
            if there is None:
                return
            with there:
                back = threading.Thread(target=_copy, args=(there, client), daemon=True)
                back.start()
                _copy(client, there)
                back.join()

    def _reached(self) -> socket.socket | None:
        ports = self._ports()
        self._turn += 1
        for number in range(len(ports)):
            port = ports[(self._turn + number) % len(ports)]
            with suppress(OSError):
                return socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS)
        return None


def _copy(here: socket.socket, there: socket.socket) -> None:
    with suppress(OSError):
        while data := here.recv(CHUNK):
            there.sendall(data)
    # Also where `here` died in the middle: its peer must not wait for the rest
    with suppress(OSError):
        there.shutdown(socket.SHUT_WR)
