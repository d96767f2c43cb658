"""What people said they mended."""

from sqlmodel import Session, col, select

from storage.tables import Mend


class Mends:
    """Queries about what people said they mended."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, mend: Mend) -> Mend:
        """Keep a new word; its id is set."""
        self._session.add(mend)
        self._session.flush()
        return mend

    def get(self, mend_id: int) -> Mend:
        """A word that is known to exist."""
        return self._session.get_one(Mend, mend_id)

    def open_of(self, account_id: int) -> Mend | None:
        """What was said last about the account, while it has not shown."""
        found = select(Mend).where(Mend.account_id == account_id, col(Mend.ended_at).is_(None))
        return self._session.exec(found.order_by(col(Mend.id).desc())).first()
