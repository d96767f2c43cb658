"""The calls of the product's API that change something, and how they were answered."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.types import sealed_column, time_column


class ApiRequest(SQLModel, table=True):
    """A call to which whoever calls with a key gave a name, so that it is done once. `name_digest`
    is of that name, `said_digest` of what is asked. It is somebody's until `claimed_until`, whose
    claim has this number; `customer_id` is whom it was about, once it was done."""

    __table_args__ = (UniqueConstraint("key_id", "name_digest"),)

    id: int = Field(default=None, primary_key=True)
    key_id: int = Field(foreign_key="apikey.id")
    customer_id: int | None = Field(default=None, foreign_key="customer.id", index=True)
    name_digest: str
    said_digest: str
    begun_at: datetime = time_column(index=True)
    claimed_until: datetime = time_column()
    claim: int


class ApiAnswer(SQLModel, table=True):
    """How a call was answered that was done."""

    request_id: int = Field(foreign_key="apirequest.id", primary_key=True)
    http_status: int
    sealed: bytes = sealed_column()
