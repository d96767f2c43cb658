"""Whether the database is reached: said once when it goes away, and once when it is back."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from storage.database import DatabaseAway

log = structlog.get_logger(__name__)


class Reach:
    """What a process knows of it."""

    def __init__(self) -> None:
        self._away_since: float | None = None
        self._lock = threading.Lock()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Within this the database may be away; what was to be done is done at the next time."""
        try:
            yield
        except DatabaseAway as error:
            self._note(error)

    def back(self) -> None:
        """The database has answered."""
        with self._lock:
            since = self._away_since
            self._away_since = None
        if since is not None:
            log.info("database.back", seconds=round(time.monotonic() - since))

    def _note(self, error: DatabaseAway) -> None:
        with self._lock:
            new = self._away_since is None
            if new:
                self._away_since = time.monotonic()
        if new:
            log.warning("database.away", error=str(error))
