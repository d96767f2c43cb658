"""Requests for help."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from storage.statuses import REQUESTS, RequestEvent
from storage.types import time_column
from storage.vocabulary import RequestStatus


class SupportRequest(SQLModel, table=True):
    """Somebody asked the support team for help with a failure; or, without `failure_ref`, to do an
    account's road for them, or that of a whole channel. `taken_by` is who of the team looks after
    it, has done it or, if it is `taken_back`, did that; `comment` is what the customer adds.
    `answered_at`: when the team last answered in the customer's channel."""

    id: int = Field(default=None, primary_key=True)
    failure_ref: str | None = Field(default=None, foreign_key="failure.ref", unique=True)
    account_id: int | None = Field(default=None, foreign_key="account.id", index=True)
    asked_at: datetime = time_column()
    asked_by_team: str
    asked_by_user: str
    channel_id: str = ""
    taken_by_team: str = ""
    taken_by_user: str = ""
    taken_at: datetime | None = time_column(nullable=True)
    done_at: datetime | None = time_column(nullable=True, index=True)
    comment: str = ""
    taken_back: bool = False
    answered_at: datetime | None = time_column(nullable=True)
    answered_by_user: str = ""

    @property
    def status(self) -> RequestStatus:
        """Who it waits for."""
        if self.done_at is not None:
            return RequestStatus.TAKEN_BACK if self.taken_back else RequestStatus.DONE
        return RequestStatus.OPEN if self.taken_at is None else RequestStatus.TAKEN

    def happened(self, event: RequestEvent, by: tuple[str, str], now: datetime) -> None:
        """Keep what happened to it; `by` is the team and the user of who did it. Whoever finishes a
        request has taken it.

        Raises:
            StatusRefused: it cannot happen in this status.
        """
        following = REQUESTS.after(self.status, event)
        if following is RequestStatus.OPEN:
            by = ("", "")
        self.taken_by_team, self.taken_by_user = by
        self.taken_at = None if following is RequestStatus.OPEN else self.taken_at or now
        self.taken_back = following is RequestStatus.TAKEN_BACK
        over = following in (RequestStatus.DONE, RequestStatus.TAKEN_BACK)
        self.done_at = now if over else None
