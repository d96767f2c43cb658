"""Keys of the API."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam
from sqlmodel import Session, col, exists, select, update

from storage.tables import ApiKey, ApiKeyCustomer


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

    def any(self) -> bool:
        """Whether there ever was a key."""
        return bool(self._session.exec(select(exists().where(col(ApiKey.id) > 0))).one())

    def by_digest(self, digest: str) -> ApiKey | None:
        """The key with this digest, as it is now."""
        return self._session.exec(BY_DIGEST, params={"digest": digest}).first()

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
BY_DIGEST = (
    select(ApiKey)
    .where(col(ApiKey.key_digest) == bindparam("digest"))
    .execution_options(populate_existing=True)
)
CUSTOMERS = select(ApiKeyCustomer.customer_id).where(col(ApiKeyCustomer.key_id) == bindparam("key"))
