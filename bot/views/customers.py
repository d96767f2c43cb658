"""A customer as they are shown, and their channels."""

from dataclasses import dataclass
from datetime import datetime

from storage.tables import Channel, Customer


@dataclass(frozen=True)
class CustomerView:
    """The plain facts of a customer. `owner_user`: who of the support team looks after them."""

    id: int
    name: str
    tenant_id: str
    time_zone: str
    working_hours: str
    working_days: str
    owner_user: str
    paused_until: datetime | None
    paused_by_user: str

    @classmethod
    def of(cls, row: Customer) -> "CustomerView":
        """The customer as they are now."""
        return cls(
            id=row.id,
            name=row.name,
            tenant_id=row.tenant_id,
            time_zone=row.time_zone,
            working_hours=row.working_hours,
            working_days=row.working_days,
            owner_user=row.owner_user,
            paused_until=row.paused_until,
            paused_by_user=row.paused_by_user,
        )


@dataclass(frozen=True)
class ChannelView:
    """The plain facts of a channel that is bound to a customer, and the customer's name. `closed`:
    why nothing can be posted there just now."""

    id: str
    customer_id: int
    customer: str
    closed: str

    @classmethod
    def of(cls, row: Channel, customer: Customer) -> "ChannelView":
        """The channel as it is now."""
        return cls(
            id=row.id, customer_id=row.customer_id, customer=customer.name, closed=row.closed
        )
