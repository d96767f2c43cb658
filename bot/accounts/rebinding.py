"""Binding a channel to another customer, or to none any more.

What stands in a channel is its customer's: nobody who is met there afterwards may see or use it. So
its accounts are disconnected before the channel becomes another customer's, everything we posted is
taken away, and what is kept for the customer before stands in another channel of theirs, or nowhere
until they get one again.
"""

from typing import Any

from bot.accounts.administration import checked_name, in_use, subject_of
from bot.accounts.customers import without_ended
from bot.accounts.partings import Partings, in_use_there, views_of
from bot.common import audit
from bot.common.people import Person
from bot.common.refusals import Refused
from bot.messages import notices
from bot.views.administration import Rebinding, Unbinding
from bot.views.customers import CustomerView
from storage.database import Transaction
from storage.tables import Account, Channel, Customer

MAX_NAMED = 10
"""So many accounts are named where they keep a channel from being unbound."""


class Bindings(Partings):
    """Binds channels that are bound already to another customer, or unbinds them."""

    def rebinding(self, channel_id: str, name: str) -> Rebinding:
        """What it would do to bind a channel to the customer of that name. Changes nothing.

        Raises:
            Refused: the name is empty, too long or that of the customer now, its customer was
                offboarded, or the channel is bound to nobody (any more).
        """
        name = checked_name(name)
        with self._store.transaction() as tx:
            channel, before = _binding(tx, channel_id)
            to = _target(tx, name, before)
            return Rebinding(
                channel_id=channel_id,
                before=CustomerView.of(before),
                name=to.name if to else name,
                is_new=to is None,
                accounts=views_of(in_use_there(tx.accounts.of_customer(before.id), channel_id)),
                home=_home(tx, channel),
            )

    def rebind(self, channel_id: str, customer_id: int, name: str, by: Person) -> Rebinding:
        """Bind a channel that is the customer's of this id to the customer of that name (made if
        new), and say what that did.

        Raises:
            Refused: as for `rebinding`, or the channel is another customer's by now.
        """
        name = checked_name(name)
        with self._store.transaction() as tx:
            channel, before = self._held(tx, channel_id, customer_id)
            to = _target(tx, name, before)
            is_new = to is None
            to = to or tx.channels.add_customer(name, self._clock.now())
            home = _home(tx, channel)
            accounts = self._empty(tx, channel, before, home, by)
            self._bind(tx, channel, before, to, accounts, by)
            views = views_of(accounts)
            return Rebinding(channel_id, CustomerView.of(before), to.name, is_new, views, home)

    def unbinding(self, channel_id: str) -> Unbinding:
        """What it would do to unbind a channel. Changes nothing.

        Raises:
            Refused: the channel is bound to nobody (any more).
        """
        with self._store.transaction() as tx:
            channel, customer = _binding(tx, channel_id)
            accounts = in_use_there(tx.accounts.of_customer(customer.id), channel_id)
            view = CustomerView.of(customer)
            return Unbinding(channel_id, view, views_of(accounts), _home(tx, channel))

    def unbind(self, channel_id: str, customer_id: int, by: Person) -> Unbinding:
        """Unbind a channel that is the customer's of this id, and say what that did.

        Raises:
            Refused: accounts in use stand in the channel, or it is not that customer's (any more).
        """
        with self._store.transaction() as tx:
            channel, customer = self._held(tx, channel_id, customer_id)
            accounts = in_use_there(tx.accounts.lock_all_of(customer.id), channel_id)
            if accounts:
                names = ", ".join(f"{each.name} {each.ref}" for each in accounts[:MAX_NAMED])
                raise Refused("customer.channel_in_use", count=str(len(accounts)), names=names)
            home = _home(tx, channel)
            self._empty(tx, channel, customer, home, by)
            now = self._clock.now()
            key = f"{subject_of(customer)}:unbound:{channel_id}:{now.timestamp()}"
            notices.say_in(tx, channel_id, key, "customer.unbound_told", now)
            tx.channels.unbind(channel)
            before = {"before": customer.name, "after": ""}
            audit.record(tx, by, "channel.unbound", channel_id, now, **before)
            facts = {"customer": customer.name, "channel": channel_id, "user": by.user}
            sentence = "customer.unbound_told_support"
            notices.tell(tx, self._support_channel, f"{key}:support", sentence, now, **facts)
            return Unbinding(channel_id, CustomerView.of(customer), [], home)

    def _held(self, tx: Transaction, channel_id: str, customer_id: int) -> tuple[Channel, Customer]:
        """A channel and the customer it is thought to be bound to, held."""
        tx.channels.lock_names()
        found = tx.channels.held(channel_id)
        if found is None or found[1].id != customer_id:
            raise Refused("customer.changed_meanwhile")
        tx.reminders.hold(channel_id)
        return found

    def _empty(
        self, tx: Transaction, channel: Channel, customer: Customer, home: str, by: Person
    ) -> list[Account]:
        """Leave nothing of the customer's in the channel; the accounts that were in use there."""
        channel.closed = without_ended(channel.closed)
        accounts = self._disconnect(tx, customer.id, channel.id, by)
        self._end_batch(tx, customer.id, channel.id)
        self._end_requests(tx, [channel.id], by)
        if not home:
            self._forget_requests(tx, channel)
        notices.take_everything_away(tx, channel.id, self._clock.now())
        tx.channels.move_out(channel.id, home)
        return accounts

    def _forget_requests(self, tx: Transaction, channel: Channel) -> None:
        """Forget requests that are about the channel as a whole, where the customer has no other:
        nothing says any more whose they were."""
        now = self._clock.now()
        for request in tx.requests.of_no_account(channel.id):
            notices.take_request_away(tx, request, self._support_channel, now)
            tx.requests.remove(request)

    def _bind(
        self,
        tx: Transaction,
        channel: Channel,
        before: Customer,
        to: Customer,
        accounts: list[Account],
        by: Person,
    ) -> None:
        now = self._clock.now()
        channel.customer_id = to.id
        channel.bound_at = now
        channel.bound_by_team = by.team
        channel.bound_by_user = by.user
        # Whose Slack workspaces are the customer's own, nobody has said of this customer
        channel.customer_teams = ""
        if not to.owner_user:
            to.owner_team = by.team
            to.owner_user = by.user
        tx.channels.move_in(to.id, channel.id)
        known: dict[str, Any] = {"before": before.name, "after": to.name, "accounts": len(accounts)}
        subjects = {"customer_before": subject_of(before), "customer_after": subject_of(to)}
        audit.record(tx, by, "channel.rebound", channel.id, now, **known, **subjects)
        key = f"{subject_of(before)}:rebound:{channel.id}:{now.timestamp()}"
        if accounts:
            told = "customer.rebound_told"
            notices.say_in(tx, channel.id, key, told, now, count=len(accounts))
        notices.show_setup_card(tx, channel.id, now)
        facts = {**known, "channel": channel.id, "user": by.user}
        sentence = "customer.rebound_told_support"
        notices.tell(tx, self._support_channel, f"{key}:support", sentence, now, **facts)


def _binding(tx: Transaction, channel_id: str) -> tuple[Channel, Customer]:
    found = tx.channels.held(channel_id)
    if found is None:
        raise Refused("customer.changed_meanwhile")
    return found


def _target(tx: Transaction, name: str, before: Customer) -> Customer | None:
    """The customer of that name, held, to whom a channel of `before` can be bound; None where there
    is none yet."""
    known = tx.channels.customer_named(name)
    if known is None:
        return None
    if known.id == before.id:
        raise Refused("customer.rebind_same")
    return in_use(tx, known.id)


def _home(tx: Transaction, channel: Channel) -> str:
    """Another channel of the same customer; empty if there is none."""
    others = [each.id for each in tx.channels.bound_to(channel.customer_id)]
    return next((each for each in others if each != channel.id), "")
