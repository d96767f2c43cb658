"""Calls that change something are done once, however often they come: whoever calls gives each a
name (`Idempotency-Key`), under which its answer is kept for a day."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

import structlog
from pydantic import BaseModel

from bot.api.callers import Caller, Callers
from bot.api.refusals import ApiRefused, Code
from bot.common.clock import Clock
from storage.cipher import Cipher, digest
from storage.database import Conflict, Store, Transaction
from storage.tables import ApiAnswer, ApiRequest

Ready = TypeVar("Ready")
"""What is prepared for a call."""

log = structlog.get_logger(__name__)

KEPT = timedelta(hours=24)
"""So long the same name means the same call."""

LEASE = timedelta(seconds=30)
"""So long a call is its process's: it asks Microsoft for a second and a half at most, and then does
everything in one transaction. If the process died, the call can be made again afterwards."""

SOON = timedelta(seconds=2)
"""When somebody else's call is done, most often."""

MAX_CLAIM = 2**31
"""What an integer column holds (postgresql.org/docs/current/datatype-numeric.html)."""

TRIES = 3
"""So often something is tried for which another transaction was quicker."""


@dataclass(frozen=True)
class Done:
    """What a call did: what is answered, and whose it was."""

    said: BaseModel
    customer_id: int


@dataclass(frozen=True)
class Answer:
    """What a call is answered with: JSON, and HTTP's status. `replayed`: it was done before."""

    text: str
    status: int
    replayed: bool = False


@dataclass(frozen=True)
class Asking:
    """A call that changes something. `name` is what whoever calls calls it, empty for one that may
    be done again; `said` is its method, its address and its body."""

    caller: Caller
    name: str
    said: str


@dataclass(frozen=True)
class Work(Generic[Ready]):
    """What a call does.

    Attributes:
        prepare: what takes long, or asks somebody outside; done before the transaction.
        do: the rest, of a caller as they stand in the transaction, with what was prepared.
        status: HTTP's, where it was done.
    """

    prepare: Callable[[Caller], Ready]
    do: Callable[[Transaction, Caller, Ready], Done]
    status: int = 200


@dataclass(frozen=True)
class Claim:
    """A call that is ours to do."""

    request_id: int
    number: int


class ApiRequests:
    """Does calls once."""

    def __init__(self, store: Store, clock: Clock, cipher: Cipher, callers: Callers) -> None:
        self._store = store
        self._clock = clock
        self._cipher = cipher
        self._callers = callers

    def once(self, asking: Asking, work: Work[Ready]) -> Answer:
        """Do a call, unless it was done: then give its answer again. What it does and its answer
        are kept in one transaction. One that is refused did nothing and is not kept.

        Raises:
            ApiRefused: the same name was given to another call, somebody else does this one now, or
                the key is not good any more; and whatever `work` raises.
        """
        if not asking.name:
            return self._done(asking, None, work)
        claim = self._claim(asking)
        if isinstance(claim, Answer):
            return claim
        try:
            return self._done(asking, claim, work)
        except BaseException:
            self._let_go(claim)
            raise

    def _done(self, asking: Asking, claim: Claim | None, work: Work[Ready]) -> Answer:
        ready = work.prepare(asking.caller)
        for _ in range(TRIES):
            try:
                with self._store.transaction() as tx:
                    request = self._still_ours(tx, claim) if claim else None
                    done = work.do(tx, self._callers.still(tx, asking.caller), ready)
                    answer = Answer(done.said.model_dump_json(by_alias=True), work.status)
                    if request is not None:
                        self._keep(tx, request, done, answer)
                    return answer
            except Conflict as error:  # what is in the way shows the next time
                log.info("api.conflict", error=str(error))
        raise ApiRefused(Code.AWAY)

    def _claim(self, asking: Asking) -> Claim | Answer:
        for _ in range(TRIES):
            try:
                with self._store.transaction() as tx:
                    return self._claim_in(tx, asking)
            except Conflict as error:  # the same call came twice at once: now the other one shows
                log.info("api.came_twice", error=str(error))
        raise ApiRefused(Code.IN_PROGRESS, retry_after=SOON)

    def _claim_in(self, tx: Transaction, asking: Asking) -> Claim | Answer:
        now = self._clock.now()
        name = digest(asking.name)
        request = tx.api_requests.held(asking.caller.key_id, name)
        if request is not None and request.begun_at <= now - KEPT:
            tx.api_requests.forget([request.id])
            request = None
        if request is None:
            return self._begin(tx, asking, name)
        if request.said_digest != digest(asking.said):
            raise ApiRefused(Code.OTHER_CALL)
        answer = tx.api_requests.answer(request.id)
        if answer is not None:
            text = self._cipher.open(answer.sealed, sealed_for(request.id))
            return Answer(text, answer.http_status, replayed=True)
        if request.claimed_until > now:
            raise ApiRefused(Code.IN_PROGRESS, retry_after=SOON)
        request.claimed_until = now + LEASE
        request.claim = _new_claim()
        return Claim(request.id, request.claim)

    def _begin(self, tx: Transaction, asking: Asking, name: str) -> Claim:
        now = self._clock.now()
        request = ApiRequest(
            key_id=asking.caller.key_id,
            name_digest=name,
            said_digest=digest(asking.said),
            begun_at=now,
            claimed_until=now + LEASE,
            claim=_new_claim(),
        )
        return Claim(tx.api_requests.add(request).id, request.claim)

    def _still_ours(self, tx: Transaction, claim: Claim) -> ApiRequest:
        request = tx.api_requests.claimed(claim.request_id, claim.number)
        if request is None:  # we were so slow that somebody else does it
            raise ApiRefused(Code.IN_PROGRESS, retry_after=SOON)
        return request

    def _keep(self, tx: Transaction, request: ApiRequest, done: Done, answer: Answer) -> None:
        request.customer_id = done.customer_id
        sealed = self._cipher.seal(answer.text, sealed_for(request.id))
        kept = ApiAnswer(request_id=request.id, http_status=answer.status, sealed=sealed)
        tx.api_requests.answered(kept)

    def _let_go(self, claim: Claim) -> None:
        """Nothing was done: the same may be asked again at once. Where that cannot be kept, it may
        be once the lease has ended."""
        try:
            with self._store.transaction() as tx:
                ours = tx.api_requests.claimed(claim.request_id, claim.number)
                # It may have been kept after all, if the database was lost while it said so
                if ours is not None and tx.api_requests.answer(ours.id) is None:
                    tx.api_requests.forget([ours.id])
        except Exception:
            log.exception("api.claim_not_let_go")


def _new_claim() -> int:
    """The number of a claim, by chance: SQLite gives the ID of a row that was forgotten to another
    one, and whoever had that one must not take this for theirs."""
    return secrets.randbelow(MAX_CLAIM)


def sealed_for(request_id: int) -> str:
    """What the answer of a call is sealed for."""
    return f"apirequest:{request_id}"
