"""Who did what."""

from collections.abc import Iterator

from sqlmodel import Session, col, select

from storage.tables import AuditEntry


class Audit:
    """The audit table: entries are added, never changed."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, entry: AuditEntry) -> None:
        """Keep an entry."""
        self._session.add(entry)

    def about(self, subject: str) -> Iterator[AuditEntry]:
        """Everything that was done to `subject` (an account's or error's ID, a channel), oldest first."""
        return iter(
            self._session.exec(select(AuditEntry).where(AuditEntry.subject == subject).order_by(col(AuditEntry.id)))
        )
