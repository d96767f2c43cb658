"""Creating an account from the form, changing it, and ending its connection."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from bot.common import ids
from bot.common.addresses import Addresses
from bot.common.clock import Clock
from bot.common.jobs import CheckAccount
from bot.common.people import Person
from bot.common.refusals import Refused
from bot.lifecycle.service import Lifecycle
from bot.lifecycle.states import Event
from bot.messages import notices
from bot.signin.address_changes import AddressChanges, before_and_after, give
from bot.signin.links import Links
from bot.views.account_form import MAX_NAME_LENGTH, Form, form_of
from bot.views.accounts import AccountView
from storage.database import Conflict, Store, Transaction
from storage.statuses import FixEvent
from storage.tables import Account, Channel
from storage.vocabulary import Owner, State

MAX_ADDRESS_LENGTH = 254
MAX_ALIASES = 10
DOMAIN = re.compile(
    # not begun within another domain: a search would try again at each of its dots
    r"(?<![a-z0-9.-])(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]",
    re.I,
)
ADDRESS = re.compile(rf"[^\s@<>()\[\],;:\\\"]{{1,64}}@{DOMAIN.pattern}", re.I)
"""What Microsoft 365 takes as an address: one @, no spaces or quotes, a domain with a dot."""

WITHOUT_CONNECTION = (
    State.CREATED,
    State.AWAITING_SIGN_IN,
    State.AWAITING_ADMIN,
    State.DISCONNECTED,
)
"""The states in which an account has no connection that a new login link could leave alone."""


class InvalidForm(Exception):
    """What is wrong with a form: the sentence to show at each field."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(", ".join(problems))
        self.problems = problems


class OldAccountThere(Exception):
    """The customer has listed an old account of the form's address, and nobody said that it is
    deleted."""


class Accounts:
    """Begins, changes and ends accounts."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        lifecycle: Lifecycle,
        links: Links,
        changes: AddressChanges,
    ) -> None:
        self._store = store
        self._clock = clock
        self._lifecycle = lifecycle
        self._links = links
        self._changes = changes

    def get(self, account_id: int) -> AccountView:
        """An account that is known to exist."""
        with self._store.transaction() as tx:
            return AccountView.of(tx.accounts.get(account_id))

    def of_customer(self, customer_id: int) -> list[AccountView]:
        """The customer's accounts in use, oldest first."""
        with self._store.transaction() as tx:
            return [AccountView.of(each) for each in tx.accounts.of_customer(customer_id)]

    def called(self, customer_id: int, text: str) -> list[AccountView]:
        """Those of a customer's accounts in use whose name, address or username is `text`."""
        wanted = text.casefold()
        return [
            each
            for each in self.of_customer(customer_id)
            if wanted in (name.casefold() for name in (each.name, each.sender_email, each.username))
        ]

    def create(self, channel_id: str, form: Form, by: Person, view_id: str = "") -> AccountView:
        """Create an account in a channel and post its card with the login link. It takes the place
        of an old account of its address, which has to be deleted first.

        Args:
            view_id: the window of the form. Sent again, because Slack did not wait for the answer
                to it, the form finds the account that it made.

        Raises:
            Refused: the channel is bound to no customer.
            InvalidForm: a field is wrong, or the customer has an account of this address.
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
        with self._store.transaction() as tx:
            channel = tx.channels.get(channel_id)
            if channel is None or not view_id:
                return None
            there = tx.accounts.with_address(channel.customer_id, form.tidy().sender_email)
            made = there is not None and there.made_in == view_id
            return AccountView.of(there) if there is not None and made else None

    def _create(self, channel_id: str, form: Form, by: Person, view_id: str) -> AccountView:
        with self._one_of_its_address() as tx:
            channel = tx.channels.get(channel_id)
            if channel is None:
                raise Refused("refused.channel_not_bound")
            account = self.create_in(tx, channel, form, by)
            account.made_in = view_id
            old = tx.legacy.with_address(channel.customer_id, account.sender_email)
            if old is not None and old.account_id is None:
                if old.deleted_at is None and not form.old_deleted:
                    raise OldAccountThere
                old.deleted_at = old.deleted_at or self._clock.now()
                old.account_id = account.id
                self._lifecycle.audit(tx, by, "old.replaced", account, address=old.address)
            return AccountView.of(account)

    def create_in(
        self, tx: Transaction, channel: Channel, form: Form, by: Person, quiet: bool = False
    ) -> Account:
        """The same as part of a transaction, which may still fail of an account that was created
        beside it; `quiet` where the card is not wanted yet.

        Raises:
            InvalidForm: a field is wrong, or the customer has an account of this address.
            Conflict: when the transaction ends, where somebody created one of this address just
                now.
        """
        form = _checked(form)
        if tx.accounts.with_address(channel.customer_id, form.sender_email):
            raise InvalidForm({"sender_email": "form.address_taken"})
        account = tx.accounts.add(self._new(channel, form, by))
        self._links.make(tx, account, by)
        self._lifecycle.audit(tx, by, "account.created", account, address=account.sender_email)
        self._lifecycle.transition(tx, account, Event.LINK_MADE, by, quiet=quiet)
        return account

    def form(self, account_id: int) -> Form:
        """What the form of an account holds: what it has, or what it shall have once its owner
        agrees."""
        with self._store.transaction() as tx:
            account = tx.accounts.get(account_id)
            change = tx.signins.change(account_id)
            return form_of(AccountView.of(account), change)

    def readdresses(self, account_id: int, form: Form) -> set[str]:
        """The fields in which the form has other addresses than a connected account, which its
        owner has to agree to."""
        with self._store.transaction() as tx:
            account = tx.accounts.get(account_id)
        changes = Addresses.of(account).changes(Addresses.of(form.tidy()))
        return set(changes) if account.object_id else set()

    def change(self, account_id: int, form: Form, by: Person) -> None:
        """Give an account what the form says. The addresses of one that is connected wait until its
        owner agrees to them; those of another are its own at once, and an unused login link is
        replaced.

        Raises:
            InvalidForm: a field is wrong, or the customer has another account of this address.
        """
        form = _checked(form)
        wanted = Addresses.of(form)
        with self._one_of_its_address() as tx:
            account = tx.accounts.lock(account_id)
            other = tx.accounts.with_address(account.customer_id, form.sender_email)
            if other is not None and other.id != account.id:
                raise InvalidForm({"sender_email": "form.address_taken"})
            self._rename(tx, account, form, by)
            if account.object_id:
                self._changes.ask(tx, account, wanted, by)
            elif wanted != Addresses.of(account):
                self._readdress(tx, account, wanted, by)
            self._lifecycle.show(tx, account)

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
            Refused: another account of the customer has its address now.
        """
        try:
            with self._one_of_its_address() as tx:
                account = tx.accounts.lock(account_id)
                address = account.sender_email
                self._renew_link(tx, account, by)
        except InvalidForm:
            raise Refused("disconnect.address_taken", address=address) from None

    def disconnect(self, account_id: int, by: Person) -> None:
        """End an account's connection: its tokens, links and open sign-ins are deleted, nothing
        tests it any more, and its thread says where the permission is withdrawn at Microsoft. What
        it was stays, so that it can come back."""
        now = self._clock.now()
        with self._store.transaction() as tx:
            account = tx.accounts.lock(account_id)
            if account.state is State.DISCONNECTED:
                return
            tx.signins.revoke_tickets(account.id, now)
            tx.signins.drop_change(account.id)
            tx.grants.remove(account.id)
            tx.jobs.cancel(CheckAccount(account_id=account.id))
            fix = tx.fixes.open_of(account.id)
            if fix is not None:
                fix.happened(FixEvent.SETTLED, now)
            upn = account.signed_in_as or account.username
            _forget_identity(account)
            self._lifecycle.audit(tx, by, "account.tokens_deleted", account, signed_in_as=upn)
            self._lifecycle.transition(tx, account, Event.DISCONNECTED, by)
            notices.note(tx, account, "disconnect.done", now, upn=upn)

    @contextmanager
    def _one_of_its_address(self) -> Iterator[Transaction]:
        """A transaction in which the customer may turn out to have an account of the same
        address."""
        try:
            with self._store.transaction() as tx:
                yield tx
        except Conflict:  # somebody else saved the same address in this moment
            raise InvalidForm({"sender_email": "form.address_taken"}) from None

    def _renew_link(self, tx: Transaction, account: Account, by: Person) -> None:
        back = account.state is State.DISCONNECTED
        if back and tx.accounts.with_address(account.customer_id, account.sender_email):
            raise InvalidForm({"sender_email": "form.address_taken"})
        account.address_key = account.sender_email.lower()
        self._links.make(tx, account, by)
        self._lifecycle.audit(tx, by, "link.renewed", account)
        if account.state in WITHOUT_CONNECTION:
            self._lifecycle.transition(tx, account, Event.LINK_MADE, by)
        self._lifecycle.show(tx, account)

    def _rename(self, tx: Transaction, account: Account, form: Form, by: Person) -> None:
        names = (account.name, account.sender_name)
        if names == (form.name, form.sender_name):
            return
        changes = {
            "name": (account.name, form.name),
            "sender_name": (account.sender_name, form.sender_name),
        }
        told = {field: pair for field, pair in changes.items() if pair[0] != pair[1]}
        account.name = form.name
        account.sender_name = form.sender_name
        self._lifecycle.audit(tx, by, "account.changed", account, **before_and_after(told))

    def _readdress(
        self, tx: Transaction, account: Account, addresses: Addresses, by: Person
    ) -> None:
        """Nobody is connected, but somebody may be on the way: what they began, and tokens that are
        held, were for the addresses before."""
        now = self._clock.now()
        on_the_way = tx.signins.usable_ticket(account.id, now) or tx.signins.held(account.id)
        tx.signins.revoke_tickets(account.id, now)
        if on_the_way is not None:
            self._links.make(tx, account, by)
        told = before_and_after(Addresses.of(account).changes(addresses))
        give(account, addresses)
        self._lifecycle.audit(tx, by, "account.changed", account, **told)

    def _new(self, channel: Channel, form: Form, by: Person) -> Account:
        now = self._clock.now()
        return Account(
            ref=ids.new_account_ref(),
            customer_id=channel.customer_id,
            channel_id=channel.id,
            name=form.name,
            sender_name=form.sender_name,
            sender_email=form.sender_email,
            username=form.username,
            shared_mailbox=form.shared_mailbox,
            aliases=form.aliases,
            address_key=form.sender_email.lower(),
            state=State.CREATED,
            state_since=now,
            owner=Owner.MAILDESK,
            created_at=now,
            created_by_team=by.team,
            created_by_user=by.user,
        )


def _checked(form: Form) -> Form:
    form = form.tidy()
    problems = _problems(form)
    if problems:
        raise InvalidForm(problems)
    return form


def _forget_identity(account: Account) -> None:
    account.address_key = None
    account.tenant_id = ""
    account.object_id = ""
    account.signed_in_as = ""
    account.signed_in_at = None
    account.proved_at = None
    account.proved_sent = ""


def _problems(form: Form) -> dict[str, str]:
    checks = {
        "name": _name_problem(form.name),
        "sender_name": _name_problem(form.sender_name),
        "sender_email": _address_problem(form.sender_email),
        "username": _address_problem(form.username),
        "use_oauth": "" if form.use_oauth else "form.oauth_needed",
    }
    wrong = [alias for alias in form.aliases.split() if _address_problem(alias)]
    too_many = len(form.aliases.split()) > MAX_ALIASES
    checks["aliases"] = "form.aliases_bad" if wrong or too_many else ""
    if form.username == form.sender_email:
        checks["username"] = ""
    if form.shared_mailbox:
        own = form.username.lower() in (form.shared_mailbox.lower(), form.sender_email.lower())
        checks["shared_mailbox"] = _address_problem(form.shared_mailbox)
        checks["username"] = checks["username"] or ("form.delegate_needed" if own else "")
    return {field: problem for field, problem in checks.items() if problem}


def _name_problem(text: str) -> str:
    if not text:
        return "form.name_missing"
    return "form.name_too_long" if len(text) > MAX_NAME_LENGTH else ""


def _address_problem(text: str) -> str:
    if len(text) > MAX_ADDRESS_LENGTH:
        return "form.address_too_long"
    return "" if ADDRESS.fullmatch(text) else "form.address_bad"
