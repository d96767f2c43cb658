"""The keys of the API: made, listed and revoked by whoever runs the service."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network

from bot.common import audit
from bot.common.clock import Clock
from bot.common.ids import ALPHABET
from bot.common.people import Person
from storage.api_vocabulary import ApiKeyStatus, ApiScope
from storage.cipher import digest
from storage.database import Store, Transaction
from storage.statuses import API_KEYS, ApiKeyEvent
from storage.tables import ApiKey

PREFIX = "mdk_"
PUBLIC_LENGTH = 10
SECRET_BYTES = 32

Network = IPv4Network | IPv6Network


class UnknownCustomer(Exception):
    """No customer has this name, or several have."""

    def __init__(self, name: str, several: bool) -> None:
        super().__init__(name)
        self.name = name
        self.several = several


class UnknownKey(Exception):
    """There is no such key, or it was revoked before."""


@dataclass(frozen=True)
class KeyView:
    """A key without its secret. `customers`: the names of those it is for; None for all of them.
    `public_id` is what may be shown of the key."""

    public_id: str
    name: str
    scopes: tuple[ApiScope, ...]
    customers: tuple[str, ...] | None
    networks: tuple[str, ...]
    status: ApiKeyStatus
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True)
class NewKey:
    """A key that was just made, with what is never shown again."""

    key: KeyView
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Wish:
    """What a new key shall be good for. `customers`: by their names; none for all of them. `life`:
    None for ever."""

    name: str
    scopes: Collection[ApiScope]
    customers: Sequence[str] = ()
    networks: Sequence[Network] = ()
    life: timedelta | None = None


class ApiKeys:
    """Makes and revokes keys."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def create(self, wish: Wish, by: Person) -> NewKey:
        """Make a key.

        Raises:
            UnknownCustomer: a customer that it is for is not known by that name alone.
        """
        public_id = "".join(secrets.choice(ALPHABET) for _ in range(PUBLIC_LENGTH)).lower()
        secret = f"{PREFIX}{public_id}_{secrets.token_urlsafe(SECRET_BYTES)}"
        now = self._clock.now()
        with self._store.transaction() as tx:
            customers = [_customer(tx, name) for name in wish.customers]
            row = ApiKey(
                public_id=public_id,
                key_digest=digest(secret),
                name=wish.name,
                scopes=" ".join(scope for scope in ApiScope if scope in wish.scopes),
                all_customers=not customers,
                networks=" ".join(map(str, wish.networks)),
                created_at=now,
                expires_at=now + wish.life if wish.life else None,
            )
            tx.api_keys.add(row, list(dict.fromkeys(customers)))
            made = self._view(tx, row)
            self._audit(tx, by, "api_key.created", made)
        return NewKey(made, secret)

    def all(self) -> list[KeyView]:
        """Every key, oldest first."""
        with self._store.transaction() as tx:
            return [self._view(tx, row) for row in tx.api_keys.all()]

    def revoke(self, public_id: str, by: Person) -> KeyView:
        """Revoke a key: whoever calls with it from now on is refused, by every process.

        Raises:
            UnknownKey: there is none of this ID that could be revoked.
        """
        now = self._clock.now()
        with self._store.transaction() as tx:
            row = tx.api_keys.with_public_id(public_id)
            if row is None or not API_KEYS.allows(row.status(now), ApiKeyEvent.REVOKED):
                raise UnknownKey(public_id)
            row.happened(ApiKeyEvent.REVOKED, now)
            revoked = self._view(tx, row)
            self._audit(tx, by, "api_key.revoked", revoked)
        return revoked

    def _audit(self, tx: Transaction, by: Person, action: str, key: KeyView) -> None:
        audit.record(
            tx,
            by,
            action,
            f"api-key:{key.public_id}",
            self._clock.now(),
            name=key.name,
            scopes=list(key.scopes),
            customers=list(key.customers) if key.customers is not None else "all",
        )

    def _view(self, tx: Transaction, row: ApiKey) -> KeyView:
        ids = sorted(tx.api_keys.customers(row.id))
        names = tuple(tx.channels.customer(each).name for each in ids)
        return KeyView(
            public_id=row.public_id,
            name=row.name,
            scopes=tuple(map(ApiScope, row.scopes.split())),
            customers=None if row.all_customers else names,
            networks=tuple(row.networks.split()),
            status=row.status(self._clock.now()),
            created_at=row.created_at,
            expires_at=row.expires_at,
            last_used_at=row.last_used_at,
        )


def _customer(tx: Transaction, name: str) -> int:
    wanted = " ".join(name.split()).casefold()
    found = [each.id for each in tx.channels.customers() if each.name.casefold() == wanted]
    if len(found) != 1:
        raise UnknownCustomer(name, several=bool(found))
    return found[0]
