"""What is being done: by an executor, or by whoever calls a method."""

import threading
from concurrent.futures import Executor, Future
from typing import Any


class InHand:
    """Watches an executor from its beginning: how many threads of it are idle says nothing once it
    had more to do than threads to do it (CPython counts those too often then)."""

    def __init__(self, executor: Executor) -> None:
        self._submit = executor.submit
        self._futures: set[Future[Any]] = set()
        executor.submit = self.submit  # type: ignore[method-assign]

    def submit(self, *args: Any, **kwargs: Any) -> Future[Any]:
        """Give it something to do."""
        future = self._submit(*args, **kwargs)
        self._futures.add(future)
        future.add_done_callback(self._futures.discard)
        return future

    def __bool__(self) -> bool:
        return bool(self._futures)


class Within:
    """Watches who is within a method of an object: the threads that called it and have not come
    back."""

    def __init__(self, watched: Any, name: str) -> None:
        self._call = getattr(watched, name)
        self._threads: set[int] = set()
        setattr(watched, name, self.call)

    @property
    def here(self) -> bool:
        """Whether this thread is."""
        return threading.get_ident() in self._threads

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Call it."""
        self._threads.add(threading.get_ident())
        try:
            return self._call(*args, **kwargs)
        finally:
            self._threads.discard(threading.get_ident())

    def __bool__(self) -> bool:
        return bool(self._threads)
