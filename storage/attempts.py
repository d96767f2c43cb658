"""What people did about failures, and how often that helped."""

from datetime import datetime

from sqlmodel import Session, case, col, func, select, update

from storage.tables import Attempt
from storage.vocabulary import AttemptStatus, Deed


class AttemptRepository:
    """Queries about what people did about failures."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, attempt: Attempt) -> Attempt:
        """Keep what somebody did; its id is set."""
        self._session.add(attempt)
        self._session.flush()
        return attempt

    def counted(self, account_id: int) -> list[Attempt]:
        """What was done about the account and counts still, oldest first."""
        found = select(Attempt).where(
            Attempt.account_id == account_id, col(Attempt.over_at).is_(None)
        )
        return list(self._session.exec(found.order_by(col(Attempt.made_at), col(Attempt.id))))

    def newest(self, account_id: int, limit: int) -> list[Attempt]:
        """What was done about the account last, oldest first."""
        found = select(Attempt).where(Attempt.account_id == account_id)
        rows = self._session.exec(
            found.order_by(col(Attempt.made_at).desc(), col(Attempt.id).desc()).limit(limit)
        )
        return list(rows)[::-1]

    def end_counting(self, account_id: int, now: datetime, cause: str = "") -> None:
        """Whatever was done about the account so far, or about one cause there, does not count any
        more."""
        counted = update(Attempt).where(col(Attempt.account_id) == account_id)
        if cause:
            counted = counted.where(col(Attempt.cause) == cause)
        self._session.exec(counted.where(col(Attempt.over_at).is_(None)).values(over_at=now))

    def rates(self, cause: str, since: datetime) -> dict[Deed, tuple[int, int]]:
        """By what was done about a cause at `since` or later: how often that helped, of how many
        times in which it is known."""
        helped = func.sum(case((col(Attempt.outcome) == AttemptStatus.HELPED, 1), else_=0))
        found = select(col(Attempt.deed), helped, func.count()).where(
            Attempt.cause == cause, Attempt.made_at >= since
        )
        known = found.where(col(Attempt.outcome) != AttemptStatus.WAITING)
        rows = self._session.exec(known.group_by(col(Attempt.deed)))
        return {deed: (int(worked), count) for deed, worked, count in rows}
