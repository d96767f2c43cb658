"""A message of the outbox on its way to Slack."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from storage.tables import OutboxItem

CLOCKS_APART = timedelta(minutes=5)
"""Slack's clock and ours are not further apart: what it signs is refused by then."""


@dataclass(frozen=True)
class Outgoing:
    """What whoever carries a message needs to know: where it goes, under which key it stands there,
    and the notice that it shows, with its arguments. It was not posted before `earliest`, by
    Slack's clock. `confirm` is called in the moment before Slack is: it raises where somebody else
    has the message by now."""

    id: int
    channel_id: str
    key: str
    notice: str
    args: Mapping[str, Any]
    earliest: datetime
    confirm: Callable[[], None] = field(default=lambda: None, repr=False, compare=False)

    @classmethod
    def of(cls, item: OutboxItem, confirm: Callable[[], None] = lambda: None) -> "Outgoing":
        """The message of an item of the outbox."""
        earliest = item.created_at - CLOCKS_APART
        return cls(item.id, item.channel_id, item.key, item.notice, item.args, earliest, confirm)
