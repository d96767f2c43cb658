"""How the bot itself is: whether its database answers, and what waits."""

from dataclasses import dataclass

from storage.database import Store


@dataclass(frozen=True)
class Load:
    """What waits just now."""

    messages: int
    incidents: int


class Health:
    """Looks at the bot."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def ready(self) -> bool:
        """Whether the database takes what is written. Takes as long as its time-out when it does
        not."""
        return self._store.takes_writes()

    def refused(self) -> str:
        """Slack's word for why it takes nothing from the app just now; empty while it does."""
        with self._store.transaction() as tx:
            trouble = tx.health.trouble()
            return trouble.error if trouble else ""

    def load(self) -> Load:
        """How many messages wait to be sent, and how many incidents are open."""
        with self._store.transaction() as tx:
            return Load(tx.outbox.waiting(), len(tx.incidents.all_open()))
