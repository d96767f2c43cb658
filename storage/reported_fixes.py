"""What people said they mended."""

from sqlmodel import Session, col, select

from storage.tables import ReportedFix


class ReportedFixRepository:
    """Queries about what people said they mended."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, mend: ReportedFix) -> ReportedFix:
        """Keep a new word; its id is set."""
        self._session.add(mend)
        self._session.flush()
        return mend

    def get(self, mend_id: int) -> ReportedFix | None:
        """The word with that id; None once it is forgotten."""
        return self._session.get(ReportedFix, mend_id)

    def open_of(self, account_id: int) -> ReportedFix | None:
        """What was said last about the account, while it has not shown."""
        found = select(ReportedFix).where(
            ReportedFix.account_id == account_id, col(ReportedFix.ended_at).is_(None)
        )
        return self._session.exec(found.order_by(col(ReportedFix.id).desc())).first()
