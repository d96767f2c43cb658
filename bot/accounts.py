"""Creating an account from the form, and ending one."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError

from bot import ids
from bot.people import Person
from bot.road import Road
from bot.time import Clock
from storage.database import Store, Transaction
from storage.tables import Account, Channel, LoginTicket
from storage.vocabulary import Owner, State

LONGEST_NAME = 80
LONGEST_ADDRESS = 254
ADDRESS = re.compile(
    r"[^\s@<>()\[\],;:\\\"]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]", re.I
)
"""What Microsoft 365 takes as an address: one @, no spaces or quotes, a domain with a dot."""

Link = Callable[[Transaction, Account, Person], LoginTicket]


@dataclass(frozen=True)
class Form:
    """What the form *New Microsoft 365 account (Corporate)* holds, as typed."""

    name: str
    sender_name: str
    sender_email: str
    username: str
    use_oauth: bool
    shared_mailbox: str = ""

    def tidy(self) -> "Form":
        """Without stray spaces; the username is the sender's address where it was left empty."""
        email = self.sender_email.strip().removeprefix("mailto:")
        name, sender = (" ".join(text.split()) for text in (self.name, self.sender_name))
        shared = self.shared_mailbox.strip().removeprefix("mailto:")
        return Form(name, sender, email, self.username.strip() or email, self.use_oauth, shared)


class InvalidForm(Exception):
    """What is wrong with a form: the sentence to show at each field."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(", ".join(problems))
        self.problems = problems


class Accounts:
    """Begins accounts."""

    def __init__(self, store: Store, clock: Clock, road: Road, link: Link) -> None:
        """`link` makes the account's login link."""
        self._store = store
        self._clock = clock
        self._road = road
        self._link = link

    def create(self, channel: Channel, form: Form, by: Person) -> Account:
        """Create an account in `channel` and post its card with the login link.

        Raises:
            InvalidForm: a field is wrong, or the customer has an account of this address.
        """
        form = form.tidy()
        problems = _problems(form)
        if problems:
            raise InvalidForm(problems)
        try:
            with self._store.transaction() as tx:
                if tx.accounts.with_address(channel.customer_id, form.sender_email):
                    raise InvalidForm({"sender_email": "form.address_taken"})
                account = tx.accounts.add(self._new(channel, form, by))
                self._link(tx, account, by)
                self._road.audit(tx, by, "account.created", account, address=account.sender_email)
                self._road.move(tx, account, State.AWAITING_SIGN_IN, by)
                return account
        except IntegrityError:  # somebody else saved the same address in this moment
            raise InvalidForm({"sender_email": "form.address_taken"}) from None

    def renew_link(self, account: Account, by: Person) -> Account:
        """Give the account a new login link; older ones end. An account that works keeps working meanwhile."""
        assert account.id is not None
        with self._store.transaction() as tx:
            account = tx.accounts.lock(account.id)
            self._link(tx, account, by)
            self._road.audit(tx, by, "link.renewed", account)
            if account.state in (State.CREATED, State.AWAITING_SIGN_IN, State.AWAITING_ADMIN):
                self._road.move(tx, account, State.AWAITING_SIGN_IN, by)
            self._road.show(tx, account)
            return account

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
            address_key=form.sender_email.lower(),
            state=State.CREATED,
            state_since=now,
            owner=Owner.MAILDESK,
            created_at=now,
            created_by_team=by.team,
            created_by_user=by.user,
        )


def _problems(form: Form) -> dict[str, str]:
    checks = {
        "name": _name_problem(form.name),
        "sender_name": _name_problem(form.sender_name),
        "sender_email": _address_problem(form.sender_email),
        "username": _address_problem(form.username),
        "use_oauth": "" if form.use_oauth else "form.oauth_needed",
    }
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
    return "form.name_too_long" if len(text) > LONGEST_NAME else ""


def _address_problem(text: str) -> str:
    if len(text) > LONGEST_ADDRESS:
        return "form.address_too_long"
    return "" if ADDRESS.fullmatch(text) else "form.address_bad"
