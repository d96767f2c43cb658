"""Runs of the connection test."""

from sqlmodel import Session, col, select

from storage.tables import ConnectionTest


class Tests:
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

    def running(self, account_id: int) -> ConnectionTest | None:
        """The account's run that has not finished."""
        found = select(ConnectionTest).where(
            ConnectionTest.account_id == account_id, col(ConnectionTest.finished_at).is_(None)
        )
        return self._session.exec(found).first()

    def latest(self, account_id: int) -> ConnectionTest | None:
        """The account's newest finished run."""
        found = select(ConnectionTest).where(ConnectionTest.account_id == account_id)
        found = found.where(col(ConnectionTest.finished_at).is_not(None)).order_by(col(ConnectionTest.id).desc())
        return self._session.exec(found).first()
