"""What an executor was given and has not done yet."""

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
