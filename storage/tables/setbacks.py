"""What support is told of customers whose mailboxes stopped working."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from storage.types import time_column


class Setback(SQLModel, table=True):
    """A cause that keeps mailboxes of a customer from working, which support was told of. `hit`:
    how many it is now, and `most` how many it was at most; `over_at`: none any more.
    `answered_at`: when the team last answered in the customer's channel."""

    __table_args__ = (Index("ix_setback_open", "customer_id", "over_at"),)

    id: int = Field(default=None, primary_key=True)
    customer_id: int = Field(foreign_key="customer.id")
    cause: str
    hit: int = 0
    most: int = 0
    began_at: datetime = time_column()
    over_at: datetime | None = time_column(nullable=True)
    answered_at: datetime | None = time_column(nullable=True)
    answered_by_user: str = ""
