"""What was live and does not work, as a customer's channel is told."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from storage.types import time_column


class Outage(SQLModel, table=True):
    """One message to a customer's channel about one cause at mailboxes that were live. `open_key`
    is made of the channel and the cause while something is out, so that it is open once."""

    id: int = Field(default=None, primary_key=True)
    customer_id: int = Field(foreign_key="customer.id", index=True)
    channel_id: str = Field(index=True)
    cause: str
    open_key: str | None = Field(unique=True)
    began_at: datetime = time_column()
    ended_at: datetime | None = time_column(nullable=True)


class OutageMailbox(SQLModel, table=True):
    """A mailbox that an outage hit; `works_at` is since when it is out of it."""

    outage_id: int = Field(foreign_key="outage.id", primary_key=True)
    account_id: int = Field(foreign_key="account.id", primary_key=True, index=True)
    works_at: datetime | None = time_column(nullable=True)
