"""What changed as the vendor's product reads it: posted to it, or listed where it rather asks."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.api.snapshots import iso
from bot.common.clock import Clock
from storage.changes import CursorUnknown as CursorUnknown
from storage.database import Store
from storage.tables import Change

MOST_LISTED = 200
"""So many are listed at a time."""


@dataclass(frozen=True)
class EventPage:
    """Some of what changed, in order; `next` is the cursor of what follows, None where nothing is
    known to."""

    events: Sequence[dict[str, Any]]
    next: str | None


class Events:
    """Lists what changed, and has it sent anew."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def page(self, after: str, limit: int, customers: Collection[int] | None) -> EventPage:
        """Up to `limit` events that follow the one with the ID `after` ("" for the first of all).
        `customers`: whose they may be, None for everybody's; of an incident that others have too,
        their accounts alone are named.

        Raises:
            CursorUnknown: `after` is no event's ID.
        """
        with self._store.transaction() as tx:
            found = tx.changes.page(after, min(max(limit, 1), MOST_LISTED), customers)
            named = tx.changes.mentioned(found, customers)
        events = [event_of(each, named.get(each.id, [])) for each in found]
        return EventPage(events, found[-1].public_id if found else None)

    def replay(self, since: datetime) -> int:
        """Have everything sent anew that changed at `since` or later; how many events that are.
        What is older and was not delivered is left out."""
        with self._store.transaction() as tx:
            return tx.changes.replay(since, self._clock.now())


def event_of(change: Change, accounts: Sequence[str]) -> dict[str, Any]:
    """A change as JSON; `accounts` are those that an incident's change names."""
    data = dict(change.data)
    if change.account_id is None:
        data["accounts"] = list(accounts)
    return {
        "id": change.public_id,
        "type": change.kind.value,
        "timestamp": iso(change.at),
        "data": data,
    }


def as_bytes(event: dict[str, Any]) -> bytes:
    """An event as it is posted."""
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
