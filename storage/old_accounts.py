"""Old accounts that customers have listed, and the batches in which new ones are created for them."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, delete, select

from storage.tables import Batch, OldAccount
from storage.vocabulary import Plan


class OldAccounts:
    """Queries about old accounts."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, old: OldAccount) -> None:
        """Keep a listed account.

        Raises:
            sqlalchemy.exc.IntegrityError: the customer has listed that address already.
        """
        self._session.add(old)
        self._session.flush()

    def of_customer(self, customer_id: int) -> list[OldAccount]:
        """Everything that the customer has listed, in that order."""
        found = select(OldAccount).where(OldAccount.customer_id == customer_id)
        return list(self._session.exec(found.order_by(col(OldAccount.id))))

    def get(self, old_id: int) -> OldAccount | None:
        """A listed account."""
        return self._session.get(OldAccount, old_id)

    def to_create(self, customer_id: int) -> list[int]:
        """The ids of those marked *change* that have no new account yet."""
        found = select(OldAccount.id).where(OldAccount.customer_id == customer_id, OldAccount.plan == Plan.CHANGE)
        ids = self._session.exec(found.where(col(OldAccount.account_id).is_(None)).order_by(col(OldAccount.id)))
        return [found_id for found_id in ids if found_id is not None]

    def created(self, ids: Sequence[int]) -> set[int]:
        """Those of `ids` that have a new account."""
        found = select(OldAccount.id).where(col(OldAccount.id).in_(ids), col(OldAccount.account_id).is_not(None))
        return {found_id for found_id in self._session.exec(found) if found_id is not None}

    def forget(self, deleted_before: datetime) -> int:
        """Remove those that were said to be deleted before then; how many."""
        gone = delete(OldAccount).where(col(OldAccount.deleted_at) < deleted_before)
        return int(self._session.exec(gone).rowcount)

    def add_batch(self, batch: Batch) -> Batch:
        """Keep a new batch; its id is set."""
        self._session.add(batch)
        self._session.flush()
        return batch

    def batch(self, batch_id: int) -> Batch | None:
        """A batch, held until the transaction ends."""
        found = select(Batch).where(Batch.id == batch_id).with_for_update()
        return self._session.exec(found.execution_options(populate_existing=True)).first()

    def open_batch(self, customer_id: int) -> Batch | None:
        """The customer's batch that is under way."""
        found = select(Batch).where(Batch.customer_id == customer_id, col(Batch.finished_at).is_(None))
        return self._session.exec(found).first()
