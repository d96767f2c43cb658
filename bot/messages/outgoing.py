"""A message of the outbox on its way to Slack."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from storage.tables import OutboxItem


@dataclass(frozen=True)
class Outgoing:
    """What whoever carries a message needs to know: where it goes, under which key it stands there,
    and the notice that it shows, with its arguments. `confirm` is called in the moment before Slack
    is: it raises where somebody else has the message by now."""

    id: int
    channel_id: str
    key: str
    notice: str
    args: Mapping[str, Any]
    confirm: Callable[[], None] = field(default=lambda: None, repr=False, compare=False)

    @classmethod
    def of(cls, item: OutboxItem, confirm: Callable[[], None] = lambda: None) -> "Outgoing":
        """The message of an item of the outbox."""
        return cls(item.id, item.channel_id, item.key, item.notice, item.args, confirm)
