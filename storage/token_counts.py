"""How many tokens of each account were handed out."""

from datetime import datetime, timedelta

from sqlmodel import Session

from storage.tables import TokenCount


class TokenCountRepository:
    """Counts tokens that are handed out. Whoever counts holds the account's row."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def count(
        self, account_id: int, now: datetime, limit: int, span: timedelta
    ) -> timedelta | None:
        """Count one more of at most `limit` within `span`, which begins with the first; None where
        it is within the limit, else how long until the next may be."""
        counted = self._session.get(TokenCount, account_id, populate_existing=True)
        if counted is None:
            self._session.add(TokenCount(account_id=account_id, since=now, times=1))
            return None
        if not timedelta() <= now - counted.since < span:
            counted.since = now
            counted.times = 0
        if counted.times >= limit:
            return counted.since + span - now
        counted.times += 1
        return None
