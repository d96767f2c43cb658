"""What is done behind an acknowledgement: on threads of its own, so that the next press does not
wait for it, and as much at a time as the process can hold."""

from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from threading import Condition
from typing import ParamSpec, TypeVar

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
        self._most = most
        self._in_hand = 0
        self._changed = Condition()

    def submit(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have something done that raises nothing; here and now, where there is no room for it."""
        if not self._takes_one():
            return _done(work, *args, **kwargs)
        try:
            doing = partial(self._do, work, *args, **kwargs)
            return self._pool.submit(copy_context().run, doing)
        except RuntimeError:  # the process ends: what was pressed last is done all the same
            self._ended()
            return _done(work, *args, **kwargs)

    def stop(self, seconds: float) -> int:
        """Wait until what was handed in is done, at most so long; how much is left undone."""
        self._pool.shutdown(wait=False)
        with self._changed:
            self._changed.wait_for(lambda: not self._in_hand, seconds)
            return self._in_hand

    def _takes_one(self) -> bool:
        with self._changed:
            if self._in_hand >= self._most:
                return False
            self._in_hand += 1
            return True

    def _do(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return work(*args, **kwargs)
        finally:
            self._ended()

    def _ended(self) -> None:
        with self._changed:
            self._in_hand -= 1
            if not self._in_hand:
                self._changed.notify_all()


def _done(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
    done: Future[T] = Future()
    done.set_result(work(*args, **kwargs))
    return done
