"""A mailbox of the vendor's own: where it fails as customers' do, it is Microsoft or us."""

from collections.abc import Sequence
from datetime import timedelta

import structlog

from bot.checks.results import may_be_shared
from bot.common.clock import Clock
from bot.common.jobs import CheckAccount
from bot.diagnosis.step_records import StepRecord, failed_steps
from bot.lifecycle.states import WORKING
from storage.database import Transaction
from storage.statuses import CanaryEvent
from storage.tables import Account
from storage.vocabulary import CanaryStatus, FaultKind

log = structlog.get_logger(__name__)

SEVERAL = 2
LATELY = timedelta(minutes=10)
"""Failures at so many customers within this time are reason to ask the canary."""

ASKED_AGAIN = timedelta(seconds=30)
"""One failure of the canary is not believed either: it is looked at again so soon."""

OUT_AGAIN = timedelta(minutes=2)
"""How often it is looked at while it fails: what is held on its word shall not be held long."""

WORD_LASTS = timedelta(minutes=20)
"""For so long a failure of the canary speaks. Where nobody looks at it any more (it was
disconnected, say), nothing is held on its word."""


class Canary:
    """What the canary shows. Without one nothing is held, and nothing is asked."""

    def __init__(self, clock: Clock, ref: str) -> None:
        """`ref`: the account's ID; empty where the vendor has named none."""
        self._clock = clock
        self._ref = ref

    def is_it(self, account: Account) -> bool:
        """Whether an account is the canary."""
        return bool(self._ref) and account.ref == self._ref

    def is_out(self, tx: Transaction) -> bool:
        """Whether it fails with what may be Microsoft's or ours, as far as is known now."""
        known = tx.watches.canary() if self._ref else None
        if known is None or known.status is not CanaryStatus.OUT:
            return False
        return known.seen_at > self._clock.now() - WORD_LASTS

    def trouble(self, tx: Transaction, account: Account) -> None:
        """An account fails with what may be Microsoft's or ours: where another customer's does so
        too, the canary is looked at now."""
        if not self._ref or self.is_it(account):
            return
        now = self._clock.now()
        if len(tx.failures.customers_in_trouble(now - LATELY, SEVERAL)) < SEVERAL:
            return
        canary = tx.accounts.by_ref(self._ref)
        if canary is None or canary.state not in WORKING:
            log.warning("canary.does_not_work", account=self._ref)
            return
        if self._keep(tx, CanaryEvent.TROUBLE):
            self._look(tx, canary, timedelta())

    def tested(self, tx: Transaction, account: Account, steps: Sequence[StepRecord]) -> bool:
        """A test of an account has ended; whether that is the canary, and it is out from now on."""
        if not self.is_it(account):
            return False
        failed = failed_steps(steps)
        if any(each.kind is FaultKind.THROTTLED for each in failed):
            return False
        if not failed:
            if self._status(tx) is CanaryStatus.OUT:
                tx.watches.look_at_failing(self._clock.now())
            self._keep(tx, CanaryEvent.PASSED)
            return False
        if not all(map(may_be_shared, failed)):
            self._keep(tx, CanaryEvent.FAILED_ALONE)
            return False
        before = self._status(tx)
        self._keep(tx, CanaryEvent.FAILED_ALIKE)
        after = self._status(tx)
        if after is not CanaryStatus.BLIND:
            self._look(tx, account, OUT_AGAIN if after is CanaryStatus.OUT else ASKED_AGAIN)
        return after is CanaryStatus.OUT and before is not CanaryStatus.OUT

    def _status(self, tx: Transaction) -> CanaryStatus:
        known = tx.watches.canary()
        return known.status if known else CanaryStatus.WORKS

    def _keep(self, tx: Transaction, event: CanaryEvent) -> bool:
        """Keep what happened to it; whether it stands otherwise now."""
        before = self._status(tx)
        tx.watches.canary_happened(event, self._clock.now())
        return self._status(tx) is not before

    def _look(self, tx: Transaction, canary: Account, wait: timedelta) -> None:
        work = CheckAccount(account_id=canary.id, awaited=True)
        tx.jobs.add(work, self._clock.now() + wait, sooner=True)
