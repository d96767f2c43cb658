"""What a failure at one mailbox says of others: which of them are looked at now, or later."""

from collections.abc import Sequence

from bot.checks.canary import Canary
from bot.checks.patience import PATIENCE
from bot.checks.results import may_be_shared
from bot.checks.rhythm import ENOUGH, NEIGHBOURS, REST
from bot.common.clock import Clock
from bot.diagnosis.step_records import FailedStep, StepRecord, failed_steps
from storage.database import Transaction
from storage.tables import Account
from storage.vocabulary import FaultKind, Scope


class Signs:
    """Follows signs of trouble."""

    def __init__(self, clock: Clock, canary: Canary) -> None:
        self._clock = clock
        self._canary = canary

    def follow(self, tx: Transaction, account: Account, steps: Sequence[StepRecord]) -> None:
        """An account that worked fails, for the first time: look at its neighbours, and at the
        canary. Where Microsoft has enough of a tenant, leave the tenant alone for a while."""
        failed = failed_steps(steps)
        alarming = [each for each in failed if each.kind is not FaultKind.THROTTLED]
        if not alarming:
            self._slow_down(tx, account, failed)
            return
        shared = [each for each in alarming if may_be_shared(each)]
        if shared:
            self._canary.trouble(tx, account)
        if shared and tx.failures.count_at_work(shared[0].cause, ENOUGH) >= ENOUGH:
            return
        now = self._clock.now()
        tx.watches.hurry(account, now, now - REST, NEIGHBOURS)
        if shared:
            tx.watches.hurry(account, now, now - REST, NEIGHBOURS, elsewhere=True)

    def _slow_down(self, tx: Transaction, account: Account, failed: Sequence[FailedStep]) -> None:
        kept = (tx.failures.get(each.error) for each in failed)
        if any(failure and failure.scope is Scope.TENANT for failure in kept):
            wait = PATIENCE[FaultKind.THROTTLED].wait(1)
            tx.watches.slow_down(account.tenant_id, self._clock.now() + wait)
