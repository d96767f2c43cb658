"""Who did what."""

from collections.abc import Iterator
from datetime import datetime

from sqlmodel import Session, col, func, select

from storage.tables import AuditEntry


class AuditRepository:
    """The audit table: entries are added, never changed."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, entry: AuditEntry) -> None:
        """Keep an entry."""
        self._session.add(entry)

    def about(self, subject: str) -> Iterator[AuditEntry]:
        """Everything that was done to `subject` (an account's or error's ID, a channel), oldest
        first."""
        return iter(
            self._session.exec(
                select(AuditEntry).where(AuditEntry.subject == subject).order_by(col(AuditEntry.id))
            )
        )

    def count(self, subject: str, since: datetime) -> int:
        """How many entries about `subject` were made since then."""
        found = select(func.count()).where(AuditEntry.subject == subject, AuditEntry.at >= since)
        return self._session.exec(found).one()

    def since(self, begin: datetime, end: datetime, after: int, limit: int) -> list[AuditEntry]:
        """Up to `limit` entries made from `begin` until before `end`, those with ids beyond
        `after`, oldest first."""
        found = select(AuditEntry).where(
            AuditEntry.at >= begin, AuditEntry.at < end, col(AuditEntry.id) > after
        )
        return list(self._session.exec(found.order_by(col(AuditEntry.id)).limit(limit)))
