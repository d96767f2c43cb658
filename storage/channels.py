"""Customers and the channels bound to them; events that were taken in."""

from datetime import datetime

from sqlmodel import Session, func, select

from storage.tables import Channel, Customer, SeenEvent


class Channels:
    """Queries about customers and channels."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, channel_id: str) -> Channel | None:
        """The binding of a channel, if it has one."""
        return self._session.get(Channel, channel_id)

    def customer(self, customer_id: int) -> Customer:
        """A customer that is known to exist."""
        return self._session.get_one(Customer, customer_id)

    def lock_customer(self, customer_id: int) -> Customer:
        """The customer as it is now, held against other transactions until this one ends."""
        found = select(Customer).where(Customer.id == customer_id).with_for_update()
        return self._session.exec(found.execution_options(populate_existing=True)).one()

    def customer_named(self, name: str) -> Customer | None:
        """The customer of that name, whatever its case."""
        return self._session.exec(select(Customer).where(func.lower(Customer.name) == name.lower())).first()

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

    def all(self) -> list[tuple[Channel, Customer]]:
        """Every binding with its customer, by the customer's name."""
        rows = select(Channel, Customer).where(Channel.customer_id == Customer.id).order_by(Customer.name)
        return list(self._session.exec(rows))

    def first_sight(self, event_id: str, now: datetime) -> bool:
        """Whether what has this id is new; it is remembered."""
        if self._session.get(SeenEvent, event_id) is not None:
            return False
        self._session.add(SeenEvent(event_id=event_id, at=now))
        self._session.flush()
        return True
