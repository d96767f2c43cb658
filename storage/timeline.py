"""What happened to one account, out of what is kept of it by several subjects."""

from collections.abc import Collection

from sqlalchemy import and_, or_
from sqlmodel import Session, col, select

from storage.tables import Attempt, AuditEntry, AuditRepetition, Failure
from storage.vocabulary import AttemptStatus


class TimelineRepository:
    """Queries about one account's past, each the newest first."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def done(
        self, ref: str, actions: Collection[str], refusals: Collection[str], limit: int
    ) -> list[AuditEntry]:
        """Up to `limit` entries about the account: of `actions` what was done, and of `refusals`
        what was refused. Whoever was refused an action did not do it."""
        counted = select(AuditRepetition.entry_id).where(AuditRepetition.entry_id == AuditEntry.id)
        was_done = and_(col(AuditEntry.action).in_(actions), ~counted.exists())
        told = or_(was_done, col(AuditEntry.action).in_(refusals))
        found = select(AuditEntry).where(AuditEntry.subject == ref, told)
        return list(self._session.exec(found.order_by(col(AuditEntry.id).desc()).limit(limit)))

    def failed(self, account_id: int, limit: int) -> list[Failure]:
        """The failures that came last."""
        found = select(Failure).where(Failure.account_id == account_id)
        newest = found.order_by(col(Failure.first_at).desc(), col(Failure.ref))
        return list(self._session.exec(newest.limit(limit)))

    def mended(self, account_id: int, limit: int) -> list[Failure]:
        """The failures that were gone last."""
        found = select(Failure).where(
            Failure.account_id == account_id, col(Failure.mended_at).is_not(None)
        )
        newest = found.order_by(col(Failure.mended_at).desc(), col(Failure.ref))
        return list(self._session.exec(newest.limit(limit)))

    def in_vain(self, account_id: int, limit: int) -> list[Attempt]:
        """What was done about the account's failures and did not help, by when that showed."""
        found = select(Attempt).where(
            Attempt.account_id == account_id,
            Attempt.outcome == AttemptStatus.IN_VAIN,
            col(Attempt.answered_at).is_not(None),
        )
        newest = found.order_by(col(Attempt.answered_at).desc(), col(Attempt.id).desc())
        return list(self._session.exec(newest.limit(limit)))
