"""Old accounts that customers have listed, lists in the making, and the batches in which new
accounts are created."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Delete, bindparam
from sqlmodel import Session, col, delete, select

from storage.tables import Batch, ListDraft, OldAccount
from storage.vocabulary import Plan


class LegacyRepository:
    """Queries about old accounts."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, listed: Sequence[OldAccount]) -> None:
        """Keep listed accounts.

        Raises:
            sqlalchemy.exc.IntegrityError: the customer has listed one of the addresses already.
        """
        self._session.add_all(listed)
        self._session.flush()

    def with_address(self, customer_id: int, address: str) -> OldAccount | None:
        """The old account of that address which the customer has listed."""
        found = select(OldAccount).where(OldAccount.customer_id == customer_id)
        return self._session.exec(found.where(OldAccount.address_key == address.lower())).first()

    def of_customer(self, customer_id: int) -> list[OldAccount]:
        """Everything that the customer has listed, in that order."""
        found = select(OldAccount).where(OldAccount.customer_id == customer_id)
        return list(self._session.exec(found.order_by(col(OldAccount.id))))

    def get(self, old_id: int) -> OldAccount | None:
        """A listed account."""
        return self._session.get(OldAccount, old_id)

    def remove(self, old: OldAccount) -> None:
        """Remove a listed account."""
        self._session.delete(old)
        self._session.flush()

    def to_create(self, customer_id: int) -> list[int]:
        """The ids of those marked *change* that have no new account yet."""
        found = select(OldAccount.id).where(
            OldAccount.customer_id == customer_id, OldAccount.plan == Plan.CHANGE
        )
        ids = self._session.exec(
            found.where(col(OldAccount.account_id).is_(None)).order_by(col(OldAccount.id))
        )
        return [found_id for found_id in ids if found_id is not None]

    def created(self, ids: Sequence[int]) -> set[int]:
        """Those of `ids` that have a new account."""
        found = select(OldAccount.id).where(
            col(OldAccount.id).in_(ids), col(OldAccount.account_id).is_not(None)
        )
        return {found_id for found_id in self._session.exec(found) if found_id is not None}

    def forget(self, deleted_before: datetime) -> int:
        """Remove those that were said to be deleted before then; how many."""
        return self._removed(_deleted(), deleted_before)

    def add_draft(self, draft: ListDraft) -> ListDraft:
        """Keep a list in the making; its id is set."""
        self._session.add(draft)
        self._session.flush()
        return draft

    def draft(self, draft_id: int) -> ListDraft | None:
        """A list in the making, held until the transaction ends."""
        return self._session.exec(
            select(ListDraft).where(ListDraft.id == draft_id).with_for_update()
        ).first()

    def latest_draft(self, customer_id: int) -> ListDraft | None:
        """The newest list of the customer's that is not taken yet."""
        found = (
            select(ListDraft)
            .where(ListDraft.customer_id == customer_id)
            .order_by(col(ListDraft.id).desc())
        )
        return self._session.exec(found.limit(1)).first()

    def put_draft(self, draft_id: int, records: list[dict[str, Any]], now: datetime) -> None:
        """Keep what is left of a list, with which somebody went on at `now`; nothing ends it."""
        found = self.draft(draft_id)
        if found is not None and records:
            found.records = records
            found.made_at = now
        elif found is not None:
            self._session.delete(found)

    def forget_drafts(self, made_before: datetime) -> int:
        """Remove lists that nobody began or went on with since then; how many."""
        return self._removed(_old_drafts(), made_before)

    def _removed(self, statement: Delete, before: datetime) -> int:
        return int(self._session.exec(statement, params={"before": before}).rowcount)

    def add_batch(self, batch: Batch) -> Batch:
        """Keep a new batch; its id is set."""
        self._session.add(batch)
        self._session.flush()
        return batch

    def batch(self, batch_id: int) -> Batch | None:
        """A batch, held until the transaction ends."""
        found = select(Batch).where(Batch.id == batch_id).with_for_update()
        return self._session.exec(found.execution_options(populate_existing=True)).first()

    def customer_of(self, batch_id: int) -> int | None:
        """Whose a batch is, without holding it."""
        return self._session.exec(select(Batch.customer_id).where(Batch.id == batch_id)).first()

    def open_batch(self, customer_id: int) -> Batch | None:
        """The customer's batch that is under way."""
        found = select(Batch).where(
            Batch.customer_id == customer_id, col(Batch.finished_at).is_(None)
        )
        return self._session.exec(found).first()


@cache
def _deleted() -> Delete:
    return _unread(delete(OldAccount).where(col(OldAccount.deleted_at) < bindparam("before")))


@cache
def _old_drafts() -> Delete:
    return _unread(delete(ListDraft).where(col(ListDraft.made_at) < bindparam("before")))


def _unread(statement: Delete) -> Delete:
    """What is removed here no transaction has read before."""
    return statement.execution_options(synchronize_session=False)
