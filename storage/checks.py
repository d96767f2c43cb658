"""Runs of the connection test."""

from datetime import datetime

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from storage.tables import Account, ConnectionTest
from storage.types import LIMIT


class CheckRepository:
    """Queries about connection tests."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, test: ConnectionTest) -> ConnectionTest:
        """Keep a new run; its id is set."""
        self._session.add(test)
        self._session.flush()
        return test

    def get(self, test_id: int) -> ConnectionTest:
        """A run that is known to exist."""
        return self._session.get_one(ConnectionTest, test_id)

    def account_of(self, test_id: int) -> int:
        """Whose run it is, which is known to exist."""
        whose = select(ConnectionTest.account_id).where(ConnectionTest.id == test_id)
        return self._session.exec(whose).one()

    def running(self, account_id: int, since: datetime) -> ConnectionTest | None:
        """The account's run that began at `since` or later and has not finished."""
        return self._session.exec(
            RUNNING, params={"account": account_id, "since": since, "limit": 1}
        ).first()

    def unfinished(self, before: datetime) -> list[ConnectionTest]:
        """Every run that began before and has not ended, by its account."""
        return list(self._session.exec(UNFINISHED, params={"before": before}))

    def is_newest(self, test: ConnectionTest) -> bool:
        """Whether no later run of its account was begun."""
        later = select(ConnectionTest.id).where(
            ConnectionTest.account_id == test.account_id, col(ConnectionTest.id) > test.id
        )
        return self._session.exec(later.limit(1)).first() is None

    def latest(self, account_id: int) -> ConnectionTest | None:
        """The account's newest run that has a result."""
        return next(iter(self.newest(account_id, 1)), None)

    def with_error(self, account_id: int, error: str) -> ConnectionTest | None:
        """The newest of the account's latest twenty runs in which a step failed with this error
        ID."""
        steps = (
            (test, {row.get("error") for row in test.steps}) for test in self.newest(account_id, 20)
        )
        return next((test for test, errors in steps if error in errors), None)

    def passed_since(self, account_id: int, since: datetime) -> bool:
        """Whether a run of the account's that began at `since` or later ended well."""
        asked = {"account": account_id, "since": since, "limit": 1}
        return self._session.exec(PASSED_SINCE, params=asked).first() is not None

    def passed_elsewhere(self, customer_id: int | None, since: datetime) -> bool:
        """Whether a run at another customer (at any, with None) ended well at `since` or later."""
        ended = col(ConnectionTest.passed).is_(True), col(ConnectionTest.finished_at) >= since
        found = select(ConnectionTest.id).join(Account).where(*ended)
        others = found.where(Account.customer_id != customer_id) if customer_id else found
        return self._session.exec(others.limit(1)).first() is not None

    def newest(self, account_id: int, limit: int) -> list[ConnectionTest]:
        """The account's newest runs that have a result, newest first."""
        return list(self._session.exec(NEWEST, params={"account": account_id, "limit": limit}))


# Asked with each test and for everything that shows an account: each is put together once
OF_ACCOUNT = (
    select(ConnectionTest)
    .where(col(ConnectionTest.account_id) == bindparam("account"))
    .order_by(col(ConnectionTest.id).desc())
    .limit(LIMIT)
)
NEWEST = OF_ACCOUNT.where(col(ConnectionTest.passed).is_not(None))
RUNNING = OF_ACCOUNT.where(
    col(ConnectionTest.finished_at).is_(None), col(ConnectionTest.started_at) >= bindparam("since")
)
PASSED_SINCE = OF_ACCOUNT.where(
    col(ConnectionTest.passed).is_(True), col(ConnectionTest.started_at) >= bindparam("since")
)
UNFINISHED = (
    select(ConnectionTest)
    .where(
        col(ConnectionTest.finished_at).is_(None),
        col(ConnectionTest.started_at) < bindparam("before"),
    )
    .order_by(col(ConnectionTest.account_id), col(ConnectionTest.id))
)
