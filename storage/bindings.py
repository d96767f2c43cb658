"""Whose a channel is. It is asked for everything that people do, so it is one question, past the
session."""

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam
from sqlmodel import col, select

from storage.tables import Channel, Customer
from storage.vocabulary import CustomersAre


@dataclass(frozen=True)
class Binding:
    """A channel that is bound to a customer. `ended`: the customer was offboarded; the rest is as
    the rows keep it."""

    channel_id: str
    customer_id: int
    customer: str
    closed: str
    customers_are: CustomersAre
    customer_teams: str
    ended: bool


def binding(connection: Connection, channel_id: str) -> Binding | None:
    """The binding of a channel, if it has one."""
    row = connection.execute(BINDING, {"channel": channel_id}).first()
    return None if row is None else Binding(*row)


BINDING = (
    select(  # type: ignore[call-overload]  # for so many columns there is none
        Channel.id,
        Channel.customer_id,
        Customer.name,
        Channel.closed,
        Channel.customers_are,
        Channel.customer_teams,
        col(Customer.ended_at).is_not(None),
    )
    .join(Customer, col(Customer.id) == Channel.customer_id)
    .where(col(Channel.id) == bindparam("channel"))
)
