"""Requests for help."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from storage.types import time_column


class SupportRequest(SQLModel, table=True):
    """Somebody asked the support team for help with a failure; or, without `failure_ref`, to do an
    account's road for them, or that of a whole channel. `taken_by` is who of the team looks after
    it, or has done it."""

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
