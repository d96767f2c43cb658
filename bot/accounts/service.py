"""Creating an account from the form, changing it, and ending its connection."""

from collections.abc import Iterator
from contextlib import contextmanager

from bot.accounts.form_problems import InvalidForm as InvalidForm
from bot.accounts.form_problems import OldAccountThere as OldAccountThere
from bot.accounts.form_problems import checked, field_of, opened
from bot.accounts.new_account import new_account
from bot.accounts.organisations import Organisations
from bot.accounts.room import FULL, Room
from bot.common.addresses import Addresses
from bot.common.bindings import held_binding, refuse_ended
from bot.common.clock import Clock
from bot.common.jobs import CheckAccount
from bot.common.mail_addresses import shown, tidied
from bot.common.people import Person
from bot.common.refusals import Refused
from bot.common.texts import reads_as
from bot.lifecycle.service import Lifecycle
from bot.lifecycle.states import Event
from bot.messages import notices
from bot.signin.address_changes import AddressChanges, give
from bot.signin.links import Links
from bot.views.account_form import Form, form_of
from bot.views.accounts import AccountView
from storage.change_statuses import ChangeKind
from storage.database import Conflict, Store, Transaction
from storage.statuses import FixEvent
from storage.tables import Account, Channel
from storage.vocabulary import State

LISTED = {
    "form.personal_domain": "old.personal_domain",
    "form.other_organisation": "old.other_organisation",
    "form.other_organisation_many": "old.other_organisation_many",
    "form.other_organisation_refused": "old.other_organisation_refused",
    FULL: "old.person_full",
}
"""What a form says of another organisation, and of no room, as it is said of a row of a list."""

WITHOUT_CONNECTION = (
    State.CREATED,
    State.AWAITING_SIGN_IN,
    State.AWAITING_ADMIN,
    State.DISCONNECTED,
)
"""The states in which an account has no connection that a new login link could leave alone."""


class Accounts:
    """Begins, changes and ends accounts."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        lifecycle: Lifecycle,
        links: Links,
        changes: AddressChanges,
        organisations: Organisations,
        room: Room,
    ) -> None:
        self._store = store
        self._clock = clock
        self._lifecycle = lifecycle
        self._links = links
        self._changes = changes
        self._organisations = organisations
        self._room = room

    def get(self, account_id: int) -> AccountView:
        """An account that is known to exist."""
        with self._store.reading() as tx:
            return AccountView.of(tx.accounts.get(account_id))

    def of_customer(self, customer_id: int) -> list[AccountView]:
        """The customer's accounts in use, oldest first."""
        with self._store.reading() as tx:
            return [AccountView.of(each) for each in tx.accounts.of_customer(customer_id)]

    def called(self, customer_id: int, text: str) -> list[AccountView]:
        """Those of a customer's accounts in use whose name, address or username is `text`."""
        wanted = {reads_as(text), reads_as(shown(tidied(text)))}
        return [
            each
            for each in self.of_customer(customer_id)
            if wanted & {reads_as(name) for name in (each.name, each.sender_email, each.username)}
        ]

    def create(self, channel_id: str, form: Form, by: Person, view_id: str = "") -> AccountView:
        """Create an account in a channel and post its card with the login link. It takes the place
        of an old account of its address, which has to be deleted first. May take a second and a
        half: Microsoft is asked whose the domains are.

        Args:
            view_id: the window of the form. Sent again, because Slack did not wait for the answer
                to it, the form finds the account that it made.

        Raises:
            Refused: the channel is bound to no customer, or to one that was offboarded.
            InvalidForm: a field is wrong, the customer has an account of this address, or it is of
                another organisation.
            OldAccountThere: the form does not say that the old account is deleted.
        """
        try:
            return self._create(channel_id, form, by, view_id)
        except InvalidForm:
            made = self._made_in(view_id, channel_id, form)
            if made is None:
                raise
            return made

    def _made_in(self, view_id: str, channel_id: str, form: Form) -> AccountView | None:
        """The account that the same form made before."""
        with self._store.reading() as tx:
            channel = tx.channels.get(channel_id)
            if channel is None or not view_id:
                return None
            there = tx.accounts.with_address(channel.customer_id, form.tidy().sender_email)
            made = there is not None and there.made_in == view_id
            return AccountView.of(there) if there is not None and made else None

    def _create(self, channel_id: str, form: Form, by: Person, view_id: str) -> AccountView:
        self.vet(channel_id, form, by)
        with self.one_of_its_address() as tx:
            account = self.create_whole_in(tx, channel_id, form, by)
            account.made_in = view_id
            return AccountView.of(account)

    def vet(self, channel_id: str, form: Form, by: Person) -> None:
        """Whether the form of a new account is right by itself, and of the customer's organisation.
        Takes a second and a half at most, so never within a transaction.

        Raises:
            InvalidForm: it is not.
        """
        self._check_organisation(channel_id, checked(form), set(), by)

    def create_whole_in(self, tx: Transaction, channel_id: str, form: Form, by: Person) -> Account:
        """The same as `create` as part of a transaction, for a form that was vetted.

        Raises:
            as `create` does; and `Conflict` when the transaction ends.
        """
        channel = held_binding(tx, channel_id)
        account = self.create_in(tx, channel, form, by)
        old = tx.legacy.with_address(channel.customer_id, account.sender_email)
        if old is not None and old.account_id is None:
            if old.deleted_at is None and not form.old_deleted:
                raise OldAccountThere
            old.deleted_at = old.deleted_at or self._clock.now()
            old.account_id = account.id
            self._lifecycle.audit(tx, by, "old.replaced", account, address=old.address)
        return account

    def create_in(
        self, tx: Transaction, channel: Channel, form: Form, by: Person, quiet: bool = False
    ) -> Account:
        """The same as part of a transaction, which may still fail of an account that was created
        beside it; `quiet` where the card is not wanted yet.

        Raises:
            InvalidForm: a field is wrong, or the customer has no room for it.
            Conflict: when the transaction ends, where somebody created one of this address just
                now.
        """
        form = checked(form)
        self._room.require(tx, channel.customer_id, form)
        account = tx.accounts.add(new_account(channel, form, by, self._clock.now()))
        self._links.make(tx, account, by)
        self._lifecycle.audit(tx, by, "account.created", account, address=account.sender_email)
        self._lifecycle.changes.of_account(tx, account, ChangeKind.CREATED)
        self._lifecycle.transition(tx, account, Event.LINK_MADE, by, quiet=quiet)
        return account

    def problem_with_organisation(self, channel_id: str, form: Form, by: Person) -> str:
        """Why a mailbox is not the customer's, as a sentence for a list; empty where it may be.
        Takes a second and a half at most, so never within a transaction."""
        foreign = self._organisations.foreign(channel_id, opened(form.tidy()), by)
        return LISTED[foreign.sentence] if foreign else ""

    def form(self, account_id: int) -> Form:
        """What the form of an account holds: what it has, or what it shall have once its owner
        agrees."""
        with self._store.reading() as tx:
            account = tx.accounts.get(account_id)
            change = tx.signins.change(account_id)
            return form_of(AccountView.of(account), change)

    def readdresses(self, account_id: int, form: Form) -> set[str]:
        """The fields in which the form has other addresses than a connected account, which its
        owner has to agree to."""
        with self._store.reading() as tx:
            account = tx.accounts.get(account_id)
        changes = Addresses.of(account).changes(Addresses.of(form.tidy()))
        return set(changes) if account.object_id else set()

    def change(self, account_id: int, form: Form, by: Person) -> None:
        """Give an account what the form says. The addresses of one that is connected wait until its
        owner agrees to them; those of another are its own at once, and an unused login link is
        replaced. May take a second and a half: Microsoft is asked whose new domains are.

        Raises:
            InvalidForm: a field is wrong, the customer has no room for it, or it is of another
                organisation.
        """
        self.vet_change(account_id, form, by)
        with self.one_of_its_address() as tx:
            self.change_in(tx, account_id, form, by)

    def vet_change(self, account_id: int, form: Form, by: Person) -> None:
        """Whether the changed form of an account is right by itself, and of the customer's
        organisation. Takes a second and a half at most, so never within a transaction.

        Raises:
            InvalidForm: it is not.
        """
        there = self.get(account_id)
        proved = Addresses.of(there).opened if there.connected else set()
        self._check_organisation(there.channel_id, checked(form), proved, by)

    def change_in(self, tx: Transaction, account_id: int, form: Form, by: Person) -> Account:
        """The same as `change` as part of a transaction, for a form that was vetted.

        Raises:
            as `change` does; and `Conflict` when the transaction ends.
        """
        form = checked(form)
        wanted = Addresses.of(form)
        customer_id = tx.accounts.get(account_id).customer_id
        tx.channels.lock_customer(customer_id)  # so that there is room still when it is kept
        account = tx.accounts.lock(account_id)
        self._room.require(tx, customer_id, form, account)
        self._rename(tx, account, form, by)
        if account.object_id:
            self._changes.ask(tx, account, wanted, by)
        elif wanted != Addresses.of(account):
            self._readdress(tx, account, wanted, by)
        self._lifecycle.show(tx, account)
        return account

    def withdraw_change(self, account_id: int, by: Person) -> None:
        """Leave a connected account as it is: the change that waits for its owner ends."""
        with self._store.transaction() as tx:
            account = tx.accounts.lock(account_id)
            self._changes.withdraw(tx, account, by)
            self._lifecycle.show(tx, account)

    def renew_link(self, account_id: int, by: Person) -> None:
        """Give the account a new login link; older ones end. An account that works keeps working
        meanwhile, and one that was disconnected comes back as it was.

        Raises:
            Refused: another account of the customer has its address now (the words name its ID),
                the person behind it has too many by now, or the customer was offboarded.
        """
        try:
            with self._store.transaction() as tx:
                self.renew_link_in(tx, account_id, by)
        except Conflict:  # somebody else saved the same address in this moment: now it shows
            with self._store.reading() as tx:
                self._room.require_again(tx, tx.accounts.get(account_id))
            raise

    def renew_link_in(self, tx: Transaction, account_id: int, by: Person) -> Account:
        """The same as part of a transaction.

        Raises:
            as `renew_link` does; and `Conflict` when the transaction ends.
        """
        refuse_ended(tx, tx.accounts.get(account_id).customer_id)
        account = tx.accounts.lock(account_id)
        self._room.require_again(tx, account)
        self._renew_link(tx, account, by)
        return account

    def ensure_link(self, account_id: int, by: Person) -> None:
        """See to it that an account in use has a login link that can be handed on: a new one where
        it has none that is good any more; one that ends soon is prolonged.

        Raises:
            Refused: it is disconnected, or the customer was offboarded.
        """
        with self._store.transaction() as tx:
            refuse_ended(tx, tx.accounts.get(account_id).customer_id)
            account = tx.accounts.lock(account_id)
            if account.state is State.DISCONNECTED:
                raise Refused("invite.not_needed", name=account.name)
            ticket = tx.signins.usable_ticket(account.id, self._clock.now())
            if ticket is None:
                self._renew_link(tx, account, by)
            else:
                self._links.prolong(tx, account, ticket, by)

    def disconnect(self, account_id: int, by: Person) -> None:
        """End an account's connection: its tokens, links and open sign-ins are deleted, nothing
        tests it any more, and its thread says where the permission is withdrawn at Microsoft. What
        it was stays, so that it can come back."""
        with self._store.transaction() as tx:
            account = tx.accounts.lock(account_id)
            if account.state is not State.DISCONNECTED:
                self.disconnect_in(tx, account, by)

    def disconnect_in(self, tx: Transaction, account: Account, by: Person) -> None:
        """The same as part of a transaction, for an account that is in use and held."""
        now = self._clock.now()
        tx.signins.revoke_tickets(account.id, now)
        tx.signins.drop_change(account.id)
        tx.grants.remove(account.id)
        tx.jobs.cancel(CheckAccount(account_id=account.id))
        tx.watches.stop(account.id)
        fix = tx.fixes.open_of(account.id)
        if fix is not None:
            fix.happened(FixEvent.SETTLED, now)
            account.retest_at = None
        upn = account.signed_in_as or account.username
        _forget_identity(account)
        self._lifecycle.audit(tx, by, "account.tokens_deleted", account, signed_in_as=upn)
        self._lifecycle.transition(tx, account, Event.DISCONNECTED, by)
        notices.note(tx, account, "disconnect.done", now, upn=shown(upn))

    def _check_organisation(
        self, channel_id: str, form: Form, proved: set[str], by: Person
    ) -> None:
        """Whether Microsoft says that who signs in, or the mailbox, is of another organisation.
        `proved`: addresses with which somebody has signed in already."""
        wanted = [address for address in opened(form) if address.lower() not in proved]
        foreign = self._organisations.foreign(channel_id, wanted, by)
        if foreign is not None:
            field = field_of(form, foreign.address)
            names = {"domain": foreign.domain, "customer": foreign.customer}
            raise InvalidForm({field: foreign.sentence}, **names)

    @contextmanager
    def one_of_its_address(self) -> Iterator[Transaction]:
        """A transaction in which the customer may turn out to have an account of the same address.

        Raises:
            InvalidForm: they have.
        """
        try:
            with self._store.transaction() as tx:
                yield tx
        except Conflict:  # somebody else saved the same address in this moment
            raise InvalidForm({"sender_email": "form.address_taken"}) from None

    def _renew_link(self, tx: Transaction, account: Account, by: Person) -> None:
        account.address_key = account.sender_email.lower()
        self._links.make(tx, account, by)
        self._lifecycle.audit(tx, by, "link.renewed", account)
        if account.state in WITHOUT_CONNECTION:
            self._lifecycle.transition(tx, account, Event.LINK_MADE, by)
        self._lifecycle.show(tx, account)

    def _rename(self, tx: Transaction, account: Account, form: Form, by: Person) -> None:
        before = account.external_id or ""
        external_id = before if form.external_id is None else form.external_id
        changes = {
            "name": (account.name, form.name),
            "sender_name": (account.sender_name, form.sender_name),
            "external_id": (before, external_id),
        }
        told = {field: pair for field, pair in changes.items() if pair[0] != pair[1]}
        if not told:
            return
        account.name = form.name
        account.sender_name = form.sender_name
        account.external_id = external_id or None
        self._lifecycle.renamed(tx, by, account, told)

    def _readdress(
        self, tx: Transaction, account: Account, addresses: Addresses, by: Person
    ) -> None:
        """Nobody is connected, but somebody may be on the way: what they began, and tokens that are
        held, were for the addresses before."""
        now = self._clock.now()
        on_the_way = tx.signins.usable_ticket(account.id, now) or tx.signins.held(account.id)
        self._links.end_all(tx, account)
        if on_the_way is not None:
            self._links.make(tx, account, by)
        changes = Addresses.of(account).changes(addresses)
        give(account, addresses)
        self._lifecycle.renamed(tx, by, account, changes)


def _forget_identity(account: Account) -> None:
    account.address_key = None
    account.tenant_id = ""
    account.object_id = ""
    account.signed_in_as = ""
    account.signed_in_at = None
    account.proved_at = None
    account.proved_sent = ""
