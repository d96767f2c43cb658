"""Which folder plays which role, and what the mailbox last listed."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column
from sqlmodel import Field, SQLModel

from storage.types import time_column, word_column
from storage.vocabulary import FolderRole, Loss


class FolderMapping(SQLModel, table=True):
    """Which folder plays which role for an account. `server_name` is the server's own (modified
    UTF-7) name. By `uid_validity` and `mailbox_id` (where the server gives one, RFC 8474) the
    folder is known again under another name; 0 and empty until they were seen. `lost` says why the
    mapping does not hold any more."""

    account_id: int = Field(foreign_key="account.id", primary_key=True)
    role: FolderRole = word_column(FolderRole, primary_key=True)
    server_name: str
    shown_name: str
    uid_validity: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    mailbox_id: str = ""
    lost: Loss | None = word_column(Loss, nullable=True)


class FolderSnapshot(SQLModel, table=True):
    """The folders that the mailbox last listed, so that a choice made in a form can be read: each
    has `server_name`, `shown_name`, `delimiter` and `flags`."""

    account_id: int = Field(foreign_key="account.id", primary_key=True)
    listed_at: datetime = time_column()
    folders: list[dict[str, Any]] = Field(
        default_factory=list, sa_column=Column(JSON, nullable=False)
    )
