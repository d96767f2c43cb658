"""A message of the outbox on its way to Slack."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from storage.tables import OutboxItem


@dataclass(frozen=True)
class Outgoing:
    """What whoever carries a message needs to know: where it goes, under which key it stands there,
    and the notice that it shows, with its arguments."""

    id: int
    channel_id: str
    key: str
    notice: str
    args: Mapping[str, Any]

    @classmethod
    def of(cls, item: OutboxItem) -> "Outgoing":
        """The message of an item of the outbox."""
        return cls(item.id, item.channel_id, item.key, item.notice, item.args)
