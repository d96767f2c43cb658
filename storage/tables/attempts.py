"""What people did about failures, because they were advised to."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from storage.statuses import ATTEMPTS, AttemptEvent
from storage.types import time_column, word_column
from storage.vocabulary import AttemptStatus, Deed


class Attempt(SQLModel, table=True):
    """Somebody did what a failure asks for. `customers`: one of the customer's people did.

    `answer` is what was said when the failure was seen again, redacted, and `answer_ref` its error
    ID. `handed_at`: support was told of it; `over_at`: it does not count any more, because the
    mailbox worked since or was disconnected."""

    __table_args__ = (
        Index("ix_attempt_counted", "account_id", "over_at"),
        Index("ix_attempt_field", "cause", "made_at"),
    )

    id: int = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id")
    failure_ref: str = Field(foreign_key="failure.ref")
    cause: str
    deed: Deed = word_column(Deed)
    customers: bool
    by_team: str
    by_user: str
    made_at: datetime = time_column()
    outcome: AttemptStatus = word_column(AttemptStatus, default=AttemptStatus.WAITING)
    answered_at: datetime | None = time_column(nullable=True)
    answer: str = ""
    answer_ref: str = ""
    handed_at: datetime | None = time_column(nullable=True)
    over_at: datetime | None = time_column(nullable=True)

    def happened(self, event: AttemptEvent, now: datetime) -> None:
        """Keep what happened to it.

        Raises:
            StatusRefused: what came of it is known already.
        """
        self.outcome = ATTEMPTS.after(self.outcome, event)
        self.answered_at = None if self.outcome is AttemptStatus.WAITING else now
