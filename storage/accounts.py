"""Accounts."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Integer, bindparam, or_, true
from sqlmodel import Session, col, func, select

from storage.tables import Account, ConnectionTest, ReminderState, Watch
from storage.vocabulary import Owner, ReminderPhase, State, Trouble

USERNAME = col(Account.username)
SENDER = col(Account.sender_email)


class Alike(NamedTuple):
    """How many accounts of a customer stand alike, and since when the first of them. `was_live`:
    they were live once; `retested`: they are tested again after somebody said that it is mended."""

    customer_id: int
    state: State
    owner: Owner
    trouble: Trouble | None
    was_live: bool
    retested: bool
    accounts: int
    since: datetime


class Wanted(NamedTuple):
    """Which accounts are asked for: those of these customers (None: of all), in this state, changed
    at this time or later, and called so by the product."""

    customers: frozenset[int] | None = None
    state: State | None = None
    since: datetime | None = None
    external_id: str | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """What each of them fulfils."""
        if self.customers is not None:
            yield col(Account.customer_id).in_(self.customers)
        if self.state is not None:
            yield col(Account.state) == self.state
        if self.since is not None:
            yield func.coalesce(Account.changed_at, Account.state_since) >= self.since
        if self.external_id is not None:
            yield col(Account.external_id) == self.external_id


class AccountRepository:
    """Queries about accounts."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, account: Account) -> Account:
        """Keep a new account; its id is set. The transaction ends in a `Conflict` where the
        customer has an account of its address."""
        if account.reminder is None:
            account.reminder = ReminderState(phase=ReminderPhase.IDLE)
        self._session.add(account)
        self._session.flush()
        return account

    def get(self, account_id: int) -> Account:
        """An account that is known to exist."""
        return self._session.get_one(Account, account_id)

    def lock(self, account_id: int) -> Account:
        """The account as it is now, held against other transactions until this one ends
        (PostgreSQL; on SQLite every transaction holds the whole database)."""
        return self._session.exec(HELD, params={"id": account_id}).one()

    def by_ref(self, ref: str) -> Account | None:
        """The account with the ID that people see."""
        return self._session.exec(select(Account).where(Account.ref == ref)).first()

    def with_address(self, customer_id: int, address: str) -> Account | None:
        """The customer's account in use with this address."""
        found = select(Account).where(
            Account.customer_id == customer_id, Account.address_key == address.lower()
        )
        return self._session.exec(found).first()

    def with_external_id(self, customer_id: int, external_id: str) -> Account | None:
        """The customer's account in use that the product calls so."""
        theirs = Account.customer_id == customer_id, Account.external_id == external_id
        found = select(Account).where(*theirs, Account.state != State.DISCONNECTED)
        return self._session.exec(found).first()

    def count_of_person(self, customer_id: int, address: str, but: int | None = None) -> int:
        """How many of the customer's accounts in use somebody with this address signs in for, or
        sends from; `but` one of them."""
        own = or_(*(func.lower(name) == address.lower() for name in (USERNAME, SENDER)))
        found = select(func.count()).where(col(Account.customer_id) == customer_id, own)
        others = col(Account.id) != but if but is not None else true()
        used = col(Account.state) != State.DISCONNECTED
        return self._session.exec(found.where(used, others)).one()

    def of_customer(self, customer_id: int) -> list[Account]:
        """The customer's accounts in use, oldest first."""
        return list(self._session.exec(OF_CUSTOMER, params={"customer": customer_id}))

    def lock_all_of(self, customer_id: int) -> list[Account]:
        """Every account of the customer as it is now, disconnected ones too, oldest first, held
        until the transaction ends."""
        found = select(Account).where(Account.customer_id == customer_id)
        held = found.order_by(col(Account.id)).with_for_update()
        return list(self._session.exec(held.execution_options(populate_existing=True)))

    def standing(self) -> list[Alike]:
        """The accounts in use of every customer, those together that stand alike."""
        what: tuple[Any, ...] = (
            Account.customer_id,
            Account.state,
            Account.owner,
            Account.trouble,
            col(Account.live_at).is_not(None),
            col(Account.retest_at).is_not(None),
        )
        sums: tuple[Any, ...] = (func.count(), func.min(col(Account.state_since)))
        found = select(*what, *sums).where(Account.state != State.DISCONNECTED)
        return [Alike(*row) for row in self._session.exec(found.group_by(*what))]

    def last_tests(self, customer_ids: Sequence[int]) -> dict[int, datetime]:
        """When an account in use of each customer was last tested to the end, or looked at. Takes
        as long as they have accounts."""
        newest = select(func.max(ConnectionTest.id)).where(
            ConnectionTest.account_id == Account.id, col(ConnectionTest.finished_at).is_not(None)
        )
        same = col(ConnectionTest.id) == newest.correlate(Account).scalar_subquery()
        found = select(Account.customer_id, func.max(col(ConnectionTest.finished_at)))
        found = found.join(ConnectionTest, same).group_by(col(Account.customer_id))
        theirs = col(Account.customer_id).in_(customer_ids), Account.state != State.DISCONNECTED
        looked = select(Account.customer_id, func.max(col(Watch.looked_at))).join(Watch)
        looked = looked.group_by(col(Account.customer_id)).where(*theirs)
        return _latest(
            self._session.exec(found.where(*theirs)).all(), self._session.exec(looked).all()
        )

    def tested(self, account_ids: Sequence[int]) -> dict[int, datetime]:
        """When each of these accounts was last tested to the end, or looked at, by its id."""
        last = func.max(col(ConnectionTest.finished_at))
        found = select(col(ConnectionTest.account_id), last)
        found = found.where(col(ConnectionTest.account_id).in_(account_ids))
        looked = select(col(Watch.account_id), col(Watch.looked_at))
        looked = looked.where(col(Watch.account_id).in_(account_ids))
        return _latest(
            self._session.exec(found.group_by(col(ConnectionTest.account_id))).all(),
            self._session.exec(looked).all(),
        )

    def page(self, wanted: "Wanted", after: str, limit: int) -> list[Account]:
        """Up to `limit` accounts that are wanted, in the order of their IDs, from the one after
        `after` on. An ID never changes, so that no account is passed over, or comes twice, because
        another one changed, came or went."""
        found = select(Account).where(Account.ref > after, *wanted.conditions())
        return list(self._session.exec(found.order_by(col(Account.ref)).limit(limit)))

    def all_live(self, customer_id: int) -> bool:
        """Whether every account of the customer that is in use is live."""
        waits = select(Account.id).where(
            Account.customer_id == customer_id,
            col(Account.state).not_in((State.LIVE, State.DISCONNECTED)),
        )
        return self._session.exec(waits.limit(1)).first() is None

    def search(self, text: str, address: str, limit: int) -> list[Account]:
        """Up to `limit` accounts with `text` in their ID or name, or `address` (what the text is as
        an address, or a part of one) in one of their addresses, newest first."""
        names = (Account.ref, Account.name)
        addresses = (Account.sender_email, Account.username, Account.shared_mailbox)
        wanted = or_(
            *(col(name).icontains(text, autoescape=True) for name in names),
            *(col(name).icontains(address, autoescape=True) for name in addresses),
        )
        return list(
            self._session.exec(
                select(Account).where(wanted).order_by(col(Account.id).desc()).limit(limit)
            )
        )

    def several(self, ids: Sequence[int]) -> list[Account]:
        """The accounts with these ids, oldest first."""
        return list(self._session.exec(SEVERAL, params={"ids": ids}))

    def lock_several(self, ids: Sequence[int]) -> list[Account]:
        """The accounts with these ids as they are now, oldest first, held until the transaction
        ends."""
        found = (
            select(Account)
            .where(col(Account.id).in_(ids))
            .order_by(col(Account.id))
            .with_for_update()
        )
        return list(self._session.exec(found.execution_options(populate_existing=True)))


def _latest(*found: Sequence[tuple[int, datetime | None]]) -> dict[int, datetime]:
    """The latest time of each id."""
    latest: dict[int, datetime] = {}
    for number, at in (row for rows in found for row in rows):
        if at is not None:
            latest[number] = max(at, latest.get(number, at))
    return latest


# Asked with each step of a test, and for lists of accounts: each is put together once
HELD = (
    select(Account)
    .where(Account.id == bindparam("id", type_=Integer()))
    .with_for_update()
    .execution_options(populate_existing=True)
)
OF_CUSTOMER = (
    select(Account)
    .where(
        col(Account.customer_id) == bindparam("customer"), col(Account.state) != State.DISCONNECTED
    )
    .order_by(col(Account.id))
)
SEVERAL = (
    select(Account)
    .where(col(Account.id).in_(bindparam("ids", expanding=True)))
    .order_by(col(Account.id))
)
