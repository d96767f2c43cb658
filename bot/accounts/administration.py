"""What support changes of a customer: the name, and which organisation at Microsoft is theirs."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from bot.accounts.customers import MAX_NAME_LENGTH, Customers
from bot.accounts.service import Accounts
from bot.common import audit
from bot.common.clock import Clock
from bot.common.people import Person
from bot.common.refusals import Refused
from bot.lifecycle.service import Lifecycle
from bot.lifecycle.states import SIGNING_IN
from bot.messages import notices
from bot.signin.links import Links
from bot.views.accounts import AccountView
from bot.views.administration import CustomerFacts, OrganisationChange
from bot.views.customers import CustomerView
from storage.database import Store, Transaction
from storage.tables import Account, Customer
from storage.vocabulary import State


class Administration:
    """Tells support of a customer, and renames them or changes their organisation."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        customers: Customers,
        accounts: Accounts,
        links: Links,
        lifecycle: Lifecycle,
        support_channel: str,
    ) -> None:
        self._store = store
        self._clock = clock
        self._customers = customers
        self._accounts = accounts
        self._links = links
        self._lifecycle = lifecycle
        self._support_channel = support_channel

    def all(self) -> list[CustomerView]:
        """Every customer by name, those that were offboarded too."""
        with self._store.reading() as tx:
            return [CustomerView.of(each) for each in tx.channels.customers()]

    def named(self, name: str) -> CustomerView:
        """The customer of that name, whatever its case.

        Raises:
            Refused: there is none.
        """
        with self._store.reading() as tx:
            found = tx.channels.customer_named(tidy(name))
        if found is None:
            raise Refused("customer.unknown", name=tidy(name))
        return CustomerView.of(found)

    def facts(self, customer_id: int) -> CustomerFacts:
        """How a customer stands.

        Raises:
            Refused: there is no such customer (any more).
        """
        with self._store.transaction() as tx:
            customer = held(tx, customer_id)
            accounts = tx.accounts.of_customer(customer_id)
            channels = tx.channels.bound_to(customer_id)
        domains = {each.signed_in_as.rpartition("@")[2].lower() for each in accounts}
        return CustomerFacts(
            customer=CustomerView.of(customer),
            domains=sorted(domains - {""}),
            channels=[channel.id for channel in channels],
            stands=Counter(AccountView.of(account).stands for account in accounts),
        )

    def rename(self, customer_id: int, name: str, by: Person) -> CustomerView:
        """Give a customer another name; everything that shows it is drawn anew.

        Raises:
            Refused: the name is empty, too long, the same or another customer's.
        """
        name = checked_name(name)
        with self._store.transaction() as tx:
            tx.channels.lock_names()
            customer = held(tx, customer_id)
            other = tx.channels.customer_named(name)
            if other is not None and other.id != customer_id:
                raise Refused("customer.name_taken", name=other.name)
            if name == customer.name:
                raise Refused("customer.name_same")
            self._audit(tx, by, "customer.renamed", customer, before=customer.name, after=name)
            customer.name = name
            for account in tx.accounts.lock_all_of(customer.id):
                account.changed_at = self._clock.now()
            self._show_name(tx, customer)
            return CustomerView.of(customer)

    def organisation_change(self, customer_id: int, domain: str) -> OrganisationChange:
        """What it would do to say that a customer's organisation is the one that has this domain.
        Changes nothing. Takes two seconds at most.

        Raises:
            Refused: it is no domain, Microsoft knows none or did not answer, or the organisation is
                the customer's already.
        """
        tenant = self._customers.tenant(domain)
        with self._store.transaction() as tx:
            customer = in_use(tx, customer_id)
            if customer.tenant_id == tenant:
                raise Refused("customer.organisation_same")
            accounts = tx.accounts.of_customer(customer_id)
            return OrganisationChange(
                customer=CustomerView.of(customer),
                domain=domain,
                tenant_id=tenant,
                signed_out=[AccountView.of(each) for each in _of_another(accounts, tenant)],
                waiting=sum(each.state in SIGNING_IN for each in accounts),
            )

    def change_organisation(self, customer_id: int, domain: str, by: Person) -> OrganisationChange:
        """Do that, and say what it did. Who is connected with another organisation is disconnected,
        whoever is on the way to sign in begins anew. Takes two seconds at most.

        Raises:
            Refused: as for `organisation_change`.
        """
        # Asked again rather than carried along in a window: what a window says is not believed
        tenant = self._customers.tenant(domain)
        with self._store.transaction() as tx:
            customer = in_use(tx, customer_id)
            before = customer.tenant_id
            if before == tenant:
                raise Refused("customer.organisation_same")
            customer.tenant_id = tenant
            there = tx.accounts.lock_all_of(customer_id)
            accounts = [each for each in there if each.state is not State.DISCONNECTED]
            waiting = self._begin_anew(tx, accounts, by)
            signed_out = _of_another(accounts, tenant)
            for account in signed_out:
                self._accounts.disconnect_in(tx, account, by)
            known = {"domain": domain, "accounts": len(signed_out)}
            action = "customer.organisation_changed"
            self._audit(tx, by, action, customer, before=before, after=tenant, **known)
            self._tell(tx, customer, domain, len(signed_out), by)
            views = [AccountView.of(each) for each in signed_out]
            return OrganisationChange(
                CustomerView.of(customer), domain, tenant, views, waiting=waiting
            )

    def _begin_anew(self, tx: Transaction, accounts: Sequence[Account], by: Person) -> int:
        """Who is on the way to Microsoft went there for the organisation before: every link ends,
        with the sign-ins that are held. Accounts that wait for a sign-in get a new link; how many
        they are."""
        waiting = 0
        for account in accounts:
            self._links.end_all(tx, account)
            if account.state in SIGNING_IN:
                self._links.make(tx, account, by)
                waiting += 1
            self._lifecycle.show(tx, account)
        return waiting

    def _tell(
        self, tx: Transaction, customer: Customer, domain: str, count: int, by: Person
    ) -> None:
        now = self._clock.now()
        facts = {"customer": customer.name, "domain": domain, "count": count, "user": by.user}
        key = f"{subject_of(customer)}:organisation:{now.timestamp()}"
        sentence = "customer.organisation_told_support"
        notices.tell(tx, self._support_channel, key, sentence, now, **facts)
        for channel in tx.channels.bound_to(customer.id):
            here = f"{key}:{channel.id}"
            notices.say_in(
                tx, channel.id, here, "customer.organisation_told", now, domain=domain, count=count
            )

    def _show_name(self, tx: Transaction, customer: Customer) -> None:
        """Draw anew what shows a customer's name: set-up cards, reminders, requests for help, and
        the cards that ask whose organisation it is."""
        now = self._clock.now()
        channel_ids = [channel.id for channel in tx.channels.bound_to(customer.id)]
        for channel_id in channel_ids:
            notices.show_setup_card(tx, channel_id, now)
        for channel_id in (*channel_ids, self._support_channel):
            reminder = tx.reminders.open_in(channel_id)
            if reminder is not None:
                notices.show_reminder(tx, reminder, now)
        for request in tx.requests.open_in(channel_ids):
            notices.show_request(tx, request, self._support_channel, now)
        for waiting in tx.signins.held_of_customer(customer.id):
            notices.show_card(tx, tx.accounts.get(waiting.account_id), now)

    def _audit(
        self, tx: Transaction, by: Person, action: str, customer: Customer, **detail: Any
    ) -> None:
        audit.record(tx, by, action, subject_of(customer), self._clock.now(), **detail)


def held(tx: Transaction, customer_id: int) -> Customer:
    """A customer, held until the transaction ends.

    Raises:
        Refused: there is no such customer (any more).
    """
    customer = tx.channels.held_customer(customer_id)
    if customer is None:
        raise Refused("customer.gone")
    return customer


def in_use(tx: Transaction, customer_id: int) -> Customer:
    """The same, of a customer that was not offboarded.

    Raises:
        Refused: there is no such customer (any more), or it was offboarded.
    """
    customer = held(tx, customer_id)
    if customer.ended_at is not None:
        raise Refused("refused.customer_ended")
    return customer


def subject_of(customer: Customer) -> str:
    """How the audit calls a customer."""
    return f"customer:{customer.id}"


def tidy(name: str) -> str:
    """A name with single spaces."""
    return " ".join(name.split())


def checked_name(name: str) -> str:
    """A customer's name as it is kept.

    Raises:
        Refused: it is empty or too long.
    """
    name = tidy(name)
    if not name:
        raise Refused("form.name_missing")
    if len(name) > MAX_NAME_LENGTH:
        raise Refused("form.name_too_long")
    return name


def _of_another(accounts: Sequence[Account], tenant: str) -> list[Account]:
    """The accounts that are connected with another tenant."""
    return [each for each in accounts if each.object_id and each.tenant_id != tenant]
