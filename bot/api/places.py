"""Where the product does something: at which customer, and in which of the customer's channels."""

from dataclasses import dataclass

from bot.api.callers import Caller
from bot.api.refusals import ApiRefused, Code, Wrong
from bot.common.refusals import Refused
from bot.common.texts import whole_number
from storage.database import Transaction
from storage.tables import Customer


@dataclass(frozen=True)
class Place:
    """A customer's number, and a channel of theirs, as the product names them: it may leave out
    what is clear."""

    customer: str | None = None
    channel: str | None = None


def customer_meant(tx: Transaction, caller: Caller, named: str | None) -> Customer:
    """The customer that is named, or the only one that the key is for.

    Raises:
        ApiRefused: there is none that the key may see, or there are several.
    """
    if named is None:
        if caller.customers is None or len(caller.customers) != 1:
            raise _wrong("customer", "has to be named: the key is not for one alone")
        [number] = caller.customers
    else:
        number = whole_number(named)
    customer = tx.channels.known_customer(number) if caller.may_see(number) else None
    if customer is None:
        raise _wrong("customer", "is none that the key may see")
    return customer


def place_meant(tx: Transaction, caller: Caller, place: Place) -> str:
    """The channel in which an account is created: the one that is named, or the customer's only
    one that is open.

    Raises:
        ApiRefused: it is not clear which, or none that the key may see.
        Refused: the customer has none where anybody would read it.
    """
    customer = customer_meant(tx, caller, place.customer)
    bound = {channel.id: channel for channel in tx.channels.bound_to(customer.id)}
    if place.channel is not None:
        if place.channel not in bound:
            raise _wrong("channel", "is none of the customer's")
        require_open(tx, place.channel)
        return place.channel
    open_ones = [number for number, channel in bound.items() if not channel.closed]
    if not open_ones:
        raise Refused("product.no_channel")
    if len(open_ones) > 1:
        raise _wrong("channel", f"has to be named, one of {', '.join(open_ones)}")
    return open_ones[0]


def require_open(tx: Transaction, channel_id: str) -> None:
    """Nothing is begun or asked for where nobody could read it.

    Raises:
        Refused: the channel is closed, or bound to nobody any more.
    """
    channel = tx.channels.get(channel_id)
    if channel is None:
        raise Refused("refused.channel_not_bound")
    if channel.closed:
        raise Refused("refused.channel_closed")


def _wrong(field: str, says: str) -> ApiRefused:
    return ApiRefused(Code.INVALID, wrong=[Wrong(field, says)])
