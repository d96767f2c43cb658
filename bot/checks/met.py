"""What the vendor's product met when it used a mailbox itself: kept, taken as a sign of trouble,
and looked into by a test of ours. It is hearsay: nothing counts as broken by it alone."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.checks.patience import PATIENCE
from bot.checks.results import record_of
from bot.checks.signs import Signs
from bot.common.clock import Clock
from bot.common.jobs import CheckAccount
from bot.common.people import Person
from bot.diagnosis.explainer import Explanations
from bot.diagnosis.failures import Failures, Recorded
from bot.diagnosis.observation import Observation
from bot.diagnosis.step_records import failed_steps
from bot.lifecycle.service import Lifecycle
from bot.lifecycle.states import WORKING
from bot.mail.steps import StepResult
from storage.database import Transaction
from storage.tables import Account
from storage.vocabulary import FaultKind, State, StepId, StepStatus

LONGEST = 8000
"""So many characters of what it met are read: a server's reply has a few hundred, a program's trace
a few thousand."""

AN_HOUR = timedelta(hours=1)
MOST_AN_HOUR = 20
"""So often in an hour it is heard about one account: each time costs a test of ours."""

TESTED = (*WORKING, State.FAILING, State.BROKEN)
"""States in which an account is tested when something is met there; one that is tested already
needs no other test."""


class MetTooOften(Exception):
    """Too much was met at an account within an hour; `until` is when more is heard."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until.isoformat())
        self.until = until


@dataclass(frozen=True)
class Heard:
    """What became of it. `recorded`: under which error ID it was kept, and what it means; None
    where it means nothing to us. `retest_at`: when the account is tested; None where it is tested
    now."""

    recorded: Recorded | None
    retest_at: datetime | None


class MetByProduct:
    """Hears what the product met."""

    def __init__(
        self,
        clock: Clock,
        explanations: Explanations,
        failures: Failures,
        lifecycle: Lifecycle,
        signs: Signs,
    ) -> None:
        self._clock = clock
        self._explanations = explanations
        self._failures = failures
        self._lifecycle = lifecycle
        self._signs = signs

    def read(self, text: str) -> Observation | None:
        """What a text shows, as whatever people paste is read, if it has a reply at all. Takes
        milliseconds, so never within a transaction."""
        part = text[:LONGEST]
        return self._explanations.read(part) or self._explanations.shown(part)

    def hear_in(
        self, tx: Transaction, account: Account, seen: Observation | None, by: Person
    ) -> Heard:
        """The product met `seen` at an account to which somebody signed in, and which is held.

        Raises:
            MetTooOften: that was so too often within an hour.
        """
        self._require_few(tx, account)
        recorded = self._keep(tx, account, seen) if seen is not None else None
        error = recorded.failure.ref if recorded else ""
        self._lifecycle.audit(tx, by, "trouble.met", account, error=error)
        retest_at = self._retest_at(tx, account, seen, recorded)
        if retest_at is not None:
            tx.jobs.add(CheckAccount(account_id=account.id), retest_at, sooner=True)
        return Heard(recorded, retest_at)

    def _require_few(self, tx: Transaction, account: Account) -> None:
        now = self._clock.now()
        times = tx.audit.times(account.ref, "trouble.met", now - AN_HOUR)
        if len(times) >= MOST_AN_HOUR:
            raise MetTooOften(times[-MOST_AN_HOUR] + AN_HOUR)

    def _keep(self, tx: Transaction, account: Account, seen: Observation) -> Recorded:
        return self._failures.record(tx, seen, account, believed=False, hearsay=True)

    def _retest_at(
        self,
        tx: Transaction,
        account: Account,
        seen: Observation | None,
        recorded: Recorded | None,
    ) -> datetime | None:
        """When the account is tested. Where Microsoft had enough of us, that is left for later;
        anything else may be the first that shows of something larger."""
        now = self._clock.now()
        if account.state not in TESTED:
            return None
        if recorded is None:
            return now
        step = recorded.verdict.proof or StepId.TOKEN
        steps = [
            record_of(StepResult(step, StepStatus.FAIL, timedelta(), observation=seen), recorded)
        ]
        if account.state in WORKING:
            self._signs.follow(tx, account, steps)
        throttled = any(each.kind is FaultKind.THROTTLED for each in failed_steps(steps))
        return now + PATIENCE[FaultKind.THROTTLED].wait(1) if throttled else now
