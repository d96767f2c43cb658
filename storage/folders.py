"""Folder mappings, and what the mailboxes last listed."""

from collections.abc import Sequence

from sqlalchemy import bindparam
from sqlmodel import Session, col, delete, select

from storage.tables import FolderMapping, FolderSnapshot
from storage.vocabulary import FolderRole


class FolderRepository:
    """Queries about the folders of accounts."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def mapped(self, account_id: int) -> dict[FolderRole, FolderMapping]:
        """The mapped folders by role."""
        rows = self._session.exec(MAPPED, params={"account": account_id})
        return {row.role: row for row in rows}

    def map(self, account_id: int, mappings: Sequence[FolderMapping]) -> None:
        """Replace the account's mapping."""
        self._session.exec(delete(FolderMapping).where(col(FolderMapping.account_id) == account_id))
        self._session.add_all(mappings)
        self._session.flush()

    def snapshot(self, account_id: int) -> FolderSnapshot | None:
        """The folders that the mailbox last listed."""
        return self._session.get(FolderSnapshot, account_id)

    def keep_snapshot(self, snapshot: FolderSnapshot) -> None:
        """Keep what the mailbox listed now."""
        self._session.merge(snapshot)
        self._session.flush()


# Asked for everything that shows an account: put together once
MAPPED = select(FolderMapping).where(col(FolderMapping.account_id) == bindparam("account"))
