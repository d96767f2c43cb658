"""Failures under their error IDs, and the alerts that they cause."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from storage.types import json_column, time_column, word_column
from storage.vocabulary import Mended, Owner, Permanence, Scope


class Failure(SQLModel, table=True):
    """Something that failed, under the error ID that people are shown. `observation` is what the
    protocol said, redacted; `mended_by` is what came before the step that proves the mend
    passed."""

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


class Incident(SQLModel, table=True):
    """One alert to on-call for one cause. `open_cause` is the cause while it is open, so that it is
    open once; `ended_at` is when the cause was gone everywhere."""

    id: int = Field(default=None, primary_key=True)
    cause: str
    open_cause: str | None = Field(unique=True)
    failure_ref: str = Field(foreign_key="failure.ref")
    count: int = 1
    opened_at: datetime = time_column()
    last_at: datetime = time_column()
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = time_column(nullable=True)
    ended_at: datetime | None = time_column(nullable=True)
