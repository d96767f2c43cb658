"""What the product reads of an account: the same in an answer and in a webhook."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from storage.api_vocabulary import TokenUse
from storage.vocabulary import FolderRole, Owner, Permanence, State, StepId, StepStatus


class Shape(BaseModel):
    """Something that is said in JSON. Times are UTC."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", json_schema_serialization_defaults_required=True
    )


class CustomerShape(Shape):
    """Whose an account is."""

    id: str
    name: str


class FolderShape(Shape):
    """A mapped folder. `name` is the server's own, which IMAP takes as it stands (modified UTF-7);
    `id` stays the same when it is renamed, where the server gives one (RFC 8474)."""

    role: FolderRole
    name: str
    id: str | None


class StepShape(Shape):
    """A step of a connection test, and how many milliseconds it took; None where it was not
    tried."""

    id: StepId
    status: StepStatus
    ms: int | None
    error_id: str | None


class TestShape(Shape):
    """The newest connection test that has a result."""

    __test__ = False  # pytest collects what is called a test

    at: datetime
    passed: bool
    steps: tuple[StepShape, ...]


class FailureShape(Shape):
    """Why an account does not work. `code` is the row of the catalogue, which PUBLIC_URL/errors/
    explains; `owner` is who can mend it."""

    error_id: str
    code: str
    sentence: str
    owner: Owner
    at: datetime


class AccountShape(Shape):
    """An account. `owner` is who acts next, since `since`; `address` is the mailbox that is opened.
    `usable`: a token would be handed out now."""

    ref: str = Field(examples=["MB-7Q3F-9K2D"])
    external_id: str | None = None
    name: str
    state: State
    owner: Owner
    since: datetime
    next_step: str
    customer: CustomerShape
    address: str
    username: str
    sender_name: str
    sender_email: str
    shared_mailbox: str | None
    folders: tuple[FolderShape, ...]
    last_test: TestShape | None
    failure: FailureShape | None
    usable: bool
    changed_at: datetime


class TokenShape(Shape):
    """An access token and how it is used. Of Graph `host` is the base address, and nothing is said
    of port, security and mechanism."""

    access_token: str = Field(repr=False)
    token_type: Literal["Bearer"] = "Bearer"
    use: TokenUse = Field(serialization_alias="for")
    user: str
    host: str
    port: int | None
    security: Literal["tls", "starttls"] | None
    mechanism: Literal["XOAUTH2"] | None
    expires_at: datetime
    expires_in: int = Field(ge=300)


class AccountsShape(Shape):
    """Some accounts, and the cursor with which the next ones are asked for; None where these were
    the last."""

    accounts: tuple[AccountShape, ...]
    next: str | None


class ErrorShape(Shape):
    """What an error ID means, in words that a customer may read. `remedy` is what to do, step by
    step; `account` is whose it was, None where it was no account's."""

    error_id: str
    code: str
    title: str
    sentence: str
    owner: Owner
    permanence: Permanence
    remedy: tuple[str, ...]
    at: datetime
    account: str | None
