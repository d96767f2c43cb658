"""What is asked and kept when a token of an account is handed out."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import bindparam, insert
from sqlmodel import col, exists, select, update

from storage.session import Unit
from storage.tables import Account, ConnectionTest, Grant, TokenCount
from storage.types import NOW
from storage.vocabulary import State


@dataclass(frozen=True)
class Holding:
    """An account and its grant, as far as a hand-out needs them. `tested`: a test passed that began
    after its present sign-in. The grant's values are None where there is none."""

    account_id: int
    ref: str
    customer_id: int
    state: State
    signed_in_at: datetime | None
    signed_in_as: str
    username: str
    sealed: bytes | None = field(repr=False)
    scopes: str | None
    shared_mailbox: str | None
    sender_email: str | None
    tested: bool


class HandOutRepository:
    """Asks for what can be handed out, and counts it: few questions, without a session, since
    products ask again and again."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def holding(self, ref: str) -> Holding | None:
        """The account with this ID, held until the transaction ends, and its grant.

        Where PostgreSQL waits for the account, the grant is as it was before: a sign-in that came
        meanwhile shows in `signed_in_at`, and as not `tested`."""
        row = self._unit.connection.execute(HOLDING, {"ref": ref}).first()
        return None if row is None else Holding(*row)

    def count(
        self, account_id: int, now: datetime, limit: int, span: timedelta
    ) -> timedelta | None:
        """Count one more of at most `limit` within `span`, which begins with the first; None where
        it is within the limit, else how long until the next may be. Whoever counts holds the
        account."""
        values = {"account": account_id, "limit": limit, "now": now, "begun": now - span}
        if self._unit.connection.execute(ONE_MORE, values).rowcount:
            return None
        begun: datetime | None = self._unit.connection.execute(BEGUN, values).scalar()
        if begun is None:
            self._unit.connection.execute(FIRST, values)
            return None
        if timedelta() <= now - begun < span:
            return begun + span - now
        self._unit.connection.execute(AGAIN, values)
        return None


PASSED = exists().where(
    col(ConnectionTest.account_id) == Account.id,
    col(ConnectionTest.passed).is_(True),
    col(ConnectionTest.started_at) >= Account.signed_in_at,
)
HOLDING = (
    select(  # type: ignore[call-overload]  # for so many columns there is none
        Account.id,
        Account.ref,
        Account.customer_id,
        Account.state,
        Account.signed_in_at,
        Account.signed_in_as,
        Account.username,
        Grant.sealed,
        Grant.scopes,
        Grant.shared_mailbox,
        Grant.sender_email,
        PASSED,
    )
    .join(Grant, col(Grant.account_id) == Account.id, isouter=True)
    .where(col(Account.ref) == bindparam("ref"))
    .with_for_update(of=Account)
)
COUNTED = col(TokenCount.account_id) == bindparam("account")
BEGUN = select(TokenCount.since).where(COUNTED)
FIRST = insert(TokenCount).values(account_id=bindparam("account"), since=NOW, times=1)
AGAIN = update(TokenCount).where(COUNTED).values(since=NOW, times=1)
ONE_MORE = (
    update(TokenCount)
    .where(
        COUNTED,
        col(TokenCount.since) > bindparam("begun", type_=NOW.type),
        col(TokenCount.since) <= NOW,
        col(TokenCount.times) < bindparam("limit"),
    )
    .values(times=TokenCount.times + 1)
)
