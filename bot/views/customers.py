"""A customer as they are shown, and their channels."""

from dataclasses import dataclass
from datetime import date, datetime

from storage.bindings import Binding
from storage.tables import Channel, Customer
from storage.vocabulary import CustomersAre


@dataclass(frozen=True)
class CustomerView:
    """The plain facts of a customer. `owner_user`: who of the support team looks after them;
    `ended_at`: when support offboarded them, and `erase_at` when everything of theirs is erased."""

    id: int
    name: str
    tenant_id: str
    time_zone: str
    working_hours: str
    working_days: str
    owner_user: str
    ended_at: datetime | None = None
    erase_at: datetime | None = None

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
            ended_at=row.ended_at,
            erase_at=row.erase_at,
        )


@dataclass(frozen=True)
class Pause:
    """A customer's reminders are paused: until when, and by whom."""

    until: datetime
    by_user: str


def pause_of(customer: Customer, now: datetime) -> Pause | None:
    """The pause in which a customer's reminders are now; None once it is over."""
    if customer.paused_until is None or customer.paused_until <= now:
        return None
    return Pause(customer.paused_until, customer.paused_by_user)


@dataclass(frozen=True)
class PauseOffer:
    """A pause as it is offered: until `day`, as the customer's people call it, which is that of the
    pause `there`, or in a week."""

    customer: str
    day: date
    there: Pause | None


@dataclass(frozen=True)
class Sharing:
    """With whom Slack shares a channel: whether it is with another organisation at all, and the IDs
    of the others' workspaces. `joined`: whether the bot is in it, and can post there."""

    shared: bool
    teams: frozenset[str]
    joined: bool = True


@dataclass(frozen=True)
class Circle:
    """Who of a channel the customers are, and the IDs of the Slack workspaces that are their
    own."""

    customers_are: CustomersAre = CustomersAre.OTHER_WORKSPACES
    teams: frozenset[str] = frozenset()

    @classmethod
    def of(cls, row: Channel | Binding) -> "Circle":
        """As the channel keeps it."""
        return cls(row.customers_are, frozenset(row.customer_teams.split()))


@dataclass(frozen=True)
class ChannelView:
    """The plain facts of a channel that is bound to a customer, and the customer's name. `closed`:
    why nothing can be posted there just now; `ended`: the customer was offboarded."""

    id: str
    customer_id: int
    customer: str
    closed: str
    circle: Circle
    ended: bool = False

    @classmethod
    def of(cls, row: Channel, customer: Customer) -> "ChannelView":
        """The channel as it is now."""
        return cls(
            id=row.id,
            customer_id=row.customer_id,
            customer=customer.name,
            closed=row.closed,
            circle=Circle.of(row),
            ended=customer.ended_at is not None,
        )

    @classmethod
    def bound(cls, row: Binding) -> "ChannelView":
        """The same of what is known of its binding."""
        return cls(
            id=row.channel_id,
            customer_id=row.customer_id,
            customer=row.customer,
            closed=row.closed,
            circle=Circle.of(row),
            ended=row.ended,
        )
