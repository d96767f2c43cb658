"""Who calls the API, and what they may."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import structlog

from bot.api.keys import PREFIX
from bot.api.paces import Paces
from bot.api.refusals import Allowance, ApiRefused, Code
from bot.common import audit
from bot.common.clock import Clock
from bot.common.people import Person, product
from storage.api_keys import KnownKey
from storage.api_vocabulary import ApiKeyStatus, ApiScope
from storage.cipher import digest
from storage.database import Store, Transaction

log = structlog.get_logger(__name__)

SHAPE = re.compile(rf"{PREFIX}[0-9a-z]{{10}}_[A-Za-z0-9_-]{{43}}")
WRITTEN_EVERY = timedelta(minutes=1)
"""When a key was used last is kept no more often."""

TRIES = 20
"""So many calls with a key that is not accepted are answered to one address in a minute."""

Address = IPv4Address | IPv6Address


@dataclass(frozen=True)
class Caller:
    """Whoever calls with a key that is good now, for the calls of a scope. `customers`: those whose
    accounts they may see; None for all."""

    key_id: int
    public_id: str
    name: str
    scope: ApiScope
    customers: frozenset[int] | None
    allowance: Allowance

    def may_see(self, customer_id: int | None) -> bool:
        """Whether what belongs to a customer (None: to nobody we know) is theirs to see."""
        return self.customers is None or customer_id in self.customers

    @property
    def person(self) -> Person:
        """As the audit names them."""
        return person_of(self.public_id)


def person_of(public_id: str) -> Person:
    """How the audit names whoever calls with a key."""
    return product(public_id)


class Callers:
    """Knows callers by their keys. The database is asked each time, so that a key that is revoked
    opens nothing from then on, whichever process is asked."""

    def __init__(self, store: Store, clock: Clock, calls_per_minute: int) -> None:
        self._store = store
        self._clock = clock
        self._calls = Paces(clock, calls_per_minute)
        self._tries = Paces(clock, TRIES)

    def authorise(self, secret: str, address: str, scope: ApiScope) -> Caller:
        """Whoever calls with the key `secret`, from `address`, for something that needs `scope`.

        Raises:
            ApiRefused: they may not; or too often within a minute.
        """
        key = self._good(secret)
        if key is None:
            raise self._stranger(address)
        within, allowance = self._calls.count(str(key.id))
        refused = self._refusal(key, address, scope, within, allowance)
        if refused is not None:
            self._keep(key, refused, scope)
            refused.allowance = allowance
            raise refused
        self._used(key)
        return Caller(key.id, key.public_id, key.name, scope, key.customers, allowance)

    def still(self, tx: Transaction, caller: Caller) -> Caller:
        """The same caller as they stand in this transaction, after something was waited for.

        Raises:
            ApiRefused: the key was revoked or ended meanwhile.
        """
        key = tx.api_keys.get(caller.key_id)
        if key is None or key.status(self._clock.now()) is not ApiKeyStatus.GOOD:
            raise ApiRefused(Code.NO_KEY)
        customers = None if key.all_customers else tx.api_keys.customers(key.id)
        return replace(caller, customers=customers)

    def is_on(self) -> bool:
        """Whether there ever was a key: before that there is no API."""
        with self._store.reading() as tx:
            return tx.api_keys.any()

    def _good(self, secret: str) -> KnownKey | None:
        if not SHAPE.fullmatch(secret):
            return None
        key = self._store.api_key(digest(secret))
        good = key is not None and key.status(self._clock.now()) is ApiKeyStatus.GOOD
        return key if good else None

    def _used(self, key: KnownKey) -> None:
        before = self._clock.now() - WRITTEN_EVERY
        if key.last_used_at is None or key.last_used_at < before:
            with self._store.transaction() as tx:
                tx.api_keys.used(key.id, self._clock.now(), before)

    def _stranger(self, address: str) -> ApiRefused:
        """Which of a missing, wrong, expired or revoked key it was is not said. A good key is let
        through even from an address of many tries: others may be behind the same proxy."""
        if not self.is_on():
            return ApiRefused(Code.OFF)
        within, tries = self._tries.count(_neighbourhood(address))
        if not within:
            return ApiRefused(Code.TOO_MANY_TRIES, retry_after=tries.reset)
        log.info("api.key_not_accepted", address=address)
        return ApiRefused(Code.NO_KEY)

    def _refusal(
        self, key: KnownKey, address: str, scope: ApiScope, within: bool, allowance: Allowance
    ) -> ApiRefused | None:
        if not within:
            return ApiRefused(Code.TOO_MANY_CALLS, retry_after=allowance.reset)
        if not _comes_from(address, key.networks.split()):
            return ApiRefused(Code.NO_NETWORK)
        if scope not in key.scopes.split():
            return ApiRefused(Code.NO_SCOPE, needs_scope=scope.value)
        return None

    def _keep(self, key: KnownKey, refused: ApiRefused, scope: ApiScope) -> None:
        """A key that is tried from elsewhere, or for more than it is for, may be in wrong hands."""
        if refused.code is Code.TOO_MANY_CALLS:
            return
        by = person_of(key.public_id)
        about = f"api-key:{key.public_id}"
        now = self._clock.now()
        with self._store.transaction() as tx:
            audit.refuse(
                tx, by, "api.called", about, now, result=refused.code.value, scope=scope.value
            )


def _read(address: str) -> Address | None:
    try:
        found = ip_address(address)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def _comes_from(address: str, networks: Sequence[str]) -> bool:
    there = _read(address)
    return not networks or any(
        there is not None and there in ip_network(network) for network in networks
    )


def _neighbourhood(address: str) -> str:
    """Whose tries are counted together: of IPv6 the /64, which one connection has to itself."""
    there = _read(address)
    if isinstance(there, IPv6Address):
        return str(ip_network((there, 64), strict=False))
    return str(there or address)
