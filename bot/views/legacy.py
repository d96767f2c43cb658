"""Old accounts as they are shown, and the batch that replaces them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.common.mail_addresses import shown
from storage.database import Store
from storage.tables import Batch, OldAccount
from storage.vocabulary import Plan


@dataclass(frozen=True)
class OldAccountView:
    """The plain facts of an old account. `account_id` is the new one that takes its place."""

    id: int
    customer_id: int
    channel_id: str
    name: str
    address: str
    username: str
    plan: Plan
    listed_at: datetime
    deleted_at: datetime | None
    account_id: int | None

    @classmethod
    def of(cls, row: OldAccount) -> "OldAccountView":
        """The old account as it is now."""
        return cls(
            id=row.id,
            customer_id=row.customer_id,
            channel_id=row.channel_id,
            name=row.name,
            address=shown(row.address),
            username=shown(row.username),
            plan=row.plan,
            listed_at=row.listed_at,
            deleted_at=row.deleted_at,
            account_id=row.account_id,
        )


@dataclass(frozen=True)
class BatchView:
    """The plain facts of a batch. `failed` says, by an old account's id, which sentence tells why
    it has no new account."""

    id: int
    customer_id: int
    channel_id: str
    started_by_user: str
    old_ids: Sequence[int]
    failed: Mapping[str, str]
    cancelled_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, row: Batch) -> "BatchView":
        """The batch as far as it is now."""
        return cls(
            id=row.id,
            customer_id=row.customer_id,
            channel_id=row.channel_id,
            started_by_user=row.started_by_user,
            old_ids=tuple(row.old_ids),
            failed=dict(row.failed),
            cancelled_at=row.cancelled_at,
            finished_at=row.finished_at,
        )


@dataclass(frozen=True)
class OldAccounts:
    """All old accounts of a customer, in the order of their import. `stands` says by an old
    account's id where its new account is, `under_way` that new ones are being created, and
    `unfinished` which import was begun and not taken (0: none)."""

    accounts: Sequence[OldAccountView]
    stands: Mapping[int, str]
    under_way: bool
    unfinished: int


@dataclass(frozen=True)
class NotCreated:
    """An old account for which no new one could be created; `problem` is the sentence that says
    why."""

    name: str
    address: str
    problem: str


@dataclass(frozen=True)
class BatchCard:
    """What the message of a batch tells: how many accounts it has created, and which it could
    not."""

    batch: BatchView
    done: int
    failed: Sequence[NotCreated]


class BatchCards:
    """Reads what is shown of batches, as far as they are now."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def card(self, batch_id: int) -> BatchCard:
        """What the message of a batch tells."""
        with self._store.transaction() as tx:
            batch = tx.legacy.batch(batch_id)
            assert batch is not None
            done = len(tx.legacy.created(batch.old_ids))
            problems = [
                (tx.legacy.get(int(old_id)), problem) for old_id, problem in batch.failed.items()
            ]
            # An old account that was marked deleted is forgotten after a while.
            failed = [
                NotCreated(old.name, shown(old.address), problem)
                for old, problem in problems
                if old is not None
            ]
            return BatchCard(BatchView.of(batch), done, failed)
