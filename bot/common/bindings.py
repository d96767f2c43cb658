"""The customer to whom a channel is bound, held where something is added for them."""

from bot.common.refusals import Refused
from storage.database import Transaction
from storage.tables import Channel


def bound(tx: Transaction, channel_id: str) -> Channel:
    """The binding of a channel.

    Raises:
        Refused: it is bound to no customer.
    """
    channel = tx.channels.get(channel_id)
    if channel is None:
        raise Refused("refused.channel_not_bound")
    return channel


def held_binding(tx: Transaction, channel_id: str) -> Channel:
    """The binding of a channel. Its customer is held until the transaction ends, so that nobody is
    offboarded, and no channel bound elsewhere, while something is added.

    Raises:
        Refused: the channel is bound to no customer, or its customer was offboarded.
    """
    found = tx.channels.held(channel_id)
    if found is None:
        raise Refused("refused.channel_not_bound")
    channel, customer = found
    if customer.ended_at is not None:
        raise Refused("refused.customer_ended")
    return channel


def refuse_ended(tx: Transaction, customer_id: int) -> None:
    """Refuse what brings something of an offboarded customer back. The customer is held.

    Raises:
        Refused: the customer was offboarded.
    """
    if tx.channels.lock_customer(customer_id).ended_at is not None:
        raise Refused("refused.customer_ended")
