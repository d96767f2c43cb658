"""Access tokens for connected accounts: from the sealed cache, refreshed by one at a time, stored
before they are used."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import msal
import structlog

from bot.common.addresses import Agreed
from bot.common.clock import Clock
from bot.diagnosis.observation import Observation, Where
from bot.diagnosis.observe import from_oauth
from bot.microsoft.client import Microsoft, MicrosoftUnreachable
from storage.cipher import CannotOpen, Cipher
from storage.database import Store
from storage.tables import Grant

log = structlog.get_logger(__name__)

EARLY = timedelta(minutes=10)
"""A token that ends sooner than this is refreshed: a test that uses it takes minutes."""

KEPT_ALIVE = timedelta(days=7)
"""How long a grant may lie idle. It ends after 90 days without use (entra-docs, refresh-tokens)."""

LEASE = timedelta(seconds=30)
WAITS = 160
WAIT_SECONDS = 0.25
"""Who finds the refresh claimed looks again for forty seconds: longer than a dead process's claim
lasts."""


class TokenFailed(Exception):
    """There is no usable token; `observation` says why."""

    def __init__(self, observation: Observation) -> None:
        super().__init__(observation.error or observation.condition or str(observation.status))
        self.observation = observation


class KeptGrant(Protocol):
    """A grant as it is kept, whoever asked for it."""

    @property
    def account_id(self) -> int: ...
    @property
    def sealed(self) -> bytes: ...
    @property
    def scopes(self) -> str: ...
    @property
    def shared_mailbox(self) -> str: ...
    @property
    def sender_email(self) -> str: ...


@dataclass(frozen=True)
class FreshToken:
    """An access token with ten minutes or more to live (if Microsoft gave one), what it is good
    for, what its owner agreed to, and who that is: Microsoft's `oid` and the name under which that
    person signs in. `expires_at`: when it ends, in real time."""

    access_token: str = field(repr=False)
    scopes: frozenset[str]
    agreed: Agreed
    expires_at: datetime
    object_id: str = ""
    username: str = ""


def sealed_for(account_id: int) -> str:
    """What an account's grant is sealed for: moved to another account it does not open."""
    return f"grant:{account_id}"


class Tokens:
    """Gives access tokens."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        cipher: Cipher,
        microsoft: Microsoft,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = store
        self._clock = clock
        self._cipher = cipher
        self._microsoft = microsoft
        self._wait = wait

    def fresh(self, account_id: int) -> FreshToken:
        """A token for the account. May take seconds: Microsoft is asked when the stored one is
        about to end.

        Raises:
            TokenFailed: nobody signed in, the grant cannot be opened, or Microsoft refused or did
                not answer.
        """
        for _ in range(WAITS):
            token = self._living(*self._open(account_id))
            if token is None:
                token = self._refresh(account_id)
            if token is not None:
                return token
            self._wait(WAIT_SECONDS)
        raise TokenFailed(
            Observation(
                Where.TOKEN,
                step="token",
                error="temporarily_unavailable",
                text="refresh is claimed",
            )
        )

    def stored(self, grant: KeptGrant) -> FreshToken | None:
        """The token that is stored, if it lives long enough. Asks nobody.

        Raises:
            TokenFailed: the grant cannot be opened.
        """
        return self._living(grant, self._cache(grant))

    def renewed(self, account_id: int) -> FreshToken:
        """A token that Microsoft gives now, however long the stored one would live: what was
        withdrawn shows there alone. Where somebody else has it renewed, theirs. Takes seconds.

        Raises:
            TokenFailed: as `fresh`.
        """
        return self._refresh(account_id, anew=True) or self.fresh(account_id)

    def _living(self, grant: KeptGrant, cache: msal.SerializableTokenCache) -> FreshToken | None:
        """The stored access token, if it lives long enough. Its life is counted in real time, as
        Microsoft does."""
        wanted = {scope.lower() for scope in self._microsoft.scopes}
        found: list[dict[str, Any]] = list(
            cache.search(msal.TokenCache.CredentialType.ACCESS_TOKEN)
        )
        for entry in found:
            scopes = frozenset(str(entry.get("target", "")).split())
            lives = int(entry.get("expires_on", 0)) - time.time() > EARLY.total_seconds()
            if lives and wanted <= {scope.lower() for scope in scopes}:
                return _token(grant, cache, str(entry["secret"]), grant.scopes)
        return None

    def _refresh(self, account_id: int, anew: bool = False) -> FreshToken | None:
        """Under the account's claim: what somebody stored meanwhile is enough (but not `anew`),
        else Microsoft is asked and the answer stored. None while somebody else has the claim, and
        where a new sign-in was stored meanwhile.

        Microsoft gives a new refresh token with each refresh. Of two at the same time one would
        store the older token over the newer, so one at a time asks. The claim is a lease: what a
        killed process leaves ends by itself, and no transaction is held open while we wait."""
        now = self._clock.now()
        with self._store.transaction() as tx:
            if not tx.grants.claim(account_id, now, now + LEASE):
                return None
        try:
            grant, cache = self._open(account_id)
            stored = None if anew else self._living(grant, cache)
            return stored or self._ask(grant, cache)
        finally:
            with self._store.transaction() as tx:
                tx.grants.release(account_id, now + LEASE)

    def _ask(self, grant: Grant, cache: msal.SerializableTokenCache) -> FreshToken | None:
        try:
            result = self._microsoft.redeem(cache, self._renew)
        except MicrosoftUnreachable as error:
            raise TokenFailed(error.observation) from None
        if result is None:
            raise TokenFailed(_no_grant("the cache holds no refresh token"))
        if "access_token" not in result:
            raise TokenFailed(from_oauth(result, Where.TOKEN, "token"))
        scopes = str(result.get("scope") or grant.scopes)
        now = self._clock.now()
        # Stored before it is used: after a crash the next process has the newest refresh token.
        # `replace` stores nothing if a new sign-in took the grant's place meanwhile.
        sealed = self._cipher.seal(cache.serialize(), sealed_for(grant.account_id))
        with self._store.transaction() as tx:
            stored = tx.grants.replace(grant, sealed, scopes, now, now + KEPT_ALIVE)
        return _token(grant, cache, str(result["access_token"]), scopes) if stored else None

    def _renew(self, client: msal.ConfidentialClientApplication) -> dict[str, Any] | None:
        account = next(iter(client.get_accounts()), None)
        scopes = list(self._microsoft.scopes)
        result: dict[str, Any] | None = client.acquire_token_silent_with_error(
            scopes, account, force_refresh=True
        )
        return result

    def _open(self, account_id: int) -> tuple[Grant, msal.SerializableTokenCache]:
        with self._store.reading() as tx:
            grant = tx.grants.get(account_id)
        if grant is None:
            raise TokenFailed(_no_grant("nobody signed in"))
        return grant, self._cache(grant)

    def _cache(self, grant: KeptGrant) -> msal.SerializableTokenCache:
        cache = msal.SerializableTokenCache()
        try:
            cache.deserialize(self._cipher.open(grant.sealed, sealed_for(grant.account_id)))
        except CannotOpen:
            log.error("grant.cannot_open", account=grant.account_id)
            unreadable = Observation(
                Where.TOKEN,
                step="token",
                error="grant_unreadable",
                text="the grant cannot be opened",
            )
            raise TokenFailed(unreadable) from None
        return cache


def _token(
    grant: KeptGrant, cache: msal.SerializableTokenCache, access_token: str, scopes: str
) -> FreshToken:
    who: dict[str, Any] = next(iter(cache.search(msal.TokenCache.CredentialType.ACCOUNT)), {})
    return FreshToken(
        access_token,
        frozenset(scopes.split()),
        Agreed(grant.shared_mailbox, grant.sender_email),
        expires_at=_end_of(cache, access_token),
        object_id=str(who.get("local_account_id", "")),
        username=str(who.get("username", "")),
    )


def _end_of(cache: msal.SerializableTokenCache, access_token: str) -> datetime:
    """When a token ends that is in the cache."""
    kept: list[dict[str, Any]] = list(cache.search(msal.TokenCache.CredentialType.ACCESS_TOKEN))
    ends = [int(each["expires_on"]) for each in kept if each["secret"] == access_token]
    return datetime.fromtimestamp(max(ends, default=0), UTC)


def _no_grant(text: str) -> Observation:
    return Observation(Where.TOKEN, step="token", error="no_grant", text=text)
