"""What is done behind an acknowledgement: on threads of its own, so that the next press does not
wait for it, and as much at a time as the process can hold."""

from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from functools import partial
from threading import BoundedSemaphore, Lock
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 10
"""So much is done at a time: more would only share the one interpreter, and the database."""

MOST = 1000
"""So much may wait or be done. Whoever brings more has to do it, and acknowledges nothing
meanwhile: a process that cannot keep up says so to Slack rather than to its memory."""


class Behind(Executor):
    """Does what is handed to it soon, in the order in which it came."""

    def __init__(self, threads: int = THREADS, most: int = MOST) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="behind")
        self._room = BoundedSemaphore(most)
        self._in_hand: set[Future[Any]] = set()
        self._lock = Lock()

    def submit(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have something done that raises nothing; here and now, where there is no room for it."""
        if not self._room.acquire(blocking=False):
            return _done(work, *args, **kwargs)
        try:
            doing = self._pool.submit(partial(copy_context().run, partial(work, *args, **kwargs)))
        except RuntimeError:  # the process ends: what was pressed last is done all the same
            self._room.release()
            return _done(work, *args, **kwargs)
        with self._lock:
            self._in_hand.add(doing)
        doing.add_done_callback(self._ended)
        return doing

    def stop(self, seconds: float) -> int:
        """Wait until what was handed in is done, at most so long; how much is left undone."""
        with self._lock:
            in_hand = set(self._in_hand)
        self._pool.shutdown(wait=False)
        return len(wait(in_hand, seconds).not_done)

    def _ended(self, doing: Future[Any]) -> None:
        with self._lock:
            self._in_hand.discard(doing)
        self._room.release()


def _done(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
    done: Future[T] = Future()
    done.set_result(work(*args, **kwargs))
    return done
