"""Causes that keep mailboxes of a customer from working."""

from typing import Any

from sqlalchemy import bindparam, case
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from storage.tables import Account, Failure, ReminderState, Setback
from storage.vocabulary import WAITING, Owner, ReminderPhase, State, Trouble

HIT = (State.TESTING, State.FAILING, State.BROKEN)
"""What does not work now, or is just looked at because it did not."""

STUCK = "stuck"
"""The cause (of none in the catalogue) that every reminder of an account went out in vain."""


class SetbackRepository:
    """Queries about setbacks."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, setback: Setback) -> Setback:
        """Keep a new setback, with its id."""
        self._session.add(setback)
        self._session.flush()
        return setback

    def get(self, setback_id: int) -> Setback:
        """A setback that is known to exist."""
        return self._session.get_one(Setback, setback_id)

    def open_of(self, customer_id: int) -> list[Setback]:
        """The customer's setbacks that are not over, as they are now, oldest first."""
        return list(self._session.exec(OPEN_OF, params={"customer": customer_id}))

    def hit(self, setback: Setback, limit: int) -> list[Account]:
        """Up to `limit` mailboxes that the cause keeps from working, oldest first."""
        theirs = select(Account).where(_is_hit(setback))
        return list(self._session.exec(theirs.order_by(col(Account.id)).limit(limit)))

    def find(self, setback_id: int) -> Setback | None:
        """The setback with this id."""
        return self._session.get(Setback, setback_id)

    def lock(self, setback_id: int) -> Setback | None:
        """The setback, held until the transaction ends."""
        found = select(Setback).where(Setback.id == setback_id).with_for_update()
        return self._session.exec(found.execution_options(populate_existing=True)).first()

    def count_hit(self, setback: Setback) -> int:
        """How many mailboxes the cause keeps from working."""
        count = select(func.count(col(Account.id))).where(_is_hit(setback))
        return self._session.exec(count).one()

    def example(self, setback: Setback) -> Failure | None:
        """The newest failure of the cause at the customer."""
        found = select(Failure).where(
            Failure.customer_id == setback.customer_id, Failure.cause == setback.cause
        )
        return self._session.exec(found.order_by(col(Failure.last_at).desc()).limit(1)).first()

    def worst(self) -> dict[int, str]:
        """By the customer's id the cause that keeps the most of their mailboxes from working; one
        that broke a mailbox goes before one that never let it work."""
        broken = func.sum(case((col(Account.state) == State.BROKEN, 1), else_=0))
        count = func.count(func.distinct(col(Account.id)))
        found = select(col(Account.customer_id), col(Failure.cause)).join(
            Failure, col(Failure.account_id) == Account.id
        )
        found = found.where(col(Failure.mended_at).is_(None), col(Account.state).in_(HIT))
        rows = found.group_by(col(Account.customer_id), col(Failure.cause))
        return dict(self._session.exec(rows.order_by(broken, count, col(Failure.cause))).all())


def _is_hit(setback: Setback) -> Any:
    """Whether an account is one that the cause keeps from working."""
    theirs = col(Account.customer_id) == setback.customer_id
    if setback.cause == STUCK:
        return theirs & col(Account.id).in_(_stuck())
    at_work = select(Failure.account_id).where(
        Failure.customer_id == setback.customer_id,
        Failure.cause == setback.cause,
        col(Failure.mended_at).is_(None),
    )
    refused = (col(Account.state) == State.AWAITING_SIGN_IN) & (
        col(Account.trouble) == Trouble.SIGN_IN
    )
    return theirs & (col(Account.state).in_(HIT) | refused) & col(Account.id).in_(at_work)


def _stuck() -> SelectOfScalar[int]:
    """The accounts that wait for support because all reminders went out; a test that runs changes
    nothing yet."""
    ended = (col(ReminderState.phase) == ReminderPhase.ENDED) & (
        col(Account.owner) == Owner.SUPPORT
    )
    tested = (col(ReminderState.interrupted_phase) == ReminderPhase.ENDED) & (
        col(ReminderState.interrupted_owner) == Owner.SUPPORT
    )
    found = select(ReminderState.account_id).join(Account).where(ended | tested)
    return found.where(col(Account.state).in_((*WAITING, State.TESTING)))


# Asked whenever an account changes: put together once
OPEN_OF = (
    select(Setback)
    .where(col(Setback.customer_id) == bindparam("customer"), col(Setback.over_at).is_(None))
    .order_by(col(Setback.id))
    .execution_options(populate_existing=True)
)
