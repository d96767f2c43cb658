"""Accounts: one mailbox each."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, Relationship, SQLModel

from storage.tables.reminders import ReminderState
from storage.types import time_column, word_column
from storage.vocabulary import Owner, State, Trouble

IN_USE = "state != 'disconnected'"


class Account(SQLModel, table=True):
    """One mailbox on its road. `address_key` is the lower-case address while the account is in use
    and None once it is disconnected, so that an address stands once per customer; `aliases` are
    further addresses under which its person may sign in, with spaces between; `tenant_id` and
    `object_id` are Microsoft's `tid` and `oid` of who signed in; `shared_mailbox` is set where that
    person opens a mailbox that several share; `proved_at` is when a message last went the whole
    round, and `proved_sent` the server's name of the folder where its copy was found;
    `made_in` is the ID of the window whose form made it; `live_at` is when it first was live,
    `trouble` what a refused sign-in or a failed test showed, and `retest_at` when it is tested
    after somebody said that its fault is mended, until the last such test has ended. `changed_at`
    is when what is shown of it last changed; empty where that was before this was kept.
    `external_id` is what the product calls it, which is one of a customer's accounts in use
    alone."""

    __table_args__ = (
        UniqueConstraint("customer_id", "address_key"),
        Index(
            "ix_account_external",
            "customer_id",
            "external_id",
            unique=True,
            sqlite_where=text(IN_USE),
            postgresql_where=text(IN_USE),
        ),
    )

    id: int = Field(default=None, primary_key=True)
    ref: str = Field(unique=True)
    customer_id: int = Field(foreign_key="customer.id", index=True)
    channel_id: str = Field(index=True)
    name: str
    sender_name: str
    sender_email: str
    username: str
    aliases: str = ""
    shared_mailbox: str = ""
    address_key: str | None
    state: State = word_column(State)
    state_since: datetime = time_column()
    owner: Owner = word_column(Owner)
    tenant_id: str = ""
    object_id: str = ""
    signed_in_as: str = ""
    signed_in_at: datetime | None = time_column(nullable=True)
    proved_at: datetime | None = time_column(nullable=True)
    proved_sent: str = ""
    created_at: datetime = time_column()
    created_by_team: str
    created_by_user: str
    made_in: str = Field(default="", sa_column_kwargs={"server_default": ""})
    live_at: datetime | None = time_column(nullable=True)
    trouble: Trouble | None = word_column(Trouble, nullable=True)
    retest_at: datetime | None = time_column(nullable=True)
    external_id: str | None = None
    changed_at: datetime | None = time_column(nullable=True)
    reminder: ReminderState = Relationship(
        sa_relationship_kwargs={
            "lazy": "joined",  # in the same statement: an account is the row that is read most
            "innerjoin": True,
            "uselist": False,
            "cascade": "all",
        }
    )
