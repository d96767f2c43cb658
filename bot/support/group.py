"""The support user group, where Slack has it no more."""

from bot.common.clock import Clock
from bot.messages import notices
from storage.database import Store


class SupportGroup:
    """Tells on-call, once a day, that the group which the settings name is not there."""

    def __init__(self, store: Store, clock: Clock, alert_channel: str) -> None:
        self._store = store
        self._clock = clock
        self._alert_channel = alert_channel

    def gone(self, group: str, error: str) -> None:
        """Slack answers `error` to the question who is in the group."""
        now = self._clock.now()
        key = f"support-group:{group}:{error}:{now.date()}"
        with self._store.transaction() as tx:
            if tx.channels.first_sight(key, now):
                sentence = "delivery.group_gone"
                notices.tell(tx, self._alert_channel, key, sentence, now, group=group, error=error)
