"""An account as it is shown: its plain facts, and what its card tells."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.common.addresses import Addresses, domain_of, shown_changes
from bot.common.clock import Clock
from bot.common.mail_addresses import all_shown, shown, tidied
from bot.common.people import Person
from bot.diagnosis.failures import Failures
from bot.diagnosis.step_records import first_failure, steps_of
from bot.lifecycle.fix_tests import is_retested
from bot.lifecycle.ladder import asleep
from bot.messages import notices
from bot.views.failures import Fault
from bot.views.places import Place, place_of
from storage.database import Store, Transaction
from storage.tables import Account, Failure, FolderMapping, LoginTicket
from storage.vocabulary import (
    THEIRS,
    FolderRole,
    Owner,
    Permanence,
    ReminderPhase,
    State,
    Trouble,
    stand,
)

FAULTY = frozenset({State.FAILING, State.BROKEN, State.AWAITING_ADMIN})
"""Whoever looks at an account in these states asks what is wrong."""


@dataclass(frozen=True)
class AccountView:
    """The plain facts of an account, its addresses as people write them. `connected`: somebody
    signed in, and their tokens are kept; `was_live`: it was live once. While it is tested again
    because somebody said that its fault is mended, which is at `retest_at`, it is our turn.
    `external_id` is what the product calls it; empty where it says nothing."""

    id: int
    ref: str
    customer_id: int
    channel_id: str
    name: str
    sender_name: str
    sender_email: str
    username: str
    aliases: str
    shared_mailbox: str
    state: State
    state_since: datetime
    owner: Owner
    signed_in_as: str
    connected: bool
    created_at: datetime
    created_by: Person
    trouble: Trouble | None = None
    was_live: bool = False
    retest_at: datetime | None = None
    external_id: str = ""

    @property
    def stands(self) -> str:
        """Where it is, by the name of its sentence."""
        return stand(self.state, self.trouble, self.was_live)

    @property
    def turn(self) -> Owner | None:
        """Whose turn it is; None where there is nothing to do. One that is live waits for its owner
        where it shall have other addresses."""
        if self.state is State.DISCONNECTED:
            return None
        return self.owner if self.state is not State.LIVE or self.owner in THEIRS else None

    @classmethod
    def of(cls, row: Account) -> "AccountView":
        """The account as it is now."""
        retested = is_retested(row.state, row.retest_at is not None)
        return cls(
            id=row.id,
            ref=row.ref,
            customer_id=row.customer_id,
            channel_id=row.channel_id,
            name=row.name,
            sender_name=row.sender_name,
            sender_email=shown(row.sender_email),
            username=shown(row.username),
            aliases=all_shown(row.aliases),
            shared_mailbox=shown(row.shared_mailbox),
            state=row.state,
            state_since=row.state_since,
            owner=Owner.MAILDESK if retested else row.owner,
            signed_in_as=shown(row.signed_in_as),
            connected=bool(row.object_id),
            created_at=row.created_at,
            created_by=Person(row.created_by_team, row.created_by_user),
            trouble=row.trouble,
            was_live=row.live_at is not None,
            retest_at=row.retest_at if retested else None,
            external_id=row.external_id or "",
        )


@dataclass(frozen=True)
class HeldBack:
    """Somebody holds the reminders of an account back: until then, or (None) for good."""

    by_user: str
    until: datetime | None = None


@dataclass(frozen=True)
class HeldView:
    """A sign-in that waits for somebody to say that its organisation is the customer's.

    Attributes:
        upn: who signed in.
        domain: that of the mailbox.
        tenant_id: the organisation that signed in.
        named_tenant: the one that Microsoft names for the domain; empty where it names none.
        evident: both are the same, so that the customer's own people may say it.
    """

    upn: str
    domain: str
    tenant_id: str
    named_tenant: str
    evident: bool


@dataclass(frozen=True)
class Approved:
    """An administrator approved our application: they said so then, or (`proved`) Microsoft showed
    it."""

    at: datetime
    proved: bool


@dataclass(frozen=True)
class AccountCard:
    """What the card of an account tells.

    Attributes:
        held: the sign-in of which nobody has said yet that the organisation is the customer's.
        question: people are asked what Microsoft's page said.
        link: the usable login link, good until `link_until`.
        admin_link: where an administrator approves, while that is what the account waits for.
        fault: the newest failure, while the account fails, waits for an administrator, or its
            sign-in was refused.
        folders: the mapped folders' names.
        lost: mapped folders that are not there any more.
        sure: the folders that could be mapped without anybody looking at them.
        held_back: set while nobody is reminded of the account.
        change: the addresses that it shall have once its owner agrees; by the field, before and
            after.
        approved: the approval that it waited for is known, until somebody signs in.
    """

    account: AccountView
    customer: str = ""
    held: HeldView | None = None
    question: bool = False
    link: str = ""
    link_until: datetime | None = None
    admin_link: str = ""
    fault: Fault | None = None
    folders: Mapping[FolderRole, str] = field(default_factory=dict)
    lost: Mapping[FolderRole, str] = field(default_factory=dict)
    sure: Mapping[FolderRole, str] = field(default_factory=dict)
    held_back: HeldBack | None = None
    change: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    approved: Approved | None = None

    @property
    def waits_for_sign_in(self) -> bool:
        """Whether nothing but a sign-in of its owner brings it on."""
        match self.account.state:
            case State.AWAITING_SIGN_IN:
                return self.held is None
            case State.FAILING | State.BROKEN if self.fault is not None:
                return self.fault.verdict.permanence is Permanence.SIGN_IN_AGAIN
            case _:
                return False


@dataclass(frozen=True)
class CustomersAccount:
    """An account, whose it is, and who of the support team looks after them ("" for nobody).
    `card`: where its card stands, which is the head of its thread."""

    account: AccountView
    customer: str
    helper: str = ""
    card: Place | None = None


@dataclass(frozen=True)
class Approval:
    """What an administrator of a customer is asked for: to approve at `link`, which is empty while
    Microsoft cannot be asked for it."""

    customer: str
    link: str


class AccountDetails:
    """What cards tell of an account beside its plain facts; each read in a caller's transaction."""

    def __init__(
        self,
        clock: Clock,
        failures: Failures,
        login_url: Callable[[LoginTicket], str],
        sure_folders: Callable[[Transaction, Account], Mapping[FolderRole, str]],
    ) -> None:
        """
        Args:
            login_url: the address of a login link.
            sure_folders: the folders of an account that nobody needs to look at, if those are all
                that it needs.
        """
        self._clock = clock
        self._failures = failures
        self._login_url = login_url
        self._sure_folders = sure_folders

    def customer(self, tx: Transaction, account: Account) -> str:
        """The name of the account's customer."""
        return tx.channels.customer(account.customer_id).name

    def ticket(self, tx: Transaction, account: Account) -> LoginTicket | None:
        """The account's usable login link."""
        return tx.signins.usable_ticket(account.id, self._clock.now())

    def link(self, ticket: LoginTicket | None) -> str:
        """The address of a login link; empty where there is none."""
        return self._login_url(ticket) if ticket is not None else ""

    def change(self, tx: Transaction, account: Account) -> Mapping[str, tuple[str, str]]:
        """The addresses that it shall have once its owner agrees; by the field, before and
        after."""
        change = tx.signins.change(account.id)
        return shown_changes(Addresses.of(account).changes(Addresses.of(change))) if change else {}

    def fault(self, tx: Transaction, account: Account) -> Fault | None:
        """Why the account stands where it does, if something is wrong, with its meaning."""
        failure = failure_of(tx, account)
        return Fault(failure.ref, self._failures.verdict(tx, failure)) if failure else None

    def approval(self, tx: Transaction, account: Account) -> Approved | None:
        """What is known of the approval that the account waited for, while it waits for a
        sign-in."""
        if account.state is not State.AWAITING_SIGN_IN:
            return None
        known = tx.approvals.latest(account.id)
        if known is None or known.at < account.state_since:
            return None
        return Approved(known.at, known.proved)

    def sure(self, tx: Transaction, account: Account) -> Mapping[FolderRole, str]:
        """The folders that could be mapped without anybody looking at them, while that is what the
        account waits for."""
        return self._sure_folders(tx, account) if account.state is State.UNMAPPED else {}

    def held_back(self, account: Account) -> HeldBack | None:
        """Set while somebody holds the account's reminders back."""
        reminder = account.reminder
        if reminder.phase is ReminderPhase.STOPPED:
            return HeldBack(reminder.held_by_user)
        if asleep(account, self._clock.now()):
            return HeldBack(reminder.held_by_user, reminder.snoozed_until)
        return None

    def card(self, tx: Transaction, account: Account) -> AccountCard:
        """What the account's card tells, but for where an administrator approves, which Microsoft
        would have to be asked."""
        ticket = self.ticket(tx, account)
        mapped = tx.folders.mapped(account.id)
        return AccountCard(
            AccountView.of(account),
            self.customer(tx, account),
            held=held_of(tx, account),
            question=tx.signins.question(account.id) is not None,
            link=self.link(ticket),
            link_until=ticket.expires_at if ticket else None,
            fault=self.fault(tx, account),
            folders=_names(mapped, lost=False),
            lost=_names(mapped, lost=True),
            sure=self.sure(tx, account),
            held_back=self.held_back(account),
            change=self.change(tx, account),
            approved=self.approval(tx, account),
        )


class AccountCards:
    """Reads what is shown of accounts, as it stands now."""

    def __init__(
        self, store: Store, details: AccountDetails, admin_link: Callable[[Account], str]
    ) -> None:
        """`admin_link`: where the administrator of an account's tenant approves. May take a
        second."""
        self._store = store
        self._details = details
        self._admin_link = admin_link

    def card(self, account_id: int) -> AccountCard:
        """What an account's card tells. May take a second: see `admin_link`."""
        with self._store.reading() as tx:
            account = tx.accounts.get(account_id)
            card = self._details.card(tx, account)
        if account.state is not State.AWAITING_ADMIN:
            return card
        return replace(card, admin_link=self._admin_link(account))

    def cards(self, account_ids: Sequence[int]) -> list[AccountCard]:
        """What the cards of several accounts tell, oldest first, but for where an administrator
        approves, which Microsoft would have to be asked for each."""
        with self._store.reading() as tx:
            return [self._details.card(tx, each) for each in tx.accounts.several(account_ids)]

    def approval(self, account_id: int) -> Approval:
        """What an account's administrator is asked for. May take a second: see `admin_link`."""
        with self._store.reading() as tx:
            account = tx.accounts.get(account_id)
            customer = self._details.customer(tx, account)
        return Approval(customer, self._admin_link(account))

    def view(self, account_id: int) -> CustomersAccount:
        """An account's plain facts, and whose it is."""
        with self._store.reading() as tx:
            account = tx.accounts.get(account_id)
            customer = tx.channels.customer(account.customer_id)
            return CustomersAccount(
                AccountView.of(account),
                customer.name,
                customer.owner_user,
                place_of(tx, notices.card_key(account)),
            )

    def search(self, text: str, limit: int) -> list[CustomersAccount]:
        """Up to `limit` accounts of all customers that `text` finds."""
        with self._store.reading() as tx:
            return [
                CustomersAccount(AccountView.of(row), self._details.customer(tx, row))
                for row in tx.accounts.search(text, tidied(text), limit)
            ]

    def found(self, text: str, limit: int) -> list[CustomersAccount]:
        """The same, each with where its card stands."""
        return [self.view(each.account.id) for each in self.search(text, limit)]


def held_of(tx: Transaction, account: Account) -> HeldView | None:
    """The sign-in of which nobody has said yet that the organisation is the customer's."""
    held = tx.signins.held(account.id)
    if held is None:
        return None
    wanted = Addresses.of(tx.signins.change(account.id) or account)
    named = held.named_tenant or ""
    domain = shown(domain_of(wanted.mailbox))
    return HeldView(shown(held.upn), domain, held.tenant_id, named, held.evident)


def failure_of(tx: Transaction, account: Account) -> Failure | None:
    """Why the account stands where it does, if something is wrong."""
    if account.state is State.AWAITING_SIGN_IN:
        latest = tx.failures.latest_of(account.id)
        refused = account.trouble is Trouble.SIGN_IN
        return latest if latest and (refused or latest.advice_is_spent) else None
    if account.state not in FAULTY:
        return None
    test = tx.checks.latest(account.id)
    # No test runs before the administrator has approved: the latest one is of a time before.
    if test is not None and account.state is not State.AWAITING_ADMIN:
        failed = first_failure(steps_of(test))
        if failed is not None:
            return tx.failures.get(failed.error)
    return tx.failures.latest_of(account.id)


def _names(mapped: Mapping[FolderRole, FolderMapping], lost: bool) -> dict[FolderRole, str]:
    """The names of the mapped folders that are lost, or of those that are not, in their order."""
    return {
        role: mapped[role].shown_name
        for role in FolderRole
        if role in mapped and (mapped[role].lost is not None) == lost
    }
