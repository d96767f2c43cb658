"""The keys by which the vendor's product uses the API, and what it was handed."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from storage.api_vocabulary import ApiKeyStatus
from storage.statuses import API_KEYS, ApiKeyEvent
from storage.types import time_column


def status_of(
    revoked_at: datetime | None, expires_at: datetime | None, now: datetime
) -> ApiKeyStatus:
    """Whether a key opens anything."""
    if revoked_at is not None:
        return ApiKeyStatus.REVOKED
    over = expires_at is not None and expires_at <= now
    return ApiKeyStatus.EXPIRED if over else ApiKeyStatus.GOOD


class ApiKey(SQLModel, table=True):
    """A key of the API. `public_id` is the part of it that may be shown; of the whole key only a
    digest is kept. `scopes` and `networks` have spaces between; a key without networks may come
    from anywhere. `last_used_at` is right to the minute."""

    id: int = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    key_digest: str = Field(unique=True)
    name: str
    scopes: str
    all_customers: bool
    networks: str = ""
    created_at: datetime = time_column()
    expires_at: datetime | None = time_column(nullable=True)
    last_used_at: datetime | None = time_column(nullable=True)
    revoked_at: datetime | None = time_column(nullable=True)

    def status(self, now: datetime) -> ApiKeyStatus:
        """Whether it opens anything."""
        return status_of(self.revoked_at, self.expires_at, now)

    def happened(self, event: ApiKeyEvent, now: datetime) -> None:
        """Keep what happened to it.

        Raises:
            StatusRefused: it was revoked before.
        """
        if API_KEYS.after(self.status(now), event) is ApiKeyStatus.REVOKED:
            self.revoked_at = now


class ApiKeyCustomer(SQLModel, table=True):
    """A customer whose accounts a key may see that is not for all of them."""

    key_id: int = Field(foreign_key="apikey.id", primary_key=True)
    customer_id: int = Field(foreign_key="customer.id", primary_key=True, index=True)


class TokenCount(SQLModel, table=True):
    """How many tokens of an account were handed out in the hour that began at `since`."""

    account_id: int = Field(foreign_key="account.id", primary_key=True)
    since: datetime = time_column()
    times: int
