"""Failures under their error IDs."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import bindparam
from sqlmodel import Session, col, func, or_, select, update

from storage.tables import Account, Failure
from storage.vocabulary import Mended, Owner, Permanence, Scope, State

TESTED = (State.TESTING, State.FAILING, State.UNMAPPED, State.LIVE, State.BROKEN)


class FailureRepository:
    """Queries about failures."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, failure: Failure) -> None:
        """Keep a new failure."""
        self._session.add(failure)
        self._session.flush()

    def get(self, ref: str) -> Failure | None:
        """The failure with that error ID."""
        return self._session.get(Failure, ref)

    def same(self, account_id: int | None, cause: str, since: datetime) -> Failure | None:
        """The failure of the same cause on the same account that last happened at `since` or
        later."""
        found = select(Failure).where(
            col(Failure.account_id).is_not_distinct_from(account_id), Failure.cause == cause
        )
        return self._session.exec(
            found.where(Failure.last_at >= since).order_by(col(Failure.last_at).desc()).limit(1)
        ).first()

    def open_of(self, account_id: int) -> list[Failure]:
        """The account's failures that are not mended yet."""
        return list(self._session.exec(OPEN_OF, params={"account": account_id}))

    def meanings_at_work(self) -> set[tuple[str, Owner]]:
        """Each cause of failures that are not mended yet, with whose they were taken to be."""
        found = select(col(Failure.cause), col(Failure.owner)).distinct()
        return set(self._session.exec(found.where(col(Failure.mended_at).is_(None))).all())

    def taken_for(self, cause: str, owner: Owner) -> list[Failure]:
        """The failures that are not mended yet and were taken for this."""
        found = select(Failure).where(Failure.cause == cause, Failure.owner == owner)
        found = found.where(col(Failure.mended_at).is_(None))
        return list(self._session.exec(found.order_by(col(Failure.ref))))

    def known_since(self, account_id: int, cause: str) -> datetime | None:
        """Since when a cause is at work at the account; None if it is not."""
        found = select(func.min(Failure.first_at)).where(Failure.account_id == account_id)
        there = found.where(Failure.cause == cause, col(Failure.mended_at).is_(None))
        return self._session.exec(there).one()

    def last_gone(self, account_id: int, cause: str) -> datetime | None:
        """When a cause was last proved gone at the account."""
        found = select(func.max(Failure.mended_at)).where(Failure.account_id == account_id)
        return self._session.exec(found.where(Failure.cause == cause)).one()

    def open_since(self, customer_id: int, causes: Collection[str]) -> datetime | None:
        """Since when one of `causes` is at work at an account of the customer's that is tested."""
        found = (
            select(func.min(Failure.first_at))
            .join(Account)
            .where(Failure.customer_id == customer_id)
        )
        found = found.where(col(Failure.cause).in_(causes), col(Failure.mended_at).is_(None))
        return self._session.exec(found.where(col(Account.state).in_(TESTED))).one()

    def accounts_with(self, cause: str, customer_id: int | None = None) -> list[int]:
        """The accounts (of one customer, or of all with None) at which a cause is not mended yet,
        among those that are tested."""
        found = (
            select(Failure.account_id)
            .join(Account)
            .where(Failure.cause == cause, col(Failure.mended_at).is_(None))
        )
        if customer_id is not None:
            found = found.where(Account.customer_id == customer_id)
        rows = self._session.exec(found.where(col(Account.state).in_(TESTED)).distinct())
        return [account_id for account_id in rows if account_id is not None]

    def count_at_work(self, cause: str, limit: int) -> int:
        """At how many accounts a cause is not mended yet; they are counted up to `limit`."""
        found = select(Failure.account_id).where(
            Failure.cause == cause, col(Failure.mended_at).is_(None)
        )
        return len(self._session.exec(found.distinct().limit(limit)).all())

    def customers_in_trouble(self, since: datetime, limit: int) -> list[int]:
        """Up to `limit` customers at whose mailboxes something was seen at `since` or later that
        may be Microsoft's or ours, and is not mended."""
        found = select(Failure.customer_id).where(
            Failure.last_at >= since,
            col(Failure.mended_at).is_(None),
            col(Failure.account_id).is_not(None),
            or_(
                Failure.permanence == Permanence.RETRY,
                col(Failure.owner).in_((Owner.ON_CALL, Owner.MICROSOFT)),
            ),
        )
        rows = self._session.exec(found.distinct().limit(limit))
        return [customer_id for customer_id in rows if customer_id is not None]

    def refused_with(self, cause: str) -> list[int]:
        """The accounts whose sign-in was refused for a cause that our engineers had to mend."""
        found = select(Failure.account_id).join(Account).where(Failure.cause == cause)
        found = found.where(Account.state == State.AWAITING_SIGN_IN, Account.owner == Owner.ON_CALL)
        rows = self._session.exec(found.distinct())
        return [account_id for account_id in rows if account_id is not None]

    def hit(self, cause: str, customer_id: int, since: datetime, limit: int) -> list[Account]:
        """Up to `limit` accounts of a customer at which a cause is at work: seen at `since` or
        later, not mended, and tested still."""
        found = select(Account).join(Failure).where(Failure.cause == cause)
        found = found.where(Failure.last_at >= since, col(Failure.mended_at).is_(None))
        found = found.where(Account.customer_id == customer_id, col(Account.state).in_(TESTED))
        rows = self._session.exec(found.distinct().order_by(col(Account.id)).limit(limit))
        return list(rows)

    def spread(self, cause: str, since: datetime) -> dict[int, int]:
        """Where a cause is at work, seen at `since` or later and not mended: how many accounts by
        the customer's id."""
        accounts = func.count(func.distinct(col(Failure.account_id)))
        found = select(col(Failure.customer_id), accounts).where(
            Failure.cause == cause, Failure.last_at >= since
        )
        found = found.where(col(Failure.mended_at).is_(None), col(Failure.customer_id).is_not(None))
        rows = self._session.exec(found.group_by(col(Failure.customer_id)))
        return {customer: count for customer, count in rows if customer is not None}

    def newest(self, cause: str, since: datetime, limit: int) -> list[Failure]:
        """The newest failures of a cause at customers, seen at `since` or later and not mended."""
        found = select(Failure).where(Failure.cause == cause, Failure.last_at >= since)
        found = found.where(col(Failure.mended_at).is_(None), col(Failure.customer_id).is_not(None))
        return list(self._session.exec(found.order_by(col(Failure.last_at).desc()).limit(limit)))

    def widen(self, cause: str, since: datetime, scope: Scope, customer_id: int | None) -> None:
        """Give every failure of a cause that is at work (of one customer, or of all with None) this
        scope."""
        rows = update(Failure).where(col(Failure.cause) == cause, col(Failure.last_at) >= since)
        rows = rows.where(col(Failure.mended_at).is_(None))
        rows = (
            rows.where(col(Failure.customer_id) == customer_id) if customer_id is not None else rows
        )
        self._session.exec(rows.values(scope=scope))

    def mended(self, cause: str) -> list[tuple[Mended, datetime, datetime]]:
        """How the newest hundred failures of a cause ended: by what, when they began, when they
        were gone."""
        found = select(col(Failure.mended_by), col(Failure.first_at), col(Failure.mended_at))
        found = found.where(Failure.cause == cause, col(Failure.mended_at).is_not(None))
        rows = self._session.exec(found.order_by(col(Failure.mended_at).desc()).limit(100))
        return [(by, first, at) for by, first, at in rows if by is not None and at is not None]

    def latest_of(self, account_id: int) -> Failure | None:
        """The account's newest failure."""
        return self._session.exec(LATEST_OF, params={"account": account_id}).first()


# Asked with each test and for everything that shows an account: each is put together once
OF_ACCOUNT = select(Failure).where(col(Failure.account_id) == bindparam("account"))
OPEN_OF = OF_ACCOUNT.where(col(Failure.mended_at).is_(None))
LATEST_OF = OF_ACCOUNT.order_by(col(Failure.last_at).desc()).limit(1)
