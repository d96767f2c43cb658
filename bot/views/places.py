"""Where a message stands in Slack."""

from dataclasses import dataclass

from storage.database import Transaction


@dataclass(frozen=True)
class Place:
    """Where a message stands in Slack: a channel, and the message's time, which is its name."""

    channel_id: str
    ts: str


def place_of(tx: Transaction, key: str) -> Place | None:
    """Where the message with this key stands; None where it was not posted yet, or is gone."""
    posted = tx.outbox.posted(key)
    return Place(posted.channel_id, posted.ts) if posted else None
