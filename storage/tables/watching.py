"""Which mailboxes are looked at by the clock, and how the canary stands."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from storage.statuses import CANARY, CanaryEvent
from storage.types import time_column, word_column
from storage.vocabulary import CanaryStatus


class Watch(SQLModel, table=True):
    """When an account that works is looked at next; never, while it does not (`due_at` is empty).
    `failing`: the last look or test failed, which is not believed yet, or not the account's own.
    `leased_until`: a worker looks at it; `looked_at`: when a look or a test last ended."""

    account_id: int = Field(primary_key=True, foreign_key="account.id")
    due_at: datetime | None = time_column(nullable=True, index=True)
    failing: bool = False
    leased_until: datetime | None = time_column(nullable=True, index=True)
    looked_at: datetime | None = time_column(nullable=True)


class Canary(SQLModel, table=True):
    """What the vendor's own mailbox shows, and since when; `seen_at`: when it was last tested. One
    row at most; none until something was seen of it."""

    id: int = Field(default=1, primary_key=True)
    status: CanaryStatus = word_column(CanaryStatus)
    since: datetime = time_column()
    seen_at: datetime = time_column()

    def happened(self, event: CanaryEvent, now: datetime) -> None:
        """Keep what happened to it."""
        if event is not CanaryEvent.TROUBLE:
            self.seen_at = now
        following = CANARY.after(self.status, event)
        if following is not self.status:
            self.status = following
            self.since = now
