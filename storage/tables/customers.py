"""Customers and the channels bound to them."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from storage.types import time_column, word_column
from storage.vocabulary import CustomersAre


class Customer(SQLModel, table=True):
    """An organisation whose mailboxes are connected. `tenant_id` is its Microsoft tenant, once
    somebody said that it is. `time_zone` (``Europe/Berlin``), `working_hours` (``09:00-17:00``) and
    `working_days` (``12345``, Monday is 1) say when its people are reminded; empty means as
    everywhere. `owner` is who of the support team looks after it. `ended_at` is when support
    offboarded it, and `erase_at` when everything of it is erased."""

    id: int = Field(default=None, primary_key=True)
    name: str
    tenant_id: str = ""
    created_at: datetime = time_column()
    time_zone: str = ""
    working_hours: str = ""
    working_days: str = ""
    owner_team: str = ""
    owner_user: str = ""
    paused_until: datetime | None = time_column(nullable=True)
    paused_by_team: str = ""
    paused_by_user: str = ""
    ended_at: datetime | None = time_column(nullable=True)
    erase_at: datetime | None = time_column(nullable=True)


class Channel(SQLModel, table=True):
    """A Slack channel bound to one customer. `closed` says, in one word or more, why nothing can be
    posted there just now (`archived`, `deleted`, `left`, `unshared`, `ended`); the binding
    stays.
    `customers_are` says who of it are customers, and `customer_teams` which Slack workspaces are
    the customer's own (their IDs, with spaces between; empty where nobody has said it)."""

    id: str = Field(primary_key=True)
    customer_id: int = Field(foreign_key="customer.id", index=True)
    bound_by_team: str
    bound_by_user: str
    bound_at: datetime = time_column()
    closed: str = ""
    customers_are: CustomersAre = word_column(CustomersAre, default=CustomersAre.OTHER_WORKSPACES)
    customer_teams: str = ""
