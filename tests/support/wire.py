"""Requests as they go over the wire, many at the same time."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine
from typing import Any

PATIENCE = 20.0
"""Seconds after which nobody waits for an answer any more."""


async def exchanged(port: int, request: bytes) -> int:
    """The status with which a request is answered, once all of the answer is there; 0 where there
    is none."""
    try:
        return await asyncio.wait_for(_answered(port, request), PATIENCE)
    except (OSError, TimeoutError, ValueError, IndexError):
        return 0


async def _answered(port: int, request: bytes) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    sent = asyncio.create_task(_send(writer, request))
    try:
        answer = await reader.read(-1)
    finally:
        sent.cancel()
        writer.close()
    return int(answer.split(b" ", 2)[1])


async def _send(writer: asyncio.StreamWriter, request: bytes) -> None:
    """Send as much of it as is taken: the answer may come before the end."""
    with contextlib.suppress(OSError):
        writer.write(request)
        await writer.drain()


async def steadily(
    every: float, seconds: float, work: Callable[[int], Coroutine[Any, Any, None]]
) -> None:
    """Begin `work` at even distances, however long it takes, and wait for the last."""
    begun = time.monotonic()
    running = []
    for number in range(round(seconds / every)):
        await asyncio.sleep(begun + number * every - time.monotonic())
        running.append(asyncio.create_task(work(number)))
    await asyncio.gather(*running)
