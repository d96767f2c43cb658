"""Customers and the channels bound to them; events that were taken in."""

from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, delete, func, select, update

from storage.tables import (
    Account,
    Batch,
    Channel,
    Customer,
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
    ListDraft,
    OldAccount,
    OutboxItem,
    PostedMessage,
    Reminder,
    SupportRequest,
)


class ChannelRepository:
    """Queries about customers and channels."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, channel_id: str) -> Channel | None:
        """The binding of a channel, if it has one."""
        return self._session.get(Channel, channel_id)

    def of_customer(self, customer_id: int) -> list[str]:
        """The ids of the customer's channels."""
        return list(
            self._session.exec(select(Channel.id).where(Channel.customer_id == customer_id))
        )

    def customer(self, customer_id: int) -> Customer:
        """A customer that is known to exist."""
        return self._session.get_one(Customer, customer_id)

    def lock_customer(self, customer_id: int) -> Customer:
        """The customer as it is now, held against other transactions until this one ends."""
        found = select(Customer).where(Customer.id == customer_id).with_for_update(key_share=True)
        return self._session.exec(found.execution_options(populate_existing=True)).one()

    def customer_named(self, name: str) -> Customer | None:
        """The customer of that name, whatever its case."""
        return self._session.exec(
            select(Customer).where(func.lower(Customer.name) == name.lower())
        ).first()

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
        self._session.exec(delete(Lane).where(col(Lane.channel_id) == channel.id))
        self._session.exec(delete(ReminderDay).where(col(ReminderDay.channel_id) == new_id))
        day = update(ReminderDay).where(col(ReminderDay.channel_id) == channel.id)
        self._session.exec(day.values(channel_id=new_id))
        self._session.delete(channel)
        self._session.flush()
        self._session.expire_all()
        return moved

    def all(self) -> list[tuple[Channel, Customer]]:
        """Every binding with its customer, by the customer's name."""
        rows = (
            select(Channel, Customer)
            .where(Channel.customer_id == Customer.id)
            .order_by(Customer.name)
        )
        return list(self._session.exec(rows))

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
