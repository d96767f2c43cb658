"""Threads that do what is claimed in the database: nothing is claimed for which none is free."""

import threading
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

    def stop(self) -> None:
        """Finish what was begun."""
        self._pool.shutdown(wait=True)

    def _do(self, do: Callable[[T], None], what: T) -> None:
        try:
            do(what)
        finally:
            self._free.release()
        self._after()
