"""Old mail accounts, lists of them in the making, and batches of new accounts."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.statuses import BATCHES, BatchEvent
from storage.types import json_column, time_column, word_column
from storage.vocabulary import BatchStatus, Plan


class OldAccount(SQLModel, table=True):
    """A mail account of the old kind that a customer has listed, and what becomes of it.
    `address_key` is the lower-case address, listed once per customer; `deleted_at` is when somebody
    said that it was deleted where it was; `account_id` is the account that takes its place."""

    __table_args__ = (UniqueConstraint("customer_id", "address_key"),)

    id: int = Field(default=None, primary_key=True)
    customer_id: int = Field(foreign_key="customer.id", index=True)
    channel_id: str
    name: str
    address: str
    address_key: str
    username: str = ""
    kind: str = ""
    plan: Plan = word_column(Plan)
    listed_at: datetime = time_column()
    listed_by_team: str
    listed_by_user: str
    deleted_at: datetime | None = time_column(nullable=True, index=True)
    account_id: int | None = Field(default=None, foreign_key="account.id")


class ListDraft(SQLModel, table=True):
    """The rows of a list of old accounts that wait to be looked over: pasted or read from a file,
    not taken yet. `made_at` is when somebody last went on with it. `records` are the rows as they
    were understood, by the names of their columns. `text` is what the version before kept, which
    may run beside this one; nothing reads it. An id is never used again: a window that is still
    open may carry it."""

    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int = Field(default=None, primary_key=True)
    customer_id: int = Field(foreign_key="customer.id", index=True)
    channel_id: str
    made_at: datetime = time_column(index=True)
    made_by_team: str
    made_by_user: str
    records: list[dict[str, Any]] = Field(
        default_factory=list, sa_column=Column(JSON, nullable=False, server_default="[]")
    )
    text: str = Field(default="", sa_column_kwargs={"server_default": ""})


class Batch(SQLModel, table=True):
    """Accounts that are created one after the other, for the old accounts in `old_ids`. `failed`
    says, by the old account's id, which sentence tells why it has none."""

    id: int = Field(default=None, primary_key=True)
    customer_id: int = Field(foreign_key="customer.id", index=True)
    channel_id: str
    started_at: datetime = time_column()
    started_by_team: str
    started_by_user: str
    old_ids: list[int] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    failed: dict[str, str] = json_column()
    cancelled_at: datetime | None = time_column(nullable=True)
    finished_at: datetime | None = time_column(nullable=True)

    @property
    def status(self) -> BatchStatus:
        """How far it is."""
        if self.finished_at is not None:
            return BatchStatus.FINISHED
        return BatchStatus.RUNNING if self.cancelled_at is None else BatchStatus.STOPPING

    def happened(self, event: BatchEvent, now: datetime) -> None:
        """Keep what happened to it.

        Raises:
            StatusRefused: it cannot happen in this status.
        """
        match BATCHES.after(self.status, event):
            case BatchStatus.FINISHED:
                self.finished_at = now
            case BatchStatus.STOPPING:
                self.cancelled_at = now
