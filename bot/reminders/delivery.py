"""Whether a reminder is still worth sending when its turn in the outbox comes."""

from collections.abc import Mapping
from typing import Any

from bot.lifecycle.still_waiting import still_waiting
from bot.messages import notices
from bot.reminders.service import Reminders
from storage.database import Store


class ReminderDelivery:
    """Answers the outbox about reminders."""

    def __init__(self, store: Store, reminders: Reminders, support_channel: str) -> None:
        self._store = store
        self._reminders = reminders
        self._support_channel = support_channel

    def wanted(self, args: Mapping[str, Any], new: bool) -> bool:
        """Whether a reminder should stand in its channel; `new`: it does not stand there yet.

        It should not when it would be read after hours (it is taken back then, and what it lists is
        due when they begin again), when a newer one has its place, or when everything was done
        before anybody was reminded.
        """
        reminder_id = int(args["reminder"])
        if new and self._reminders.came_too_late(reminder_id):
            return False
        with self._store.reading() as tx:
            reminder = tx.reminders.get(reminder_id)
            assert reminder is not None
            if tx.reminders.is_replaced(reminder):
                return False
            support = reminder.channel_id == self._support_channel
            posted = tx.outbox.posted(notices.reminder_key(reminder)) is not None
            return posted or bool(still_waiting(tx, reminder, support))
