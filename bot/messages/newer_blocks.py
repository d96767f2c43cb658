"""Which of Slack's newer blocks the workspace does not take, as its answers showed."""

from datetime import timedelta

from bot.common.clock import Clock
from storage.database import Store

TRIED_AGAIN = timedelta(days=30)
"""What was refused is tried again then: Slack brings blocks to one workspace after the other."""


class NewerBlocks:
    """Remembers refusals in the database, so that every worker knows them."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def refused(self) -> frozenset[str]:
        """The kinds that are not worth a try at the moment."""
        with self._store.reading() as tx:
            return tx.health.refused_blocks(self._clock.now() - TRIED_AGAIN)
