"""A crowd of clients that keep a server waiting: half-open connections, and slow ones."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

HALF_A_HEADER = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: "
HALF_A_POST = b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"
MANY_PAGES = b"GET /static/maildesk.css HTTP/1.1\r\nHost: x\r\n\r\n" * 3
"""Asked for together, and read a byte at a time."""

ELSEWHERE = 20
"""Half of the crowd comes from so many addresses of this machine, the other half from one."""

AT_ONCE = 100
A_BYTE_EVERY = 3.0
SMALLEST_BUFFER = 2048

Habit = Callable[[socket.socket], Awaitable[None]]


async def says_nothing(connection: socket.socket) -> None:
    """Wait for the end."""
    await asyncio.get_running_loop().sock_recv(connection, 1)


async def says_half(connection: socket.socket) -> None:
    """Send half of a header, and wait for the end."""
    await asyncio.get_running_loop().sock_sendall(connection, HALF_A_HEADER)
    await asyncio.get_running_loop().sock_recv(connection, 1)


async def sends_slowly(connection: socket.socket) -> None:
    """Send a body, a byte every few seconds."""
    await asyncio.get_running_loop().sock_sendall(connection, HALF_A_POST)
    while True:
        await asyncio.get_running_loop().sock_sendall(connection, b"x")
        await asyncio.sleep(A_BYTE_EVERY)


async def reads_slowly(connection: socket.socket) -> None:
    """Ask for a great deal, and take a byte of it every few seconds."""
    await asyncio.get_running_loop().sock_sendall(connection, MANY_PAGES)
    while await asyncio.get_running_loop().sock_recv(connection, 1):
        await asyncio.sleep(A_BYTE_EVERY)


HABITS: tuple[Habit, ...] = (says_nothing, sends_slowly, says_half, reads_slowly)


@dataclass
class Crowd:
    """So many clients that begin again when they are cut off. `complete` is set once all of them
    are there, and `held` of them are connected."""

    port: int
    size: int
    seconds: float
    complete: threading.Event = field(default_factory=threading.Event)
    held: int = 0
    most: int = 0
    again: int = 0

    async def run(self) -> None:
        """Keep the server waiting for so long, after everybody is there."""
        entrance = asyncio.Semaphore(AT_ONCE)
        clients = [asyncio.create_task(self._client(n, entrance)) for n in range(self.size)]
        end = time.monotonic() + self.seconds
        while self.held < self.size and time.monotonic() < end:
            await asyncio.sleep(0.05)
        self.complete.set()
        await asyncio.sleep(self.seconds)
        for client in clients:
            client.cancel()
        await asyncio.gather(*clients, return_exceptions=True)

    async def _client(self, number: int, entrance: asyncio.Semaphore) -> None:
        # it is cancelled in the end; each turn waits for the server
        while True:
            with contextlib.suppress(OSError), socket.socket() as connection:
                async with entrance:
                    await self._connect(connection, number)
                with self._counted():
                    await HABITS[number % len(HABITS)](connection)
            self.again += 1
            await asyncio.sleep(1)

    async def _connect(self, connection: socket.socket, number: int) -> None:
        connection.setblocking(False)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALLEST_BUFFER)
        connection.bind((_source(number), 0))
        await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", self.port))

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        self.held += 1
        self.most = max(self.most, self.held)
        try:
            yield
        finally:
            self.held -= 1


def _source(number: int) -> str:
    half, of_half = number // len(HABITS) % 2, number // (2 * len(HABITS))
    return f"127.0.1.{of_half % ELSEWHERE + 1}" if half else "127.0.0.1"
