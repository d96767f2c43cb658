"""Threads that do what is claimed in the database: nothing is claimed for which none is free."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


class Hands:
    """So many threads."""

    def __init__(
        self,
        threads: int,
        name: str,
        pool: Executor | None = None,
        after: Callable[[], object] = lambda: None,
    ) -> None:
        """`pool`: where the work is done; threads of its own where none is given. `after` happens
        whenever a thread is free again."""
        self._threads = threads
        self._pool = pool or ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._free = threading.Semaphore(threads)
        self._after = after

    def take(self, claim: Callable[[int], Sequence[T]], do: Callable[[T], None]) -> None:
        """Claim as much as there are free threads, and have each done on one: what waited here for
        a thread might outlive its lease and be done twice."""
        free = 0
        while free < self._threads and self._free.acquire(blocking=False):
            free += 1
        claimed: Sequence[T] = ()
        try:
            if free:
                claimed = claim(free)
        finally:
            if free > len(claimed):
                self._free.release(free - len(claimed))
        for each in claimed:
            self._pool.submit(self._do, do, each)

    @contextmanager
    def all_held(self) -> Iterator[None]:
        """Within this nothing is in hand."""
        for _ in range(self._threads):
            self._free.acquire()
        try:
            yield
        finally:
            self._free.release(self._threads)

    def ended_by(self, end: float) -> bool:
        """Take nothing more. Whether what was begun has ended by then (of `time.monotonic`), which
        is waited for."""
        self._pool.shutdown(wait=False)
        return all(self._free.acquire(timeout=_until(end)) for _ in range(self._threads))

    def _do(self, do: Callable[[T], None], what: T) -> None:
        try:
            do(what)
        finally:
            self._free.release()
        self._after()


class Busy:
    """How much is being done just now, on whatever threads."""

    def __init__(self) -> None:
        self._count = 0
        self._waits = False
        self._changed = threading.Condition()

    def __enter__(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not self._waits)
            self._add(1)

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._add(-1)

    @contextmanager
    def all_held(self) -> Iterator[None]:
        """Within this nothing is being done: what was begun ends before, and the next waits."""
        try:
            with self._changed:
                self._waits = True
                self._changed.wait_for(lambda: not self._count)
            yield
        finally:
            with self._changed:
                self._waits = False
                self._changed.notify_all()

    @property
    def anything(self) -> bool:
        """Whether something is being done."""
        return self._count > 0

    def ended_by(self, end: float) -> bool:
        """Whether nothing is done any more by then (of `time.monotonic`), which is waited for."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._count, _until(end))

    def _add(self, number: int) -> None:
        self._count += number
        self._changed.notify_all()


def _until(end: float) -> float:
    return max(0.0, end - time.monotonic())
