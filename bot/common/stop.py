"""That this process is to stop, or to let go of something."""

import threading


class LetGo(Exception):
    """What was begun is not to go on here; it says nothing of how it went."""


class Stopped(LetGo):
    """The process stops: what was begun is to be done again by another."""


class TakenOver(LetGo):
    """Another worker has begun it anew by now."""


class Stop:
    """Asked for once, looked at in every loop; every wait ends with it."""

    def __init__(self) -> None:
        self._asked = threading.Event()

    @property
    def asked(self) -> bool:
        """Whether the process is to stop."""
        return self._asked.is_set()

    def ask(self) -> None:
        """Have the process stop."""
        self._asked.set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for so long, or until the process is to stop, which it says."""
        return self._asked.wait(seconds)

    def pause(self, seconds: float) -> None:
        """Wait for so long.

        Raises:
            Stopped: the process is to stop.
        """
        if self._asked.wait(seconds):
            raise Stopped
