"""Login links, the ways to Microsoft that they began, what came of them, and approvals."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.statuses import FLOWS, LINKS, FlowEvent, LinkEvent
from storage.types import big_id_column, sealed_column, time_column
from storage.vocabulary import FlowStatus, LinkStatus


class LoginTicket(SQLModel, table=True):
    """A login link. Its secret is kept sealed (to be shown on the card again) and as a digest (to
    be found by). `question_at` is set while people are asked what Microsoft's page said, since a
    sign-in that was begun did not come back."""

    id: int = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id", index=True)
    digest: str = Field(unique=True)
    sealed: bytes = sealed_column()
    created_at: datetime = time_column()
    expires_at: datetime = time_column()
    asked_by_team: str
    asked_by_user: str
    question_at: datetime | None = time_column(nullable=True)
    finished_at: datetime | None = time_column(nullable=True)
    revoked_at: datetime | None = time_column(nullable=True)

    def status(self, now: datetime) -> LinkStatus:
        """Whether somebody can sign in with it."""
        if self.finished_at is not None:
            return LinkStatus.USED
        if self.revoked_at is not None:
            return LinkStatus.REVOKED
        return LinkStatus.EXPIRED if self.expires_at <= now else LinkStatus.OPEN

    @property
    def asks(self) -> bool:
        """Whether people are asked what Microsoft's page said. An expired link may still ask."""
        settled = self.finished_at is not None or self.revoked_at is not None
        return self.question_at is not None and not settled

    def happened(self, event: LinkEvent, now: datetime) -> None:
        """Keep what happened to it; whatever does answers the question, if one was asked.

        Raises:
            StatusRefused: it cannot happen any more.
        """
        following = LINKS.after(self.status(now), event)
        self.finished_at = now if following is LinkStatus.USED else None
        self.revoked_at = now if following is LinkStatus.REVOKED else None
        self.question_at = now if event is LinkEvent.LEFT_OPEN else None


class SignInFlow(SQLModel, table=True):
    """One way to Microsoft: MSAL's flow, sealed, and the browser that may come back to it. Each
    browser has its own."""

    id: int = Field(default=None, primary_key=True)
    ticket_id: int = Field(foreign_key="loginticket.id", index=True)
    account_id: int = Field(foreign_key="account.id", index=True)
    state_digest: str = Field(unique=True)
    browser_digest: str
    sealed: bytes = sealed_column()
    created_at: datetime = time_column()
    expires_at: datetime = time_column()
    finished_at: datetime | None = time_column(nullable=True)

    def status(self, now: datetime) -> FlowStatus:
        """Whether Microsoft's answer to it is still taken."""
        if self.finished_at is not None:
            return FlowStatus.ENDED
        return FlowStatus.EXPIRED if self.expires_at <= now else FlowStatus.OPEN

    def happened(self, event: FlowEvent, now: datetime) -> None:
        """Keep what happened to it, which ends it.

        Raises:
            StatusRefused: it has ended.
        """
        FLOWS.after(self.status(now), event)
        self.finished_at = now


class LinkPress(SQLModel, table=True):
    """One press of the button behind a login link, kept while it counts. `is_new`: the browser had
    not been sent to Microsoft from this link before."""

    id: int = big_id_column()
    ticket_id: int = Field(foreign_key="loginticket.id", index=True)
    browser_digest: str
    is_new: bool
    at: datetime = time_column(index=True)


class HeldSignIn(SQLModel, table=True):
    """A sign-in that holds, but waits for somebody to say that its tenant is the customer's: the
    tokens, sealed, and whose they are. It ends with its link. `named_tenant` is the one that
    Microsoft names for the mailbox's domain; None where it named none, or was not asked."""

    account_id: int = Field(foreign_key="account.id", primary_key=True)
    ticket_id: int = Field(foreign_key="loginticket.id")
    sealed: bytes = sealed_column()
    scopes: str
    tenant_id: str
    named_tenant: str | None = None
    object_id: str
    upn: str
    at: datetime = time_column()

    @property
    def evident(self) -> bool:
        """Whether Microsoft itself says that the mailbox's domain is of the tenant that signed
        in."""
        return self.named_tenant == self.tenant_id


class AddressChange(SQLModel, table=True):
    """Other addresses for an account that is connected. They are its own once the person who
    connected it agrees, by signing in again; until then it goes on as it is."""

    account_id: int = Field(foreign_key="account.id", primary_key=True)
    sender_email: str
    username: str
    shared_mailbox: str
    aliases: str
    asked_at: datetime = time_column()
    asked_by_team: str
    asked_by_user: str


class ApprovalAnswer(SQLModel, table=True):
    """What is known of an account's approval: an administrator's answer that was taken, by the
    digest of the page it belongs to, which is kept as long as that page could be answered again; or
    (`proved`, with a digest of no page) what Microsoft shows."""

    page_digest: str = Field(primary_key=True)
    account_id: int = Field(foreign_key="account.id", index=True)
    approved: bool
    proved: bool = False
    at: datetime = time_column(index=True)


class ApprovalWatch(SQLModel, table=True):
    """An organisation (`tenant`: its id, or a domain of it) whose administrator was asked for an
    approval, the last time at `asked_at`; `absent_at`: when Microsoft last said that our
    application is not in it."""

    __table_args__ = (UniqueConstraint("customer_id", "tenant"),)

    id: int = Field(default=None, primary_key=True)
    customer_id: int = Field(foreign_key="customer.id")
    tenant: str
    asked_at: datetime = time_column()
    absent_at: datetime | None = time_column(nullable=True)


class Grant(SQLModel, table=True):
    """The token cache of one account, sealed with the account's id, and what its owner agreed to:
    the mailbox it opens (empty: their own) and the address it sends as. `serial` counts what was
    stored, so that nobody stores over something newer; `claimed_until` is the lease of who
    refreshes it; `keep_due_at` is when it is looked after, if nobody used it until then."""

    account_id: int = Field(foreign_key="account.id", primary_key=True)
    sealed: bytes = sealed_column()
    scopes: str
    shared_mailbox: str
    sender_email: str
    refreshed_at: datetime = time_column()
    serial: int = 0
    claimed_until: datetime | None = time_column(nullable=True)
    keep_due_at: datetime | None = time_column(nullable=True, index=True)
