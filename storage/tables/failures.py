"""Failures under their error IDs."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from storage.statuses import (
    ADVICE,
    FAILURES,
    AdviceEvent,
    FailureEvent,
)
from storage.types import json_column, time_column, word_column
from storage.vocabulary import (
    AdviceStatus,
    FailureStatus,
    Mended,
    Owner,
    Permanence,
    Scope,
)


class Failure(SQLModel, table=True):
    """Something that failed, under the error ID that people are shown. `observation` is what the
    protocol said, redacted; `mended_by` is what came before the step that proves the mend
    passed, `advice` whether its cause's advice may still be given."""

    __table_args__ = (Index("ix_failure_same", "account_id", "cause", "last_at"),)

    ref: str = Field(primary_key=True)
    account_id: int | None = Field(default=None, foreign_key="account.id")
    customer_id: int | None = Field(default=None, foreign_key="customer.id", index=True)
    cause: str = Field(index=True)
    step: str
    owner: Owner = word_column(Owner)
    scope: Scope = word_column(Scope)
    permanence: Permanence = word_column(Permanence)
    first_at: datetime = time_column()
    last_at: datetime = time_column()
    count: int = 1
    observation: dict[str, Any] = json_column()
    mended_at: datetime | None = time_column(nullable=True)
    mended_by: Mended | None = word_column(Mended, nullable=True)
    advice: AdviceStatus = word_column(AdviceStatus, default=AdviceStatus.GIVEN)

    @property
    def advice_is_spent(self) -> bool:
        """Whether its advice was followed twice in vain, and it is there still."""
        return self.status is FailureStatus.AT_WORK and self.advice is AdviceStatus.SPENT

    @property
    def status(self) -> FailureStatus:
        """Whether it was seen to work since."""
        return FailureStatus.AT_WORK if self.mended_at is None else FailureStatus.GONE

    def happened(self, event: FailureEvent, now: datetime, by: Mended | None = None) -> None:
        """Keep what happened to it; `by` is what came before it was gone.

        Raises:
            StatusRefused: it cannot happen in this status.
        """
        gone = FAILURES.after(self.status, event) is FailureStatus.GONE
        self.mended_at = now if gone else None
        self.mended_by = by if gone else None

    def advised(self, event: AdviceEvent) -> None:
        """Keep what happened to its advice.

        Raises:
            StatusRefused: it cannot happen in this status.
        """
        self.advice = ADVICE.after(self.advice, event)
