"""Access tokens for the product: of accounts that are known to work, and counted."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog
from cachetools import TTLCache

from bot.api.accounts import ApiAccounts, read_ref, visible
from bot.api.callers import Caller, Callers
from bot.api.proof import is_proved
from bot.api.refusals import ApiRefused, Code
from bot.api.shapes import TokenShape
from bot.api.ways import Places
from bot.common import audit
from bot.common.clock import Clock
from bot.common.jobs import CheckAccount
from bot.common.stop import Stopped
from bot.common.tallies import TOKENS_HANDED_OUT, Tallies
from bot.diagnosis.failures import Failures
from bot.diagnosis.observation import Observation
from bot.lifecycle.states import WORKING
from bot.mail.target import target_of
from bot.microsoft.tokens import FreshToken, TokenFailed, Tokens
from storage.api_vocabulary import TokenUse
from storage.database import Store, Transaction
from storage.hand_outs import Holding
from storage.vocabulary import Permanence

log = structlog.get_logger(__name__)

LIFE = timedelta(minutes=5)
"""So long a token lives at least that is handed out."""

AN_HOUR = timedelta(hours=1)

MOST_WAITING = 4
"""So many calls of a process wait for Microsoft at a time, of the sixteen that a web process
answers at once: however long Microsoft hangs, the others are answered."""

A_MOMENT = timedelta(seconds=2)
RESTS = timedelta(seconds=30)
"""Where Microsoft refused, or did not answer, this process asks it for that sign-in again no
sooner; and an account that is not proved is tested no more often on account of the product."""

REMEMBERED = 10_000


@dataclass(frozen=True)
class SignedIn:
    """A sign-in of an account: another one has another time."""

    account_id: int
    at: datetime | None


@dataclass(frozen=True)
class Wanted:
    """Which token somebody asks for."""

    caller: Caller
    ref: str
    use: TokenUse


class HandOut:
    """Hands access tokens out."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        tokens: Tokens,
        callers: Callers,
        accounts: ApiAccounts,
        failures: Failures,
        places: Places,
        limit: int,
        tallies: Tallies,
    ) -> None:
        """`limit`: so many tokens of an account are handed out in an hour."""
        self._store = store
        self._clock = clock
        self._tokens = tokens
        self._callers = callers
        self._accounts = accounts
        self._failures = failures
        self._places = places
        self._limit = limit
        self._tallies = tallies
        self._waiting = threading.BoundedSemaphore(MOST_WAITING)
        self._lock = threading.Lock()
        self._resting: TTLCache[SignedIn, ApiRefused] = TTLCache(
            REMEMBERED, RESTS.total_seconds(), timer=lambda: clock.now().timestamp()
        )

    def token(self, caller: Caller, ref: str, use: TokenUse) -> TokenShape:
        """An access token of an account, for something. Takes seconds where Microsoft has to be
        asked for a new one.

        Raises:
            ApiRefused: the account is not there for the caller, is not known to work, was not
                granted for this, or had too many tokens; or Microsoft refuses, or is waited for by
                too many already.
        """
        given = self._given(Wanted(caller, ref, use))
        self._tallies.count(TOKENS_HANDED_OUT, use.value)
        log.info("token.handed_out", account=ref, use=use.value, key=caller.public_id)
        return given

    def _given(self, wanted: Wanted) -> TokenShape:
        with self._retested_if_unproved(wanted), self._store.transaction() as tx:
            holding = self._proved(tx, wanted)
            token = self._stored(tx, holding)
            if token is not None:
                return self._give(tx, wanted, holding, token)
        token = self._asked(SignedIn(holding.account_id, holding.signed_in_at))
        # While Microsoft was asked the key may have been revoked, the account disconnected, or
        # somebody may have signed in whose tokens no test has seen
        with self._retested_if_unproved(wanted), self._store.transaction() as tx:
            wanted = replace(wanted, caller=self._callers.still(tx, wanted.caller))
            now = self._proved(tx, wanted)
            if now.signed_in_at != holding.signed_in_at:
                raise ApiRefused(Code.BUSY, retry_after=A_MOMENT)
            return self._give(tx, wanted, now, token)

    def _proved(self, tx: Transaction, wanted: Wanted) -> Holding:
        """The account, which works, held until the transaction ends: no sign-in takes its place."""
        ref = read_ref(wanted.ref)
        holding = tx.hand_outs.holding(ref) if ref else None
        if holding is None or not wanted.caller.may_see(holding.customer_id):
            raise ApiRefused(Code.NOT_FOUND)
        if not is_proved(holding.state, holding.tested):
            raise self._accounts.not_usable(tx, tx.accounts.get(holding.account_id))
        return holding

    def _stored(self, tx: Transaction, holding: Holding) -> FreshToken | None:
        try:
            return self._tokens.stored(kept_grant(holding))
        except TokenFailed:
            account = tx.accounts.get(holding.account_id)
            raise self._accounts.not_usable(tx, account) from None

    def _give(
        self, tx: Transaction, wanted: Wanted, holding: Holding, token: FreshToken
    ) -> TokenShape:
        use = wanted.use
        if not self._places.grants(use, token.scopes):
            raise ApiRefused(Code.NOT_GRANTED)
        lives = token.expires_at.timestamp() - time.time()
        if lives < LIFE.total_seconds():
            raise ApiRefused(Code.MICROSOFT_BUSY, retry_after=RESTS)
        now = self._clock.now()
        wait = tx.hand_outs.count(holding.account_id, now, self._limit, AN_HOUR)
        if wait is not None:
            raise ApiRefused(Code.TOO_MANY_TOKENS, retry_after=wait)
        by = wanted.caller.person
        audit.record(tx, by, "token.handed_out", holding.ref, now, use=use.value)
        return self._shape(holding, token, use, int(lives))

    def _shape(self, holding: Holding, token: FreshToken, use: TokenUse, lives: int) -> TokenShape:
        target = target_of(holding, token.agreed, token.access_token)
        place = self._places.mail(use)
        return TokenShape(
            access_token=token.access_token,
            use=use,
            user=target.smtp_username if use is TokenUse.SMTP else target.mailbox,
            host=place.host if place else self._places.graph,
            port=place.port if place else None,
            security=place.security if place else None,
            mechanism="XOAUTH2" if place else None,
            expires_at=token.expires_at,
            expires_in=lives,
        )

    def _asked(self, signed_in: SignedIn) -> FreshToken:
        """A token that Microsoft gave just now, or another process a moment ago."""
        with self._lock:
            refused = self._resting.get(signed_in)
        if refused is not None:
            raise _again(refused)
        if not self._waiting.acquire(blocking=False):
            raise ApiRefused(Code.BUSY, retry_after=A_MOMENT)
        try:
            return self._tokens.fresh(signed_in.account_id)
        except TokenFailed as failed:
            refused = self._refused(signed_in.account_id, failed.observation)
            with self._lock:
                self._resting[signed_in] = refused
            raise refused from None
        except Stopped:
            raise ApiRefused(Code.BUSY, retry_after=A_MOMENT) from None
        finally:
            self._waiting.release()

    def _refused(self, account_id: int, seen: Observation) -> ApiRefused:
        """What Microsoft's refusal means. It is a sign of trouble: the account is tested at once,
        and what the test finds is told and believed as always."""
        with self._store.transaction() as tx:
            account = tx.accounts.lock(account_id)
            verdict = self._failures.explainer.explain(tx, seen, account.customer_id)
            if verdict.permanence is Permanence.RETRY:
                return ApiRefused(Code.MICROSOFT_BUSY, retry_after=RESTS)
            recorded = self._failures.record(tx, seen, account, believed=False)
            if account.state in WORKING:
                now = self._clock.now()
                tx.jobs.add(CheckAccount(account_id=account.id), now, sooner=True)
            return ApiRefused(
                Code.NOT_USABLE,
                cause=recorded.verdict.cause,
                state=account.state.value,
                detail=recorded.verdict.customer,
                error_id=recorded.failure.ref,
            )

    @contextmanager
    def _retested_if_unproved(self, wanted: Wanted) -> Iterator[None]:
        """Within this, an account that works and is refused all the same has a test soon: what its
        present sign-in is good for shows there alone."""
        try:
            yield
        except ApiRefused as refused:
            if refused.code is Code.NOT_USABLE and refused.members.get("state") in WORKING:
                with self._store.transaction() as tx:
                    account = visible(tx, wanted.caller, wanted.ref)
                    due = self._clock.now() + RESTS
                    tx.jobs.add(CheckAccount(account_id=account.id), due, sooner=True)
            raise


def _again(refused: ApiRefused) -> ApiRefused:
    """The same refusal, for another call."""
    again = ApiRefused(refused.code, refused.retry_after, cause=refused.cause)
    again.members = refused.members
    return again


@dataclass(frozen=True)
class HeldGrant:
    """The grant of an account that is held."""

    account_id: int
    sealed: bytes = field(repr=False)
    scopes: str
    shared_mailbox: str
    sender_email: str


def kept_grant(holding: Holding) -> HeldGrant:
    """The grant of a holding; an account that was tested has one, or has none that opens."""
    return HeldGrant(
        holding.account_id,
        holding.sealed or b"",
        holding.scopes or "",
        holding.shared_mailbox or "",
        holding.sender_email or "",
    )
