"""Customers and the channels where they are met."""

from collections.abc import Collection
from dataclasses import dataclass
from math import ceil
from typing import Protocol

from bot.common import audit
from bot.common.clock import Clock
from bot.common.jobs import EraseCustomer
from bot.common.mail_addresses import BadAddress, read_domain
from bot.common.people import SLACK, Person
from bot.common.refusals import Refused, SlackBusy
from bot.common.texts import on_one_line
from bot.lifecycle.hours import Hours, hours_of
from bot.messages import notices
from bot.microsoft.client import Microsoft, MicrosoftUnreachable
from bot.views.customers import ChannelView, Circle, CustomerView
from storage.database import Store, Transaction
from storage.tables import Channel, Customer

MAX_NAME_LENGTH = 80

ENDED = "ended"
"""Why nothing is posted (as in `Channel.closed`) for a customer that was offboarded."""
DOMAIN_UNKNOWN = "setup_form.domain_unknown"
"""The refusal of a domain that is nobody's."""

OVER_WHEN_BACK = ("archived", "deleted", "left", "restricted")
"""What is over (as in `Channel.closed`) when the bot comes into a channel."""

ROUNDS = 15
AT_ONCE = 10
"""A closed channel is looked at once in so many times; so many of them at once in any case."""

CLOSES = {
    "channel_not_found": "left",
    "not_in_channel": "left",
    "is_archived": "archived",
    "is_inactive": "archived",
}
"""What Slack's word for why nothing can be posted says of a channel; any other, that people have
said who may post there."""


@dataclass(frozen=True)
class Care:
    """How a customer is looked after: when its people are reminded (as `Customer` keeps it; empty
    means as everywhere), and who of the support team is there for it."""

    time_zone: str = ""
    working_hours: str = ""
    working_days: str = ""
    owner: Person | None = None


class Doors(Protocol):
    """What Slack says of channels."""

    def is_open(self, channel_id: str) -> bool:
        """Whether the app is in a channel where people post; no when Slack does not say it. May
        take a second.

        Raises:
            SlackBusy: Slack may not be asked just now.
        """
        ...


class Customers:
    """Binds channels to customers, and customers to their Microsoft tenants."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        microsoft: Microsoft,
        ordinary: Hours,
        support_channel: str,
        alert_channel: str,
        doors: Doors,
    ) -> None:
        """`ordinary`: when people are reminded of whom nothing else was said."""
        self._doors = doors
        self._looked_at = ""
        """The closed channel that was looked at last."""
        self._own_channels = (support_channel, alert_channel)
        self._store = store
        self._clock = clock
        self._microsoft = microsoft
        self._ordinary = ordinary
        self._support_channel = support_channel

    def tenant(self, domain: str) -> str:
        """The Microsoft tenant that has this domain. Takes two seconds at most.

        Raises:
            Refused: it is no domain, Microsoft knows none, or Microsoft did not answer.
        """
        try:
            tenant = self._microsoft.tenant_of(read_domain(domain))
        except BadAddress:
            raise Refused("setup_form.domain_bad") from None
        except MicrosoftUnreachable:
            raise Refused("setup_form.domain_unanswered") from None
        if not tenant:
            raise Refused(DOMAIN_UNKNOWN)
        return tenant

    def bind(
        self,
        channel_id: str,
        customer_name: str,
        by: Person,
        tenant_id: str = "",
        care: Care | None = None,
        circle: Circle | None = None,
    ) -> ChannelView:
        """Bind a channel to the customer of that name (made if new) and post the set-up card there.
        A channel that is bound to this customer already gets its card renewed, and a customer that
        was offboarded is taken back as long as nothing is erased. `tenant_id`: the
        customer's, where it is known; `care`: how it is looked after from now on, and `circle`: who
        of the channel the customers are, where that is said.

        Raises:
            Refused: the channel is our own, or another customer's, the customer has another tenant,
                or the name is too long.
        """
        if channel_id in self._own_channels:
            raise Refused("refused.our_own_channel")
        name = on_one_line(customer_name)
        if len(name) > MAX_NAME_LENGTH:
            raise Refused("form.name_too_long")
        now = self._clock.now()
        with self._store.transaction() as tx:
            customer = self._named(tx, name)
            before = _binding(tx.channels.get(channel_id), customer)
            channel = self._bound(tx, channel_id, customer, by)
            tx.channels.move_in(customer.id, channel.id)
            self._take_back(tx, customer, by)
            if channel.closed:  # somebody speaks there: that it came back was missed
                channel.closed = ""
                self._show_all(tx, channel)
            if tenant_id and customer.tenant_id not in ("", tenant_id):
                raise Refused("organisation.other", customer=customer.name)
            customer.tenant_id = tenant_id or customer.tenant_id
            _look_after(customer, care, by)
            if circle is not None:
                channel.customers_are = circle.customers_are
                channel.customer_teams = " ".join(sorted(circle.teams))
            after = _binding(channel, customer)
            if after != before:  # a command that was not answered is typed again
                # Later than the customer's beginning, which is when the history begins
                audit.record(tx, by, "channel.bound", channel.id, self._clock.now(), **after)
            notices.show_setup_card(tx, channel_id, now)
            return ChannelView.of(channel, customer)

    def get(self, customer_id: int) -> CustomerView:
        """A customer that is known to exist."""
        with self._store.reading() as tx:
            return CustomerView.of(tx.channels.customer(customer_id))

    def of_channel(self, channel_id: str) -> CustomerView | None:
        """The customer to whom a channel is bound."""
        with self._store.reading() as tx:
            channel = tx.channels.get(channel_id)
            return CustomerView.of(tx.channels.customer(channel.customer_id)) if channel else None

    def hours_in(self, channel_id: str) -> Hours:
        """When the people of a channel may be reminded: as its customer wants it, or as
        everywhere."""
        with self._store.reading() as tx:
            channel = tx.channels.get(channel_id)
            customer = tx.channels.customer(channel.customer_id) if channel else None
            return hours_of(customer, self._ordinary)

    def came_in(self, channel_id: str) -> None:
        """The bot was taken into a channel, which is open (again). The people there are greeted:
        once, and not where it is at home already."""
        self.reopen(channel_id, OVER_WHEN_BACK)
        now = self._clock.now()
        with self._store.transaction() as tx:
            tx.outbox.wake(channel_id, now)
            known = tx.channels.get(channel_id) is not None
            if not known and tx.channels.first_sight(f"greeted:{channel_id}", now):
                notices.greet(tx, channel_id, now)

    def refused(self, channel_id: str, error: str) -> bool:
        """Slack has answered with `error` that nothing can be posted in a channel. Whether it is a
        customer's, which is closed by that."""
        self.close(channel_id, CLOSES.get(error, "restricted"))
        return self.of_channel(channel_id) is not None

    def look_for_closed(self) -> int:
        """Look whether closed channels can be posted in again: an event that said so may have been
        missed. Each time some of them are looked at, and each once in `ROUNDS` times; where Slack
        may not be asked any more, the next time goes on there. Takes a second a channel."""
        with self._store.reading() as tx:
            closed = sorted(each.id for each in tx.channels.closed() if _may_come_back(each))
        next_ones = [each for each in closed if each > self._looked_at] or closed
        for channel_id in next_ones[: max(AT_ONCE, ceil(len(closed) / ROUNDS))]:
            try:
                is_open = self._doors.is_open(channel_id)
            except SlackBusy:
                break
            self._looked_at = channel_id
            if is_open:
                self.reopen(channel_id, OVER_WHEN_BACK)
        return 0  # the others have their turn at the next time

    def close(self, channel_id: str, why: str) -> None:
        """Nothing can be posted in the channel any more (`why` as in `Channel.closed`): what waits
        for it is put aside, and support is told. The binding stays. A channel that is not bound, or
        closed already, is left alone."""
        with self._store.transaction() as tx:
            channel = tx.channels.get(channel_id)
            if channel is None or why in channel.closed.split():
                return
            closed_already = bool(channel.closed)
            channel.closed = f"{channel.closed} {why}".strip()
            if closed_already:
                return
            tx.outbox.drop(channel_id, why, self._clock.now())
            self._tell(tx, channel, f"channel.{why}")

    def reopen(self, channel_id: str, over: Collection[str]) -> None:
        """What closed the channel (`over`, as in `Channel.closed`) is over. If nothing else keeps
        it closed, it can be posted in again: every card there shows how things stand."""
        with self._store.transaction() as tx:
            channel = tx.channels.get(channel_id)
            if channel is not None and channel.closed:
                channel.closed = " ".join(why for why in channel.closed.split() if why not in over)
                if channel.closed:
                    return
                self._tell(tx, channel, "channel.back")
                self._show_all(tx, channel)

    def renumber(self, old_id: str, new_id: str) -> None:
        """Slack gave the channel another id: everything that stands in it goes along. That nothing
        could be posted under the old one any more says nothing of the channel."""
        with self._store.transaction() as tx:
            channel = tx.channels.get(old_id)
            if channel is None or tx.channels.get(new_id) is not None:
                return
            now = self._clock.now()
            # Whoever sends something there holds the lane before the message, and so do we
            for channel_id in (old_id, new_id):
                tx.outbox.hold(channel_id, now)
            old_card = notices.setup_key(old_id)
            tx.outbox.renamed(old_card, notices.setup_key(new_id), now)
            channel = tx.channels.renumber(channel, new_id)
            channel.closed = " ".join(why for why in channel.closed.split() if why != "left")
            self._tell(tx, channel, "channel.renumbered")
            self._show_all(tx, channel)

    def _named(self, tx: Transaction, name: str) -> Customer:
        """The customer of that name, held; a new one if there is none."""
        tx.channels.lock_names()
        known = tx.channels.customer_named(name)
        if known is None:
            return tx.channels.add_customer(name, self._clock.now())
        return tx.channels.lock_customer(known.id)

    def _take_back(self, tx: Transaction, customer: Customer, by: Person) -> None:
        """A customer that was offboarded is one of ours again: its accounts offer to be connected
        again, and nothing is erased."""
        ended_at = customer.ended_at
        if ended_at is None:
            return
        customer.ended_at = None
        customer.erase_at = None
        tx.jobs.cancel(EraseCustomer(customer_id=customer.id))
        now = self._clock.now()
        audit.record(
            tx, by, "customer.taken_back", f"customer:{customer.id}", now, customer=customer.name
        )
        for channel in tx.channels.bound_to(customer.id):
            channel.closed = without_ended(channel.closed)
            notices.show_setup_card(tx, channel.id, now)
        for account in tx.accounts.lock_all_of(customer.id):
            if account.state_since >= ended_at:
                notices.show_card(tx, account, now)

    def _bound(self, tx: Transaction, channel_id: str, customer: Customer, by: Person) -> Channel:
        """The channel, bound to the customer now if it was to nobody."""
        channel = tx.channels.get(channel_id)
        if channel is None:
            channel = Channel(
                id=channel_id,
                customer_id=customer.id,
                bound_by_team=by.team,
                bound_by_user=by.user,
                bound_at=self._clock.now(),
            )
            tx.channels.bind(channel)
        elif channel.customer_id != customer.id:
            other = tx.channels.customer(channel.customer_id)
            raise Refused("refused.channel_of_another", name=other.name)
        return channel

    def _show_all(self, tx: Transaction, channel: Channel) -> None:
        now = self._clock.now()
        # Of a reminder that could not be posted its day is over; the next one lists what waits
        tx.outbox.revive(channel.id, now, never=(notices.REMINDER,))
        notices.show_setup_card(tx, channel.id, now)
        reminder = tx.reminders.newest_in(channel.id)
        if reminder is not None and tx.outbox.posted(notices.reminder_key(reminder)) is not None:
            notices.show_reminder(tx, reminder, now)
        for account in tx.accounts.of_customer(channel.customer_id):
            if account.channel_id == channel.id:
                notices.show_card(tx, account, now)

    def _tell(self, tx: Transaction, channel: Channel, sentence: str) -> None:
        now = self._clock.now()
        customer = tx.channels.customer(channel.customer_id)
        audit.record(tx, SLACK, sentence, channel.id, now)
        key = f"{sentence}:{channel.id}:{now.timestamp()}"
        facts = {"customer": customer.name, "channel": channel.id, "helper": customer.owner_user}
        notices.tell(tx, self._support_channel, key, sentence, now, **facts)


def _binding(channel: Channel | None, customer: Customer) -> dict[str, str]:
    """What a channel's binding says; nothing where it is bound to nobody."""
    if channel is None:
        return {}
    return {
        "customer": customer.name,
        "tenant": customer.tenant_id,
        "time_zone": customer.time_zone,
        "working_hours": customer.working_hours,
        "working_days": customer.working_days,
        "owner_user": customer.owner_user,
        "customers_are": channel.customers_are,
        "customer_teams": channel.customer_teams,
    }


def without_ended(closed: str) -> str:
    """Why a channel is closed, apart from its customer being offboarded."""
    return " ".join(why for why in closed.split() if why != ENDED)


def _may_come_back(channel: Channel) -> bool:
    """Whether Slack itself can say that the channel is open again."""
    return bool({"archived", "deleted", "left"} & set(channel.closed.split()))


def _look_after(customer: Customer, care: Care | None, by: Person) -> None:
    if care is not None:
        customer.time_zone = care.time_zone
        customer.working_hours = care.working_hours
        customer.working_days = care.working_days
    owner = care.owner if care else None
    if owner is None and not customer.owner_user:
        owner = by
    if owner is not None:
        customer.owner_team = owner.team
        customer.owner_user = owner.user
