"""A reminder as it is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from storage.tables import Reminder


@dataclass(frozen=True)
class ReminderView:
    """The plain facts of one reminder message: where it stands and which accounts it lists."""

    id: int
    channel_id: str
    posted_at: datetime
    finished_at: datetime | None
    account_ids: Sequence[int]

    @classmethod
    def of(cls, row: Reminder) -> "ReminderView":
        """The reminder as it stands now."""
        return cls(
            id=row.id,
            channel_id=row.channel_id,
            posted_at=row.posted_at,
            finished_at=row.finished_at,
            account_ids=tuple(row.account_ids),
        )
