"""Who did what."""

from datetime import datetime
from typing import Any, Optional

from sqlalchemy import Column, ForeignKey
from sqlmodel import Field, Relationship, SQLModel

from storage.types import BIG_ID, big_id_column, json_column, time_column


class AuditEntry(SQLModel, table=True):
    """Who did what to which account, when, from where, with which result. Only ever added to, and
    forgotten after a year at the earliest: the database refuses the rest. A refusal that came again
    has a `repetition` beside it."""

    id: int = big_id_column()
    at: datetime = time_column(index=True)
    team: str
    user: str
    action: str
    subject: str = Field(index=True)
    channel_id: str = ""
    result: str = "done"
    detail: dict[str, Any] = json_column()
    repetition: Optional["AuditRepetition"] = Relationship(
        sa_relationship_kwargs={"lazy": "selectin", "uselist": False}
    )

    @property
    def times(self) -> int:
        """How often it happened, counted in this entry."""
        return self.repetition.times if self.repetition is not None else 1

    @property
    def last_at(self) -> datetime:
        """When it happened the last time."""
        return self.repetition.last_at if self.repetition is not None else self.at


class AuditRepetition(SQLModel, table=True):
    """How often a refusal came within its hour, beside the entry of the first time. `likeness` is
    the same for refusals that differ in nothing but their time. The count only grows, and no row is
    deleted within a year: the database refuses the rest."""

    entry_id: int = Field(
        default=None,
        sa_column=Column(BIG_ID, ForeignKey("auditentry.id"), primary_key=True),
    )
    likeness: str = Field(index=True)
    first_at: datetime = time_column()
    last_at: datetime = time_column()
    times: int = 1
