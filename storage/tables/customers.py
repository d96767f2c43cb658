"""Customers and the channels bound to them."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.statuses import TENANTS, TenantEvent
from storage.types import time_column, word_column
from storage.vocabulary import CustomersAre, TenantStatus


class Customer(SQLModel, table=True):
    """An organisation whose mailboxes are connected. `tenant_id` is its Microsoft tenant, once
    somebody said that it is. `time_zone` (``Europe/Berlin``), `working_hours` (``09:00-17:00``) and
    `working_days` (``12345``, Monday is 1) say when its people are reminded; empty means as
    everywhere. `owner` is who of the support team looks after it. `all_tested_at` is when somebody
    last had all its accounts tested at once. `ended_at` is when support offboarded it, and
    `erase_at` when everything of it is erased."""

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
    all_tested_at: datetime | None = time_column(nullable=True)
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


class FurtherTenant(SQLModel, table=True):
    """Another Microsoft tenant than the customer's, of which somebody wanted to connect a mailbox
    (with this `domain`, in this channel). Its mailboxes are the customer's too, if support said so:
    at `allowed_at`; or they are not, since `refused_at`. Who said it last is `allowed_by`."""

    __table_args__ = (UniqueConstraint("customer_id", "tenant_id"),)

    id: int = Field(default=None, primary_key=True)
    customer_id: int = Field(foreign_key="customer.id")
    tenant_id: str
    domain: str
    channel_id: str = Field(index=True)
    asked_at: datetime = time_column()
    asked_by_team: str
    asked_by_user: str
    allowed_at: datetime | None = time_column(nullable=True)
    allowed_by_team: str = ""
    allowed_by_user: str = ""
    refused_at: datetime | None = time_column(nullable=True)

    @property
    def status(self) -> TenantStatus:
        """Whether its mailboxes are the customer's."""
        if self.allowed_at is not None:
            return TenantStatus.ALLOWED
        return TenantStatus.ASKED if self.refused_at is None else TenantStatus.REFUSED

    def happened(self, event: TenantEvent, by: tuple[str, str], now: datetime) -> None:
        """Keep what happened to it; `by` is the team and the user of who did it.

        Raises:
            StatusRefused: it cannot happen in this status.
        """
        status = TENANTS.after(self.status, event)
        self.allowed_at = now if status is TenantStatus.ALLOWED else None
        self.refused_at = now if status is TenantStatus.REFUSED else None
        answered = status is not TenantStatus.ASKED
        self.allowed_by_team, self.allowed_by_user = by if answered else ("", "")
