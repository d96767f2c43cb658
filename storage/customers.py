"""Customers and the channels bound to them; events that were taken in."""

from datetime import datetime

from sqlalchemy import bindparam
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, delete, func, select, update

from storage.bindings import Binding, binding
from storage.tables import (
    Account,
    Batch,
    Channel,
    Customer,
    FurtherTenant,
    Lane,
    ListDraft,
    OldAccount,
    OutboxItem,
    PostedMessage,
    Reminder,
    ReminderDay,
    SeenEvent,
    SupportRequest,
)

NAMED_IN = (
    Account,
    Batch,
    FurtherTenant,
    ListDraft,
    OldAccount,
    OutboxItem,
    PostedMessage,
    Reminder,
    SupportRequest,
)

STANDS_IN = (Account, Batch, ListDraft, OldAccount, SupportRequest)
"""What stands in a channel and is its customer's wherever that is."""

OF_CUSTOMER = (Account, Batch, ListDraft, OldAccount)

NAMES_LOCK = 0x6D61696C
"""The number of PostgreSQL's advisory lock under which names are given."""


class ChannelRepository:
    """Queries about customers and channels."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, channel_id: str) -> Channel | None:
        """The row of a channel, if it is bound."""
        return self._session.get(Channel, channel_id)

    def binding(self, channel_id: str) -> Binding | None:
        """The binding of a channel to its customer, if it has one."""
        return binding(self._session.connection(), channel_id)

    def of_customer(self, customer_id: int) -> list[str]:
        """The ids of the customer's channels."""
        return list(
            self._session.exec(select(Channel.id).where(Channel.customer_id == customer_id))
        )

    def bound_to(self, customer_id: int) -> list[Channel]:
        """The customer's channels, in the order in which they were bound."""
        found = select(Channel).where(Channel.customer_id == customer_id)
        return list(self._session.exec(found.order_by(col(Channel.bound_at), col(Channel.id))))

    def held(self, channel_id: str) -> tuple[Channel, Customer] | None:
        """A channel and its customer, who is held until the transaction ends, so that neither is
        bound or offboarded meanwhile; None for a channel that is bound to nobody (any more)."""
        channel = self._session.get(Channel, channel_id)
        customer = self.held_customer(channel.customer_id) if channel is not None else None
        if customer is None:
            return None
        same = (col(Channel.id) == channel_id) & (col(Channel.customer_id) == customer.id)
        again = select(Channel).where(same).execution_options(populate_existing=True)
        channel = self._session.exec(again).first()
        return (channel, customer) if channel is not None else None

    def customer(self, customer_id: int) -> Customer:
        """A customer that is known to exist."""
        return self._session.get_one(Customer, customer_id)

    def known_customer(self, customer_id: int) -> Customer | None:
        """The customer, unless it was erased."""
        return self._session.get(Customer, customer_id)

    def lock_customer(self, customer_id: int) -> Customer:
        """The customer as it is now, held against other transactions until this one ends."""
        found = select(Customer).where(Customer.id == customer_id).with_for_update(key_share=True)
        return self._session.exec(found.execution_options(populate_existing=True)).one()

    def held_customer(self, customer_id: int) -> Customer | None:
        """The same, of a customer that may have been erased."""
        found = select(Customer).where(Customer.id == customer_id).with_for_update(key_share=True)
        return self._session.exec(found.execution_options(populate_existing=True)).first()

    def lock_names(self) -> None:
        """Hold the names of customers until the transaction ends, so that none is given twice. Held
        before any customer is. On SQLite every transaction holds everything."""
        if self._session.get_bind().dialect.name == "postgresql":
            self._session.exec(select(func.pg_advisory_xact_lock(NAMES_LOCK)))

    def customer_named(self, name: str) -> Customer | None:
        """The customer of that name, whatever its case. It is compared here: SQLite knows the cases
        of English letters only."""
        wanted = name.casefold()
        named = select(Customer.id, Customer.name).order_by(col(Customer.id))
        for customer_id, known in self._session.exec(named):
            if known.casefold() == wanted:
                return self._session.get(Customer, customer_id)
        return None

    def customers(self) -> list[Customer]:
        """Every customer, by name."""
        return list(self._session.exec(select(Customer).order_by(Customer.name)))

    def to_erase(self, before: datetime) -> list[int]:
        """The ids of the customers whose time to be erased came before then."""
        return list(self._session.exec(TO_ERASE, params={"before": before}))

    def names_of_tenant(self, tenant_id: str) -> list[str]:
        """The names of the customers whose tenant this is; none where it is empty."""
        if not tenant_id:
            return []
        found = select(Customer.name).where(Customer.tenant_id == tenant_id)
        return list(self._session.exec(found.order_by(Customer.name)))

    def tenants(self, customer: Customer) -> frozenset[str]:
        """The tenants whose mailboxes are the customer's; none while theirs is not known."""
        if not customer.tenant_id:
            return frozenset()
        allowed = select(FurtherTenant.tenant_id).where(
            FurtherTenant.customer_id == customer.id, col(FurtherTenant.allowed_at).is_not(None)
        )
        return frozenset([customer.tenant_id, *self._session.exec(allowed)])

    def further(self, customer_id: int, tenant_id: str) -> FurtherTenant | None:
        """The further tenant of a customer, whether it is allowed or only asked for."""
        found = select(FurtherTenant).where(
            FurtherTenant.customer_id == customer_id, FurtherTenant.tenant_id == tenant_id
        )
        return self._session.exec(found).first()

    def further_with(self, further_id: int) -> FurtherTenant:
        """A further tenant that is known to exist."""
        return self._session.get_one(FurtherTenant, further_id)

    def lock_further(self, further_id: int) -> FurtherTenant | None:
        """The further tenant with this id, held until the transaction ends."""
        found = select(FurtherTenant).where(FurtherTenant.id == further_id).with_for_update()
        return self._session.exec(found).first()

    def add_further(self, further: FurtherTenant) -> None:
        """Keep a further tenant that somebody asks for, with its id."""
        self._session.add(further)
        self._session.flush()

    def count_asked(self, customer_id: int) -> int:
        """How many further tenants of a customer wait for a word."""
        asked = select(func.count(col(FurtherTenant.id))).where(
            FurtherTenant.customer_id == customer_id,
            col(FurtherTenant.allowed_at).is_(None),
            col(FurtherTenant.refused_at).is_(None),
        )
        return self._session.exec(asked).one()

    def add_customer(self, name: str, now: datetime) -> Customer:
        """A new customer, with its id."""
        customer = Customer(name=name, created_at=now)
        self._session.add(customer)
        self._session.flush()
        return customer

    def bind(self, channel: Channel) -> None:
        """Keep a new binding."""
        self._session.add(channel)
        self._session.flush()

    def renumber(self, channel: Channel, new_id: str) -> Channel:
        """The channel under the id that Slack has given it, with everything that stands in it."""
        moved = Channel(**channel.model_dump(exclude={"id"}), id=new_id)
        self._session.add(moved)
        for table in NAMED_IN:
            there = col(table.channel_id) == channel.id
            self._session.exec(update(table).where(there).values(channel_id=new_id))
        self._move_lane(channel.id, new_id)
        self._session.exec(delete(ReminderDay).where(col(ReminderDay.channel_id) == new_id))
        day = update(ReminderDay).where(col(ReminderDay.channel_id) == channel.id)
        self._session.exec(day.values(channel_id=new_id))
        self._session.delete(channel)
        self._session.flush()
        self._session.expire_all()
        return moved

    def _move_lane(self, old_id: str, new_id: str) -> None:
        """Whoever sends something to the channel goes on under its new id. The caller holds both
        lanes."""
        old = self._session.get_one(Lane, old_id)
        new = self._session.get_one(Lane, new_id)
        if new.leased_until is None:
            new.leased_until = old.leased_until
            new.claim = old.claim
        self._session.delete(old)
        self._session.flush()

    def move_out(self, channel_id: str, home: str) -> None:
        """What stands in a channel stands in `home` from now on, another channel of its customer's;
        or ("") nowhere. The channel's reminders are forgotten."""
        for table in STANDS_IN:
            there = col(table.channel_id) == channel_id
            self._session.exec(update(table).where(there).values(channel_id=home))
        for own in (Reminder, ReminderDay):
            self._session.exec(delete(own).where(col(own.channel_id) == channel_id))
        self._session.flush()

    def move_in(self, customer_id: int, channel_id: str) -> None:
        """What a customer has that stands nowhere stands in this channel from now on."""
        for table in OF_CUSTOMER:
            nowhere = (col(table.channel_id) == "") & (col(table.customer_id) == customer_id)
            self._session.exec(update(table).where(nowhere).values(channel_id=channel_id))

    def unbind(self, channel: Channel) -> None:
        """The channel is bound to nobody from now on."""
        self._session.delete(channel)
        self._session.flush()

    def all(self) -> list[tuple[Channel, Customer]]:
        """Every binding with its customer, by the customer's name."""
        return list(self._session.exec(ALL))

    def closed(self) -> list[Channel]:
        """The channels in which nothing can be posted."""
        return list(self._session.exec(CLOSED))

    def was_seen(self, event_id: str) -> bool:
        """Whether what has this id was seen before."""
        return self._session.get(SeenEvent, event_id) is not None

    def first_sight(self, event_id: str, now: datetime) -> bool:
        """Whether what has this id is new; it is remembered."""
        if self._session.get(SeenEvent, event_id) is not None:
            return False
        try:
            with self._session.begin_nested():
                self._session.add(SeenEvent(event_id=event_id, at=now))
        except IntegrityError:  # another transaction saw it just now
            return False
        return True

    def newest_sight(self, beginning: str) -> str:
        """The last of the ids with this beginning, in the order of text; empty if there is none."""
        found = select(func.max(col(SeenEvent.event_id))).where(
            col(SeenEvent.event_id).startswith(beginning, autoescape=True)
        )
        return self._session.exec(found).one() or ""


# Asked by sweeps, and for the overview: each is put together once
ALL = (
    select(Channel, Customer)
    .where(col(Channel.customer_id) == Customer.id)
    .order_by(col(Customer.name))
)
CLOSED = select(Channel).where(col(Channel.closed) != "")
TO_ERASE = select(Customer.id).where(col(Customer.erase_at) < bindparam("before"))
