"""What tells of things to come: permissions that nobody used or that lack something, rules that
ended sign-ins, and old accounts that are still in use."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

from storage.tables import Account, AuditEntry, Customer, Failure, Grant, OldAccount
from storage.vocabulary import Plan, State

WORKS = (State.LIVE, State.UNMAPPED)
WHOSE: tuple[Any, ...] = (Customer.id, Customer.name, Account.ref)


class Dated(NamedTuple):
    """A mailbox, whose it is, and when its permission was last used or its person signed in;
    `number` is its account's id."""

    customer_id: int
    customer: str
    ref: str
    at: datetime
    number: int


class Ended(NamedTuple):
    """A sign-in that a rule of the organisation ended: what Microsoft said, when, and when the
    person had signed in."""

    customer_id: int
    observation: Mapping[str, Any]
    at: datetime
    signed_in_at: datetime | None


class Granted(NamedTuple):
    """How many mailboxes of a customer have the same permissions."""

    customer_id: int
    customer: str
    scopes: str
    mailboxes: int


class Old(NamedTuple):
    """How many old accounts of a customer are in use."""

    customer_id: int
    customer: str
    accounts: int


class PredictionRepository:
    """Queries about accounts in use, of customers who were not offboarded."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def unused(self, since: datetime) -> list[Dated]:
        """The mailboxes whose permission nobody used since then, the longest unused first."""
        what: tuple[Any, ...] = (*WHOSE, Grant.refreshed_at, Account.id)
        found = select(*what).select_from(Grant).join(Account).join(Customer)
        found = found.where(_in_use(), Grant.refreshed_at < since)
        rows = self._session.exec(found.order_by(col(Grant.refreshed_at)))
        return [Dated(*row) for row in rows]

    def ended(self, cause: str, since: datetime) -> list[Ended]:
        """The sign-ins that `cause` ended, seen at `since` or later."""
        signed_in = select(func.max(col(AuditEntry.at))).where(
            AuditEntry.subject == Account.ref,
            AuditEntry.action == "signin.done",
            AuditEntry.at < Failure.first_at,
        )
        before = signed_in.correlate(Account, Failure).scalar_subquery()
        what: tuple[Any, ...] = (Account.customer_id, Failure.observation, Failure.first_at, before)
        found = select(*what).select_from(Failure).join(Account)
        found = found.where(Failure.cause == cause, Failure.last_at >= since)
        return [Ended(*row) for row in self._session.exec(found)]

    def signed_in(self, customer_ids: Collection[int]) -> list[Dated]:
        """The mailboxes of these customers that work, with when their person signed in."""
        what: tuple[Any, ...] = (*WHOSE, Account.signed_in_at, Account.id)
        found = select(*what).select_from(Account).join(Customer)
        found = found.where(_in_use(), col(Account.customer_id).in_(customer_ids))
        found = found.where(col(Account.state).in_(WORKS), col(Account.signed_in_at).is_not(None))
        rows = self._session.exec(found.order_by(col(Account.signed_in_at)))
        return [Dated(*row) for row in rows]

    def granted(self) -> list[Granted]:
        """How many mailboxes have which permissions, by customer."""
        what: tuple[Any, ...] = (Customer.id, Customer.name, Grant.scopes)
        counted: tuple[Any, ...] = (*what, func.count())
        found = select(*counted).select_from(Grant).join(Account).join(Customer)
        rows = self._session.exec(found.where(_in_use()).group_by(*what))
        return [Granted(*row) for row in rows]

    def old_accounts(self) -> list[Old]:
        """How many old accounts are neither replaced nor deleted, by customer."""
        replaced = col(OldAccount.account_id).is_not(None) & (col(OldAccount.plan) == Plan.CHANGE)
        what: tuple[Any, ...] = (Customer.id, Customer.name)
        counted: tuple[Any, ...] = (*what, func.count())
        found = select(*counted).select_from(OldAccount).join(Customer)
        found = found.where(col(OldAccount.deleted_at).is_(None), ~replaced)
        found = found.where(col(Customer.ended_at).is_(None))
        rows = self._session.exec(found.group_by(*what).order_by(func.count().desc()))
        return [Old(*row) for row in rows]


def _in_use() -> ColumnElement[bool]:
    return (col(Account.state) != State.DISCONNECTED) & col(Customer.ended_at).is_(None)
