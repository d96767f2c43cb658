"""Error IDs: what failed is kept under an ID, explained by the catalogue, and told to on-call when
it is ours."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from statistics import median
from typing import Protocol

import structlog

from bot.common import ids
from bot.common.clock import Clock
from bot.common.jobs import ShareApproval
from bot.common.people import WEB
from bot.diagnosis.advice import advised
from bot.diagnosis.attempts import Attempts
from bot.diagnosis.catalogue import Catalogue
from bot.diagnosis.explainer import Explainer, is_default
from bot.diagnosis.history import Ending, History, Rate
from bot.diagnosis.observation import Observation
from bot.diagnosis.place import Place
from bot.diagnosis.signature import again
from bot.diagnosis.unexplained import Unexplained
from bot.diagnosis.verdict import Verdict
from storage.database import Transaction
from storage.statuses import AdviceEvent, FailureEvent
from storage.tables import Account, Failure
from storage.vocabulary import (
    THEIRS,
    AdviceStatus,
    Deed,
    FailureStatus,
    Mended,
    Owner,
    Scope,
    State,
    StepId,
)

log = structlog.get_logger(__name__)

SHARED_FOR = timedelta(days=1)
"""Repetitions of a cause on an account within this time share one error ID."""

ALIKE = 50
"""So many of the newest unexplained failures are compared: enough to see that customers share one.
"""

SAID = ("where", "error", "suberror", "codes", "status", "enhanced", "condition")
"""By which fields of the protocol two replies that nobody knows are the same."""


FEWEST_RATED = 5
"""How often a remedy helped is told from so many times on: fewer say little."""

RATED_FOR = timedelta(days=365)
"""So far back it is looked how often a remedy helped: Microsoft changes what helps."""

OnSpent = Callable[[Transaction, Account, Failure], object]


class Alerts(Protocol):
    """Puts failures into incidents, in the transaction that keeps them."""

    def saw(self, tx: Transaction, failure: Failure, account: Account | None) -> None:
        """A failure was seen, at an account that is held or at none."""
        ...

    def gone(self, tx: Transaction, failure: Failure) -> None:
        """A failure was proved gone."""
        ...

    def explained(self, tx: Transaction, failure: Failure, before: str) -> None:
        """A failure has another cause than it was taken for."""
        ...


@dataclass(frozen=True)
class Recorded:
    """A failure as it was kept, and what it means."""

    failure: Failure
    verdict: Verdict


class Failures:
    """Keeps failures."""

    def __init__(
        self,
        catalogue: Catalogue,
        clock: Clock,
        alerts: Alerts,
        attempts: Attempts,
        on_spent: OnSpent,
    ) -> None:
        """`alerts` hears of every failure; `on_spent` is called, once, when what a cause advises
        was followed twice in vain."""
        self.explainer = Explainer(catalogue, clock)
        self._unexplained = Unexplained(clock)
        self._clock = clock
        self._alerts = alerts
        self._attempts = attempts
        self._on_spent = on_spent

    def record(
        self,
        tx: Transaction,
        observation: Observation,
        account: Account | None = None,
        sign_in_refused: bool = False,
        believed: bool = True,
        hearsay: bool = False,
    ) -> Recorded:
        """Keep `observation` under an error ID; a cause that is ours raises an alert, once while it
        is open. `account` is held. `sign_in_refused`: it is what a sign-in was answered with.
        `believed`: else whoever calls says later whether on-call is to be told. `hearsay`: somebody
        else met it, who knows when: it does not say that what was done about it was in vain."""
        customer_id = account.customer_id if account else None
        verdict = self.explainer.explain(tx, observation, customer_id)
        failure = self._same(tx, verdict, account) or self._new(tx, observation, verdict, account)
        failure.observation = _stored(observation)
        failure.permanence = verdict.permanence
        failure.happened(FailureEvent.SEEN, self._clock.now())
        self._reckon_scope(tx, failure, verdict.scope)
        if believed:
            self._alerts.saw(tx, failure, account)
        if is_default(verdict.cause):
            self._unexplained.saw(tx, observation, failure, account)
        heard = hearsay or account is None or account.state is State.DISCONNECTED
        if account is not None and not heard:
            self._advise(tx, account, failure, sign_in_refused and not verdict.approval)
        log.info("failure.recorded", error=failure.ref, cause=verdict.cause, step=observation.step)
        return Recorded(failure, self.verdict(tx, failure))

    def verdict(self, tx: Transaction, failure: Failure) -> Verdict:
        """What a kept failure means, as far as it reaches now, and whose it is: support's once what
        we advise was followed twice in vain."""
        at_work = failure.status is FailureStatus.AT_WORK
        advice = failure.advice if at_work else AdviceStatus.GIVEN
        return advised(self._advice(tx, failure), advice)

    def spent(self, tx: Transaction, cause: str) -> str:
        """What a customer reads once support has taken a cause over."""
        return advised(self.explainer.verdict(tx, cause), AdviceStatus.SPENT).customer

    def title(self, tx: Transaction, cause: str) -> str:
        """A cause in a few words."""
        return self.explainer.verdict(tx, cause).title

    def settle(
        self, tx: Transaction, account: Account, passed: Collection[StepId], tested_at: datetime
    ) -> set[int]:
        """Note which of the account's failures are gone: those whose proving step is among `passed`
        in a test begun then, and that were not seen in it. Gives the other accounts at which such a
        cause may be gone too, because it was ours or an administrator mends it for their whole
        organisation; an alert ends with the last of them."""
        others: set[int] = set()
        for failure in tx.failures.open_of(account.id):
            proof = self.explainer.verdict(tx, failure.cause).proof or StepId.TOKEN
            if proof in passed and failure.last_at < tested_at:
                mended_by = _mended_by(tx, account, failure)
                failure.happened(FailureEvent.PROVED_GONE, self._clock.now(), mended_by)
                self._attempts.gone(tx, account, failure, mended_by)
                self._alerts.gone(tx, failure)
                others.update(self._recovering(tx, failure))
                if self._advice(tx, failure).approval:
                    tx.jobs.add(ShareApproval(account_id=account.id), self._clock.now())
        return others

    def approved(self, tx: Transaction, account: Account) -> None:
        """An administrator says that they approved our application, which the account may wait
        for."""
        failure = tx.failures.latest_of(account.id)
        if failure is None or failure.status is FailureStatus.GONE:
            return
        if self._advice(tx, failure).approval:
            self._attempts.done(tx, account, failure, Deed.APPROVAL, WEB)

    def wants_approval(self, tx: Transaction, account: Account) -> bool:
        """Whether what keeps an account from working is that an administrator has not approved our
        application, as far as that is known."""
        failure = tx.failures.latest_of(account.id)
        if failure is None or failure.status is FailureStatus.GONE:
            return account.state is State.AWAITING_ADMIN
        return self._advice(tx, failure).approval

    def _advice(self, tx: Transaction, failure: Failure) -> Verdict:
        """What a kept failure means, and what we advise the first time."""
        return replace(
            self._meaning(tx, failure),
            scope=failure.scope,
            permanence=failure.permanence,
        )

    def _meaning(self, tx: Transaction, failure: Failure) -> Verdict:
        """By its cause; or where this release does not know that any more, by what was seen."""
        if self.explainer.row(tx, failure.cause) is None:
            return self.explainer.explain(tx, again(failure.observation, failure.step))
        return self.explainer.verdict(tx, failure.cause, Place.stored(failure.observation))

    def _recovering(self, tx: Transaction, failure: Failure) -> list[int]:
        if failure.owner is Owner.ADMINISTRATOR:
            return tx.failures.accounts_with(failure.cause, failure.customer_id)
        if failure.owner is not Owner.ON_CALL:
            return []
        cause = failure.cause
        return [*tx.failures.accounts_with(cause), *tx.failures.refused_with(cause)]

    def explain_again(self, tx: Transaction, failure: Failure) -> bool:
        """Have a failure mean what is known by now of what was seen; whether that is something
        else. An alert about what it was taken for ends with the last such failure."""
        seen = again(failure.observation, failure.step)
        verdict = self.explainer.explain(tx, seen, failure.customer_id)
        if (verdict.cause, verdict.owner) == (failure.cause, failure.owner):
            return False
        before = failure.cause
        failure.cause = verdict.cause
        failure.owner = verdict.owner
        failure.permanence = verdict.permanence
        self._reckon_scope(tx, failure, verdict.scope)
        self._alerts.explained(tx, failure, before)
        return True

    def mailboxes(self, tx: Transaction, failure: Failure) -> int:
        """At how many of the customer's mailboxes the cause is at work."""
        spread = tx.failures.spread(failure.cause, self._clock.now() - SHARED_FOR)
        return spread.get(failure.customer_id or 0, 1)

    def hit(self, tx: Transaction, failure: Failure, limit: int) -> list[Account]:
        """The accounts of the customer at which the cause is at work: the one that the failure is
        about, then the others, up to `limit` together."""
        if failure.account_id is None or failure.customer_id is None:
            return []
        since = self._clock.now() - SHARED_FOR
        own = tx.accounts.get(failure.account_id)
        others = tx.failures.hit(failure.cause, failure.customer_id, since, limit)
        return [own, *(each for each in others if each.id != own.id)][:limit]

    def history(self, tx: Transaction, failure: Failure) -> History:
        """What is known around a failure."""
        rows = tx.failures.mended(failure.cause)
        endings = [
            _ending(by, [(first, at) for kind, first, at in rows if kind is by]) for by in Mended
        ]
        spread = tx.failures.spread(failure.cause, self._clock.now() - SHARED_FOR)
        return History(
            [e for e in endings if e.count],
            sum(spread.values()),
            len(spread),
            self._rates(tx, failure.cause),
            self._advice(tx, failure) if failure.advice_is_spent else None,
        )

    def _rates(self, tx: Transaction, cause: str) -> list[Rate]:
        """How often what people did about a cause helped. A test that somebody asks for mends
        nothing."""
        found = tx.attempts.rates(cause, self._clock.now() - RATED_FOR)
        rates = [Rate(deed, *found[deed]) for deed in Deed if deed in found]
        return [r for r in rates if r.tried >= FEWEST_RATED and r.deed is not Deed.TEST]

    def _advise(
        self, tx: Transaction, account: Account, failure: Failure, sign_in_refused: bool
    ) -> None:
        """See how the advice of a failure stands that was seen just now; where it is spent, support
        takes the failure over."""
        event = self._attempts.seen(tx, account, failure, sign_in_refused)
        if failure.owner not in THEIRS:
            return
        failure.advised(event)
        spent = event is AdviceEvent.TRIED_TWICE
        if spent and self._attempts.handed_over(tx, account, failure.cause):
            self._on_spent(tx, account, failure)

    def _same(self, tx: Transaction, verdict: Verdict, account: Account | None) -> Failure | None:
        if account is None:
            return None
        now = self._clock.now()
        failure = tx.failures.same(account.id, verdict.cause, now - SHARED_FOR)
        if failure is not None:
            failure.count = failure.count + 1
            failure.last_at = now
        return failure

    def _new(
        self, tx: Transaction, seen: Observation, verdict: Verdict, account: Account | None
    ) -> Failure:
        now = self._clock.now()
        failure = Failure(
            ref=ids.new_error_ref(),
            account_id=account.id if account else None,
            customer_id=account.customer_id if account else None,
            cause=verdict.cause,
            step=seen.step or seen.where.value,
            owner=verdict.owner,
            scope=verdict.scope,
            permanence=verdict.permanence,
            first_at=now,
            last_at=now,
        )
        tx.failures.add(failure)
        return failure

    def _reckon_scope(self, tx: Transaction, failure: Failure, by_nature: Scope) -> None:
        """One mailbox, one tenant (the cause is at work on two of its mailboxes), or the
        application (on two tenants). A customer has one tenant, so customers are counted. What is
        ours or Microsoft's by nature stays so. What is unknown is a shared cause only where several
        customers were told the same."""
        failure.scope = by_nature
        since = self._clock.now() - SHARED_FOR
        if is_default(failure.cause):
            alike = tx.failures.newest(failure.cause, since, ALIKE)
            told = {other.customer_id for other in alike if _said(other) == _said(failure)}
            failure.scope = Scope.APPLICATION if len(told) > 1 else by_nature
            return
        if by_nature in (Scope.APPLICATION, Scope.MICROSOFT) or failure.customer_id is None:
            return
        spread = tx.failures.spread(failure.cause, since)
        if len(spread) > 1:
            failure.scope = Scope.APPLICATION
            tx.failures.widen(failure.cause, since, Scope.APPLICATION, None)
        elif spread.get(failure.customer_id, 0) > 1:
            failure.scope = Scope.TENANT
            tx.failures.widen(failure.cause, since, Scope.TENANT, failure.customer_id)


def _mended_by(tx: Transaction, account: Account, failure: Failure) -> Mended:
    if tx.fixes.open_of(account.id) is not None:
        return Mended.CHANGE
    signed_in = account.signed_in_at is not None and account.signed_in_at >= failure.last_at
    return Mended.SIGN_IN if signed_in else Mended.ITSELF


def _ending(by: Mended, spans: Sequence[tuple[datetime, datetime]]) -> Ending:
    minutes = [(at - first) / timedelta(minutes=1) for first, at in spans]
    return Ending(by, len(minutes), round(median(minutes)) if minutes else 0)


def _said(failure: Failure) -> list[object]:
    return [failure.observation.get(field) for field in SAID]


def _stored(observation: Observation) -> dict[str, object]:
    """An observation as it is kept: JSON, what the protocol did not give empty."""
    wait = observation.retry_after
    return asdict(observation) | {
        "where": observation.where.value,
        "codes": list(observation.codes),
        "condition": observation.condition.value if observation.condition else "",
        "layer": observation.layer.value if observation.layer else "",
        "retry_after": wait.total_seconds() if wait else None,
    }
