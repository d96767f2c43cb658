"""The tables."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.types import big_id_column, json_column, time_column, word_column
from storage.vocabulary import FolderRole, Loss, Mended, Owner, Permanence, Plan, Scope, State


class Customer(SQLModel, table=True):
    """An organisation whose mailboxes are connected. `tenant_id` is its Microsoft tenant, once
    somebody said that it is. `time_zone` (``Europe/Berlin``), `working_hours` (``09:00-17:00``) and
    `working_days` (``12345``, Monday is 1) say when its people are reminded; empty means as
    everywhere. `owner` is who of the support team looks after it."""

    id: int = Field(default=None, primary_key=True)
    name: str
    tenant_id: str = ""
    created_at: datetime = time_column()
    time_zone: str = ""
    working_hours: str = ""
    working_days: str = ""
    owner_team: str = ""
    owner_user: str = ""
    paused_until: datetime | None = time_column(nullable=True)
    paused_by_team: str = ""
    paused_by_user: str = ""


class Channel(SQLModel, table=True):
    """A Slack channel bound to one customer. `closed` says, in one word or more, why nothing can be
    posted there just now (`archived`, `deleted`, `left`, `unshared`); the binding stays."""

    id: str = Field(primary_key=True)
    customer_id: int = Field(foreign_key="customer.id", index=True)
    bound_by_team: str
    bound_by_user: str
    bound_at: datetime = time_column()
    closed: str = ""


class Account(SQLModel, table=True):
    """One mailbox on its road. `address_key` is the lower-case address while the account is in use
    and None once it is disconnected, so that an address stands once per customer; `aliases` are
    further addresses under which its person may sign in, with spaces between; `tenant_id` and
    `object_id` are Microsoft's `tid` and `oid` of who signed in; `shared_mailbox` is set where that
    person opens a mailbox that several share; `proved_at` is when a message last went the whole
    round, and `proved_sent` the server's name of the folder where its copy was found.

    `nag_since` is when the present wait for the present owner began (or, where it was put off,
    would have begun), `nag_rung` counts its reminders, `nag_due_at` is when the next is due;
    somebody (`nag_held_by`) may have put them off (`snoozed_until`) or ended them
    (`nag_stopped_at`). `nag_for` is the wait that a test interrupts."""

    __table_args__ = (
        UniqueConstraint("customer_id", "address_key"),
        Index("ix_account_nag", "nag_due_at"),
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
    nag_rung: int = 0
    nag_since: datetime | None = time_column(nullable=True)
    nag_due_at: datetime | None = time_column(nullable=True)
    snoozed_until: datetime | None = time_column(nullable=True)
    nag_stopped_at: datetime | None = time_column(nullable=True)
    nag_held_by_team: str = ""
    nag_held_by_user: str = ""
    nag_for: str = ""


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
    """The lines of a list of old accounts that wait to be looked over: pasted or read from a file,
    not taken yet. `made_at` is when somebody last went on with it. An id is never used again: a
    window that is still open may carry it."""

    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int = Field(default=None, primary_key=True)
    customer_id: int = Field(foreign_key="customer.id", index=True)
    channel_id: str
    made_at: datetime = time_column(index=True)
    made_by_team: str
    made_by_user: str
    text: str


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


class LoginTicket(SQLModel, table=True):
    """A login link. Its secret is kept sealed (to be shown on the card again) and as a digest (to
    be found by). `question_at` is set while people are asked what Microsoft's page said, since a
    sign-in that was begun did not come back."""

    id: int = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id", index=True)
    digest: str = Field(unique=True)
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: datetime = time_column()
    expires_at: datetime = time_column()
    asked_by_team: str
    asked_by_user: str
    question_at: datetime | None = time_column(nullable=True)
    finished_at: datetime | None = time_column(nullable=True)
    revoked_at: datetime | None = time_column(nullable=True)


class SignInFlow(SQLModel, table=True):
    """One press of the sign-in button: MSAL's flow, sealed, and who may come back to it."""

    id: int = Field(default=None, primary_key=True)
    ticket_id: int = Field(foreign_key="loginticket.id", index=True)
    account_id: int = Field(foreign_key="account.id", index=True)
    state_digest: str = Field(unique=True)
    browser_digest: str
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: datetime = time_column()
    expires_at: datetime = time_column()
    finished_at: datetime | None = time_column(nullable=True)


class HeldSignIn(SQLModel, table=True):
    """A sign-in that holds, but waits for somebody to say that its tenant is the customer's: the
    tokens, sealed, and whose they are. It ends with its link."""

    account_id: int = Field(foreign_key="account.id", primary_key=True)
    ticket_id: int = Field(foreign_key="loginticket.id")
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    scopes: str
    tenant_id: str
    object_id: str
    upn: str
    at: datetime = time_column()


class Grant(SQLModel, table=True):
    """The token cache of one account, sealed with the account's id. `serial` counts what was
    stored, so that nobody stores over something newer; `claimed_until` is the lease of who
    refreshes it; `keep_due_at` is when it is looked after, if nobody used it until then."""

    account_id: int = Field(foreign_key="account.id", primary_key=True)
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    scopes: str
    refreshed_at: datetime = time_column()
    serial: int = 0
    claimed_until: datetime | None = time_column(nullable=True)
    keep_due_at: datetime | None = time_column(nullable=True, index=True)


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

    __tablename__ = "folderlisting"

    account_id: int = Field(foreign_key="account.id", primary_key=True)
    listed_at: datetime = time_column()
    folders: list[dict[str, Any]] = Field(
        default_factory=list, sa_column=Column(JSON, nullable=False)
    )


class ConnectionTest(SQLModel, table=True):
    """One run of the connection test and its steps so far. A `quiet` run is one that nobody asked
    for: it is shown only when it changes something. `round` counts such runs since things were last
    in order. `round_trip` says that a message is sent too, and `message_id` that it may have left
    already: it is never sent again."""

    id: int = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id", index=True)
    started_at: datetime = time_column()
    finished_at: datetime | None = time_column(nullable=True)
    asked_by_team: str = ""
    asked_by_user: str = ""
    passed: bool | None = None
    quiet: bool = False
    round: int = 0
    round_trip: bool = False
    message_id: str = ""
    steps: list[dict[str, Any]] = Field(
        default_factory=list, sa_column=Column(JSON, nullable=False)
    )


class Failure(SQLModel, table=True):
    """Something that failed, under the error ID that people are shown. `observation` is what the
    protocol said, redacted; `mended_by` is what came before the step that proves the mend
    passed."""

    __table_args__ = (Index("ix_failure_same", "account_id", "cause", "last_at"),)

    ref: str = Field(primary_key=True)
    account_id: int | None = Field(default=None, foreign_key="account.id")
    customer_id: int | None = Field(default=None, foreign_key="customer.id", index=True)
    cause: str = Field(index=True)
    step: str
    owner: Owner = word_column(Owner)
    scope: Scope = word_column(Scope)
    permanence: Permanence = word_column(Permanence)
    first_at: datetime = time_column()
    last_at: datetime = time_column()
    count: int = 1
    observation: dict[str, Any] = json_column()
    mended_at: datetime | None = time_column(nullable=True)
    mended_by: Mended | None = word_column(Mended, nullable=True)


class ReportedFix(SQLModel, table=True):
    """Somebody said that what a failure asks for was done: the account is tested again until that
    shows. `rung` counts the tests; the latest word on an account is the one without `ended_at`."""

    __tablename__ = "mend"

    id: int = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id", index=True)
    failure_ref: str = Field(foreign_key="failure.ref")
    said_at: datetime = time_column()
    said_by_team: str
    said_by_user: str
    rung: int = 0
    ended_at: datetime | None = time_column(nullable=True)


class SupportRequest(SQLModel, table=True):
    """Somebody asked the support team for help with a failure; or, without `failure_ref`, to do an
    account's road for them, or that of a whole channel. `taken_by` is who of the team looks after
    it, or has done it."""

    id: int = Field(default=None, primary_key=True)
    failure_ref: str | None = Field(default=None, foreign_key="failure.ref", unique=True)
    account_id: int | None = Field(default=None, foreign_key="account.id", index=True)
    asked_at: datetime = time_column()
    asked_by_team: str
    asked_by_user: str
    channel_id: str = ""
    taken_by_team: str = ""
    taken_by_user: str = ""
    taken_at: datetime | None = time_column(nullable=True)
    done_at: datetime | None = time_column(nullable=True, index=True)


class Incident(SQLModel, table=True):
    """One alert to on-call for one cause. `open_cause` is the cause while it is open, so that it is
    open once; `ended_at` is when the cause was gone everywhere."""

    id: int = Field(default=None, primary_key=True)
    cause: str
    open_cause: str | None = Field(unique=True)
    failure_ref: str = Field(foreign_key="failure.ref")
    count: int = 1
    opened_at: datetime = time_column()
    last_at: datetime = time_column()
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = time_column(nullable=True)
    ended_at: datetime | None = time_column(nullable=True)


class Reminder(SQLModel, table=True):
    """One reminder message in a channel: which accounts it lists, and whether everything on it is
    done."""

    id: int = Field(default=None, primary_key=True)
    channel_id: str = Field(index=True)
    posted_at: datetime = time_column()
    finished_at: datetime | None = time_column(nullable=True)
    account_ids: list[int] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))


class ReminderDay(SQLModel, table=True):
    """The day of the last reminder in a place (a channel), as people there call it. Who writes a
    reminder there holds the row."""

    channel_id: str = Field(primary_key=True)
    day: str = ""


class PostedMessage(SQLModel, table=True):
    """Where in Slack the message that we know as `key` stands."""

    key: str = Field(primary_key=True)
    channel_id: str
    ts: str


class OutboxItem(SQLModel, table=True):
    """A message to show or take away, written with the change that caused it. `notice` and `args`
    say what it tells; it is rendered when it is sent. `key` names the message: a known key is
    updated in place."""

    __table_args__ = (Index("ix_outboxitem_waiting", "channel_id", "done_at", "id"),)

    id: int = big_id_column()
    channel_id: str
    key: str = Field(index=True)
    thread_key: str = ""
    notice: str
    args: dict[str, Any] = json_column()
    created_at: datetime = time_column()
    attempts: int = 0
    done_at: datetime | None = time_column(nullable=True)
    given_up: str = ""


class Lane(SQLModel, table=True):
    """The turn-taking of one channel: when its next message may go, and who is sending now."""

    channel_id: str = Field(primary_key=True)
    due_at: datetime | None = time_column(nullable=True, index=True)
    leased_until: datetime | None = time_column(nullable=True)


class Job(SQLModel, table=True):
    """Work to do at `due_at`. `key`, where set, makes a second request for the same work join the
    first."""

    id: int = big_id_column()
    kind: str
    key: str | None = Field(default=None, unique=True)
    args: dict[str, Any] = json_column()
    due_at: datetime = time_column(index=True)
    leased_until: datetime | None = time_column(nullable=True)
    attempts: int = 0


class SeenEvent(SQLModel, table=True):
    """What happens once: a Slack event that was taken in, a word of the countdown that was said."""

    event_id: str = Field(primary_key=True)
    at: datetime = time_column(index=True)


class AuditEntry(SQLModel, table=True):
    """Who did what to which account, when, from where, with which result. Only ever added to: the
    database refuses the rest."""

    id: int = big_id_column()
    at: datetime = time_column(index=True)
    team: str
    user: str
    action: str
    subject: str = Field(index=True)
    channel_id: str = ""
    result: str = "done"
    detail: dict[str, Any] = json_column()
