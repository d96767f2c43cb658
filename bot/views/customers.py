"""A customer, and a channel where it is met, as cards and listeners see them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from storage.tables import Channel, Customer


@dataclass(frozen=True)
class ChannelView:
    """A Slack channel that is bound to a customer."""

    id: str
    customer_id: int
    customer: str
    """The customer's name."""

    @classmethod
    def of(cls, channel: Channel, customer: Customer) -> Self:
        """The view of these rows."""
        return cls(id=channel.id, customer_id=customer.id, customer=customer.name)


@dataclass(frozen=True)
class CustomerView:
    """A customer, and how it is looked after. `owner_user` is who of the support team does;
    `paused_by_user` has paused its reminders until `paused_until`."""

    id: int
    name: str
    tenant_id: str
    owner_user: str
    paused_until: datetime | None
    paused_by_user: str

    @classmethod
    def of(cls, customer: Customer) -> Self:
        """The view of this row."""
        return cls(
            id=customer.id,
            name=customer.name,
            tenant_id=customer.tenant_id,
            owner_user=customer.owner_user,
            paused_until=customer.paused_until,
            paused_by_user=customer.paused_by_user,
        )
