"""Invitations: who still has to sign in, by which login link, and how far each has come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.lifecycle.hours import Hours, hours_of
from bot.views.accounts import AccountCard, AccountDetails, AccountView, held_of
from storage.database import Store, Transaction
from storage.tables import Account
from storage.vocabulary import State

MAY_WAIT = (State.AWAITING_SIGN_IN, State.FAILING, State.BROKEN)
"""The states in which an account may wait for a sign-in."""


@dataclass(frozen=True)
class Invitation:
    """An account whose owner has to sign in.

    Attributes:
        link: its usable login link; empty where there is none.
        ticket_id: the row behind the link; 0 where there is none.
        until: when that ends, by the clock of the customer.
        opened_at: when its page was first left for Microsoft. That somebody only looked at the page
            is not known: fetching it has no effect, and programs do that as well.
    """

    account: AccountView
    customer: str
    link: str = ""
    ticket_id: int = 0
    until: datetime | None = None
    opened_at: datetime | None = None

    @property
    def signs_in_as(self) -> str:
        """Who has to sign in: the one who connected it, where it was connected before."""
        return self.account.signed_in_as or self.account.username


class Invitations:
    """Reads whose sign-ins are still to come, as it stands now."""

    def __init__(self, store: Store, details: AccountDetails, ordinary: Hours) -> None:
        """`ordinary`: the hours, and so the clock, of customers of whom nothing else was said."""
        self._store = store
        self._details = details
        self._ordinary = ordinary

    def waiting(self, customer_id: int) -> list[AccountView]:
        """The customer's accounts that wait for a sign-in, oldest first."""
        with self._store.reading() as tx:
            there = tx.accounts.of_customer(customer_id)
            return [AccountView.of(each) for each in there if self._waits(tx, each)]

    def of(self, account_ids: Sequence[int]) -> list[Invitation]:
        """Those of the accounts that wait for a sign-in, oldest first."""
        with self._store.reading() as tx:
            there = tx.accounts.several(account_ids)
            return [self._invitation(tx, each) for each in there if self._waits(tx, each)]

    def _waits(self, tx: Transaction, account: Account) -> bool:
        if account.state not in MAY_WAIT:
            return False
        held = held_of(tx, account)
        fault = self._details.fault(tx, account)
        return AccountCard(AccountView.of(account), held=held, fault=fault).waits_for_sign_in

    def _invitation(self, tx: Transaction, account: Account) -> Invitation:
        customer = tx.channels.customer(account.customer_id)
        view = AccountView.of(account)
        ticket = self._details.ticket(tx, account)
        if ticket is None:
            return Invitation(view, customer.name)
        zone = hours_of(customer, self._ordinary).zone
        return Invitation(
            view,
            customer.name,
            link=self._details.link(ticket),
            ticket_id=ticket.id,
            until=ticket.expires_at.astimezone(zone),
            opened_at=tx.signins.first_begun(ticket.id),
        )
