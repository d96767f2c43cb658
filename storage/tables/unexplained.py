"""Replies of servers that no row of the catalogue explains, and the causes that on-call noted."""

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.types import json_column, time_column, word_column
from storage.vocabulary import Owner, Permanence


class UnexplainedReply(SQLModel, table=True):
    """A kind of reply that only a default row explains. `signature` is what all replies of the kind
    have in common, as a digest; `seen` are the protocol's own fields, without any text; `step` is
    where it was seen first. `listed_on` is the day of the list in which on-call reads of it."""

    id: int = Field(default=None, primary_key=True)
    signature: str = Field(unique=True)
    seen: dict[str, Any] = json_column()
    step: str = ""
    listed_on: str = Field(default="", index=True)
    listed_at: datetime | None = time_column(nullable=True)


class UnexplainedSighting(SQLModel, table=True):
    """Such a reply at one account (None: pasted, or nobody's), with its newest error ID, and its
    words without what names people."""

    __table_args__ = (UniqueConstraint("reply_id", "account_id"),)

    id: int = Field(default=None, primary_key=True)
    reply_id: int = Field(foreign_key="unexplainedreply.id", index=True)
    account_id: int | None = Field(default=None, foreign_key="account.id", index=True)
    customer_id: int | None = Field(default=None, foreign_key="customer.id", index=True)
    failure_ref: str | None = Field(default=None, foreign_key="failure.ref")
    text: str
    count: int = 0
    first_at: datetime = time_column()
    last_at: datetime = time_column()


class NotedCause(SQLModel, table=True):
    """What on-call says about a reply: that its cause is one of the catalogue's (`owner` is None),
    or a cause of its own in the words of a person. `phrase` is the part of the text by which the
    reply is known again, where it has no number."""

    id: int = Field(default=None, primary_key=True)
    reply_id: int = Field(foreign_key="unexplainedreply.id", unique=True)
    cause: str = Field(index=True)
    phrase: str = ""
    title: str = ""
    customer: str = ""
    support: str = ""
    owner: Owner | None = word_column(Owner, nullable=True)
    permanence: Permanence | None = word_column(Permanence, nullable=True)
    remedy: str = ""
    noted_by_team: str
    noted_by_user: str
    noted_at: datetime = time_column()
