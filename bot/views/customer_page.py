"""A customer as support looks at them, a page at a time: their accounts, what happened, and who
their people are."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.common.people import Person
from bot.messages import notices
from bot.views.accounts import AccountView
from bot.views.places import Place, place_of
from storage.database import Store, Transaction
from storage.tables import Account, AuditEntry
from storage.vocabulary import WORST_FIRST

TOLD = (
    "account.created",
    "account.changed",
    "account.renamed",
    "account.handed_over",
    "account.awaiting_sign_in",
    "account.awaiting_admin",
    "account.failing",
    "account.unmapped",
    "account.live",
    "account.broken",
    "account.disconnected",
    "change.asked",
    "change.withdrawn",
    "channel.bound",
    "channel.rebound",
    "channel.shared",
    "consent.said_given",
    "customer.answered",
    "customer.offboarded",
    "customer.organisation_changed",
    "customer.renamed",
    "customer.taken_back",
    "folder.followed",
    "folder.lost",
    "folders.mapped",
    "help.asked",
    "help.asked_to_do",
    "help.commented",
    "help.done",
    "help.handed_back",
    "help.handed_over",
    "help.taken",
    "help.taken_back",
    "link.renewed",
    "link.withdrawn",
    "mend.said",
    "old.batch_begun",
    "old.batch_cancelled",
    "old.listed",
    "old.replaced",
    "organisation.allowed",
    "organisation.asked",
    "organisation.confirmed",
    "organisation.denied",
    "organisation.taken_back",
    "reminder.resumed",
    "reminder.snoozed",
    "reminder.stopped",
    "reminders.pause_ended",
    "reminders.paused",
    "signin.done",
    "signin.held",
    "test.requested",
)
"""What a history tells of the audit. The rest is routine (tests that nobody asked for, reminders),
or follows from what is told."""


@dataclass(frozen=True)
class PageAccount:
    """An account on a page: when it was last tested, and where its card stands in Slack."""

    account: AccountView
    tested_at: datetime | None = None
    card: Place | None = None


@dataclass(frozen=True)
class Happened:
    """What somebody did, by its name in the audit; `account` is None where it was about the
    customer or a channel."""

    at: datetime
    by: Person
    action: str
    account: AccountView | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class People:
    """Who belongs to a customer's accounts. `added` counts the accounts that somebody of Slack
    added, `waits` those that wait for somebody by whom that is; `signed_in` is who signed in to
    which account."""

    added: Mapping[str, int] = field(default_factory=dict)
    set_up_by: Sequence[str] = ()
    signed_in: Sequence[AccountView] = ()


@dataclass(frozen=True)
class Listed:
    """A page of a customer's accounts, or of what happened, and how many there are of it."""

    count: int
    accounts: Sequence[PageAccount] = ()
    happened: Sequence[Happened] = ()


class CustomerPages:
    """Reads the pages, as it all stands now. The caller knows that there is such a customer."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def accounts(self, customer_id: int, first: int, size: int) -> Listed:
        """So many of the accounts in use from the `first` on, the worst first."""
        with self._store.reading() as tx:
            every = sorted(tx.accounts.of_customer(customer_id), key=_worst_first)
            shown = every[first : first + size]
            tested = tx.accounts.tested([account.id for account in shown])
            rows = [
                PageAccount(
                    AccountView.of(account),
                    tested.get(account.id),
                    place_of(tx, notices.card_key(account)),
                )
                for account in shown
            ]
        return Listed(len(every), accounts=rows)

    def history(self, customer_id: int, first: int, size: int) -> Listed:
        """So much of what happened, the newest first, from the `first` on."""
        with self._store.reading() as tx:
            count = tx.audit.count_of_customer(customer_id, TOLD)
            entries = tx.audit.of_customer(customer_id, TOLD, first, size)
            happened = [_happened(tx, entry) for entry in entries]
        return Listed(count, happened=happened)

    def people(self, customer_id: int) -> People:
        """Who set the customer up, added accounts and signed in."""
        with self._store.reading() as tx:
            accounts = tx.accounts.of_customer(customer_id)
            channels = tx.channels.bound_to(customer_id)
            added = Counter(each.created_by_user for each in accounts if each.created_by_team)
            return People(
                added=dict(added.most_common()),
                set_up_by=list(dict.fromkeys(each.bound_by_user for each in channels)),
                signed_in=[AccountView.of(each) for each in accounts if each.signed_in_as],
            )


def _worst_first(account: Account) -> tuple[int, datetime]:
    rank = WORST_FIRST.index(account.state) if account.state in WORST_FIRST else len(WORST_FIRST)
    return rank, account.state_since


def _happened(tx: Transaction, entry: AuditEntry) -> Happened:
    account = tx.accounts.by_ref(entry.subject)
    return Happened(
        at=entry.at,
        by=Person(entry.team, entry.user),
        action=entry.action,
        account=AccountView.of(account) if account else None,
        detail=entry.detail,
    )
