"""Keys of the API."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam
from sqlmodel import Session, col, exists, select, update

from storage.api_vocabulary import ApiKeyStatus
from storage.tables import ApiKey, ApiKeyCustomer
from storage.tables.api import status_of


@dataclass(frozen=True)
class KnownKey:
    """A key as its row keeps it. It is asked for at each call, so it is one question, past the
    session. `customers`: the ids of those it is for; None for all."""

    id: int
    public_id: str
    name: str
    scopes: str
    networks: str
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    customers: frozenset[int] | None

    def status(self, now: datetime) -> ApiKeyStatus:
        """Whether it opens anything."""
        return status_of(self.revoked_at, self.expires_at, now)


def known_key(connection: Connection, digest: str) -> KnownKey | None:
    """The key with this digest, if there is one."""
    row = connection.execute(BY_DIGEST, {"digest": digest}).first()
    if row is None:
        return None
    facts = row._asdict()
    if facts.pop("all_customers"):
        return KnownKey(**facts, customers=None)
    theirs = connection.execute(CUSTOMERS, {"key": row.id}).scalars()
    return KnownKey(**facts, customers=frozenset(theirs))


def has_keys(connection: Connection) -> bool:
    """Whether there ever was a key."""
    return bool(connection.execute(select(exists().where(col(ApiKey.id) > 0))).scalar())


class ApiKeyRepository:
    """Queries about keys of the API."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, key: ApiKey, customer_ids: Sequence[int]) -> ApiKey:
        """Keep a new key and the customers that it is for."""
        self._session.add(key)
        self._session.flush()
        rows = [ApiKeyCustomer(key_id=key.id, customer_id=each) for each in customer_ids]
        self._session.add_all(rows)
        self._session.flush()
        return key

    def get(self, key_id: int) -> ApiKey | None:
        """A key as it is now."""
        return self._session.get(ApiKey, key_id, populate_existing=True)

    def with_public_id(self, public_id: str) -> ApiKey | None:
        """The key with the ID that people see, held until the transaction ends."""
        found = select(ApiKey).where(ApiKey.public_id == public_id)
        return self._session.exec(found.with_for_update()).first()

    def all(self) -> list[ApiKey]:
        """Every key, oldest first."""
        return list(self._session.exec(select(ApiKey).order_by(col(ApiKey.id))))

    def customers(self, key_id: int) -> frozenset[int]:
        """The ids of the customers that a key is for which is not for all."""
        return frozenset(self._session.exec(CUSTOMERS, params={"key": key_id}))

    def used(self, key_id: int, now: datetime, before: datetime) -> None:
        """Keep that a key was used, unless that was kept at `before` or later."""
        old = col(ApiKey.last_used_at).is_(None) | (col(ApiKey.last_used_at) < before)
        same = col(ApiKey.id) == key_id
        self._session.exec(update(ApiKey).where(same, old).values(last_used_at=now))


# Asked with each call: each is put together once
BY_DIGEST = select(  # type: ignore[call-overload]  # for so many columns there is none
    ApiKey.id,
    ApiKey.public_id,
    ApiKey.name,
    ApiKey.scopes,
    ApiKey.networks,
    ApiKey.expires_at,
    ApiKey.last_used_at,
    ApiKey.revoked_at,
    ApiKey.all_customers,
).where(col(ApiKey.key_digest) == bindparam("digest"))
CUSTOMERS = select(ApiKeyCustomer.customer_id).where(col(ApiKeyCustomer.key_id) == bindparam("key"))
