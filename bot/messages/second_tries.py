"""What was given up is tried again: nobody can say when its reason ends but Slack."""

from datetime import timedelta

from bot.common.clock import Clock
from storage.database import Store

TRIED_AGAIN_AFTER = timedelta(hours=1)
TRIED_AGAIN_FOR = timedelta(days=7)
"""How often, and for how long."""


class SecondTries:
    """Puts messages that were given up back into the outbox, for one attempt each."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def begin(self) -> int:
        """Have what was given up tried once more; how many messages that is."""
        now = self._clock.now()
        with self._store.transaction() as tx:
            return tx.outbox.revive_given_up(now - TRIED_AGAIN_FOR, now - TRIED_AGAIN_AFTER, now)
