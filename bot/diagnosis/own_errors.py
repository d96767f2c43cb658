"""Errors of our own, kept under an error ID like those of others."""

from bot.diagnosis.failures import Failures, Recorded
from bot.diagnosis.observation import Condition, Observation, Where
from storage.database import Store


class OwnErrors:
    """Keeps what went wrong inside the bot; on-call hears of it."""

    def __init__(self, store: Store, failures: Failures) -> None:
        self._store = store
        self._failures = failures

    def record(self, what: str, error: Exception) -> Recorded:
        """Keep that `error` came of doing `what`. Of the error its type alone is kept, since its
        text may hold anything."""
        seen = Observation(
            Where.INTERNAL, step=what, condition=Condition.UNEXPECTED, text=type(error).__name__
        )
        with self._store.transaction() as tx:
            return self._failures.record(tx, seen)
