"""Customers and the channels where they are met."""

from bot import notices
from bot.people import Person
from bot.refusals import Refused
from bot.time import Clock
from storage.database import Store
from storage.tables import AuditEntry, Channel

LONGEST_NAME = 80


class Customers:
    """Binds channels to customers."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def bind(self, channel_id: str, customer_name: str, by: Person) -> Channel:
        """Bind a channel to the customer of that name (made if new) and post the set-up card there. A channel that is
        bound to this customer already gets its card renewed.

        Raises:
            Refused: the channel belongs to another customer.
        """
        name, now = " ".join(customer_name.split()), self._clock.now()
        with self._store.transaction() as tx:
            customer = tx.channels.customer_named(name) or tx.channels.add_customer(name, now)
            assert customer.id is not None
            channel = tx.channels.get(channel_id)
            if channel is None:
                channel = Channel(
                    id=channel_id, customer_id=customer.id, bound_by_team=by.team, bound_by_user=by.user, bound_at=now
                )
                tx.channels.bind(channel)
            elif channel.customer_id != customer.id:
                raise Refused("refused.channel_of_another", name=tx.channels.customer(channel.customer_id).name)
            tx.audit.add(AuditEntry(at=now, team=by.team, user=by.user, action="channel.bound", subject=channel_id))
            notices.show_setup_card(tx, channel_id, now)
            return channel
