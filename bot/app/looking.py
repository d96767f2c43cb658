"""Looking for what is due as often as somebody says that something may be."""

import threading
from collections.abc import Callable


class Looking:
    """Looks once at a time. Whoever asks meanwhile is not forgotten: what they left may have come
    too late to be seen, so it is looked once more."""

    def __init__(self, look: Callable[[], None]) -> None:
        self._look = look
        self._lock = threading.Lock()
        self._wanted = False
        self._at_it = False

    def ask(self) -> bool:
        """Say that something may be due. Whether somebody has to call `go` for it: whoever looks
        just now will do it otherwise."""
        with self._lock:
            self._wanted = True
            return not self._at_it

    def go(self) -> None:
        """Look until nobody wants it any more; at once nothing, where somebody else is at it."""
        with self._lock:
            self._wanted = True
            if self._at_it:
                return
            self._at_it = True
        while self._goes_on():
            self._once()

    def _once(self) -> None:
        try:
            self._look()
        except BaseException:
            with self._lock:
                self._at_it = False
            raise

    def _goes_on(self) -> bool:
        with self._lock:
            self._at_it = self._wanted
            self._wanted = False
            return self._at_it
