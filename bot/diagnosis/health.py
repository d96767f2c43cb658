"""How the bot itself is: whether its database answers and is of this version, whether its worker is
at work, and whether Slack takes anything."""

from bot.diagnosis.duties import Duties
from storage.database import Store
from storage.migrate import standing


class Health:
    """Looks at the bot."""

    def __init__(self, store: Store, duties: Duties) -> None:
        self._store = store
        self._duties = duties

    def ready(self) -> bool:
        """Whether the database takes what is written. Takes as long as its time-out when it does
        not."""
        return self._store.takes_writes()

    def behind(self) -> str:
        """The database's migration, where it is older than this version's; empty where it is not. A
        newer one is as it should be while a new version is being rolled out."""
        found = standing(self._store.engine)
        return found.revision if found.known and not found.is_newest else ""

    def late(self) -> list[str]:
        """What the worker should have done by now and has not, by name."""
        return self._duties.late()

    def refused(self) -> str:
        """Slack's word for why it takes nothing from the app just now; empty while it does."""
        with self._store.reading() as tx:
            trouble = tx.health.trouble()
            return trouble.error if trouble else ""
