"""What changed at accounts and incidents, for the vendor's product."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Index, text
from sqlmodel import Field, SQLModel

from storage.change_statuses import CHANGES, ChangeEvent, ChangeKind, ChangeStatus
from storage.types import BIG_ID, big_id_column, json_column, time_column, word_column

UNSENT = "status IN ('waiting', 'stopped')"
"""Few changes are: they are found by indexes of these alone."""


class Change(SQLModel, table=True):
    """Something that changed, written with the change itself. `public_id` is how the product knows
    it, however often it is sent; `data` what it is told, as things stood then. Changes of one
    `lane` go out one after the other. `number` is its place among those that are listed, which it
    gets when it is looked for first: not before its transaction has ended.

    `due_at` is when it may be sent, `attempts` and `tried_since` say how often and since when that
    was tried, and `reason` why it was not taken. `claim` is the number of the last claim: whoever
    has an earlier one has lost it."""

    __table_args__ = (
        Index(
            "ix_change_unsent",
            "lane",
            "id",
            sqlite_where=text(UNSENT),
            postgresql_where=text(UNSENT),
        ),
        Index("ix_change_due", "status", "due_at"),
    )

    id: int = big_id_column()
    public_id: str = Field(unique=True)
    number: int | None = Field(
        default=None, sa_column=Column(BigInteger, nullable=True, unique=True)
    )
    kind: ChangeKind = word_column(ChangeKind)
    lane: str
    account_id: int | None = Field(default=None, foreign_key="account.id", index=True)
    customer_id: int | None = Field(default=None, foreign_key="customer.id", index=True)
    at: datetime = time_column(index=True)
    data: dict[str, Any] = json_column()
    status: ChangeStatus = word_column(ChangeStatus)
    due_at: datetime = time_column()
    leased_until: datetime | None = time_column(nullable=True)
    claim: int
    attempts: int = 0
    tried_since: datetime | None = time_column(nullable=True)
    done_at: datetime | None = time_column(nullable=True)
    reason: str = ""

    def happened(self, event: ChangeEvent, now: datetime, reason: str = "") -> None:
        """Keep what happened to it; whoever had it in hand has lost it.

        Raises:
            StatusRefused: it cannot happen in this status.
        """
        self.status = CHANGES.after(self.status, event)
        self.reason = reason
        self.claim += 1
        self.leased_until = None
        if event is ChangeEvent.CLAIMED:
            self.attempts += 1
            self.tried_since = self.tried_since or now
        else:
            self.done_at = None if self.status is ChangeStatus.WAITING else now


class ChangeMention(SQLModel, table=True):
    """An account that an incident's change names, which may name those of several customers. It
    refers to its customer and not to the account: whoever holds that waits for the incident, and
    to refer to it would be to wait for them."""

    change_id: int = Field(sa_column=Column(BIG_ID, ForeignKey("change.id"), primary_key=True))
    ref: str = Field(primary_key=True)
    customer_id: int = Field(foreign_key="customer.id", index=True)
