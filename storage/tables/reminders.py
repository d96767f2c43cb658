"""Reminder messages, and the day of the last one in each channel."""

from datetime import datetime

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel

from storage.types import time_column


class Reminder(SQLModel, table=True):
    """One reminder message in a channel: which accounts it lists, and whether everything on it is
    done."""

    id: int = Field(default=None, primary_key=True)
    channel_id: str = Field(index=True)
    posted_at: datetime = time_column()
    finished_at: datetime | None = time_column(nullable=True)
    account_ids: list[int] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))


class ReminderDay(SQLModel, table=True):
    """The day of the last reminder in a place (a channel), as people there call it. Who writes a
    reminder there holds the row."""

    channel_id: str = Field(primary_key=True)
    day: str = ""
