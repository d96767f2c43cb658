"""Slack's events, kept as work to do."""

from typing import Any

from bot.common.clock import Clock
from bot.common.jobs import HandleEvent
from storage.database import Store


class Events:
    """Takes events in, each once."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def take_in(self, event_id: str, event: dict[str, Any]) -> None:
        """Keep an event for the worker; one that Slack repeats is known by its id."""
        now = self._clock.now()
        with self._store.transaction() as tx:
            if tx.channels.first_sight(event_id, now):
                tx.jobs.add(HandleEvent(event=event), now)
