"""What follows from a finished connection test: the account's state, the next test, and who hears
of it."""

from collections.abc import Collection
from datetime import timedelta

from bot.checks.reported_fixes import ReportedFixes
from bot.checks.results import complete, one_sided, ours, passed_steps, passing
from bot.common.clock import Clock
from bot.common.jobs import CheckAccount
from bot.common.people import MAILDESK
from bot.diagnosis.failures import Failures
from bot.diagnosis.step_records import failed_steps, first_failure, keep_steps, steps_of
from bot.folders.drift import Drift
from bot.incidents.service import Incidents
from bot.lifecycle.ladder import handed_over
from bot.lifecycle.service import Lifecycle
from bot.lifecycle.states import SIGNED_IN, WORKING, Event
from bot.mail.probe import MailReport
from bot.messages import notices
from storage.database import Transaction
from storage.statuses import TESTS, TestEvent
from storage.tables import Account, ConnectionTest
from storage.vocabulary import REQUIRED_ROLES, State, StepId

MAX_WOKEN = 20
"""How many accounts one test wakes where a cause that several share is gone. Each wakes as many, so
that all are reached soon, and a cause that is back meets few of them."""

EVERY_DAY = timedelta(days=1)
"""How often a mailbox that works is looked at; it also keeps its grant from ageing (90 days,
entra-docs refresh-tokens)."""

AGAIN_AFTER = (
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
)
"""When a passing fault, or one of our own, is looked at again, by its round; the last repeats."""

PATIENCE = 3
"""How many checks in a row a passing fault may spoil before a mailbox that worked counts as lost:
with the waits above an hour and twenty minutes, in which nobody is told of what comes right by
itself."""


class Aftermath:
    """Does what follows from a finished test, in the transaction that finishes it."""

    def __init__(
        self,
        clock: Clock,
        failures: Failures,
        lifecycle: Lifecycle,
        fixes: ReportedFixes,
        drift: Drift,
        incidents: Incidents,
    ) -> None:
        self._clock = clock
        self._failures = failures
        self._lifecycle = lifecycle
        self._fixes = fixes
        self._drift = drift
        self._incidents = incidents

    def follow(
        self, tx: Transaction, account: Account, test: ConnectionTest, report: MailReport | None
    ) -> None:
        """Close a test whose steps are taken, and do what follows from them.

        Args:
            account: the test's, locked before the test was read.
            report: what the mail servers showed; None where they were not reached.
        """
        steps = complete(steps_of(test))
        event = TestEvent.PASSED if first_failure(steps) is None else TestEvent.FAILED
        if not TESTS.allows(test.status, event):
            return  # overtaken, or ended by another worker that took it over after our lease
        keep_steps(test, steps)
        test.happened(event, self._clock.now())
        passed = passed_steps(steps)
        if StepId.ROUNDTRIP in passed:
            account.proved_at = test.finished_at
            account.proved_sent = report.sent_in if report else ""
        if account.state not in SIGNED_IN:
            return  # it was disconnected meanwhile, and perhaps begun anew
        causes = {failed.cause for failed in failed_steps(steps)}
        self._incidents.hold(tx, account, causes)
        lost = report is not None and self._drift.look(tx, account, report, test.started_at)
        self._wake(tx, self._failures.settle(tx, account, passed, test.started_at))
        result = "passed" if test.passed else "failed"
        self._lifecycle.audit(tx, MAILDESK, "test.finished", account, result=result)
        self._plan_check(tx, account, test)
        told = self._fixes.judge(tx, account, test)
        if test.quiet and not told and self._nothing_new(account, test):
            self._incidents.follow(tx, account, causes, lasts=test.round >= PATIENCE)
            if lost and account.state is State.LIVE:
                self._lifecycle.transition(tx, account, Event.FOLDERS_LOST, MAILDESK)
            if test.round == PATIENCE:  # what did not pass after all, and whoever asked was told
                self._lifecycle.show(tx, account)
            return
        shown = self._arrive(tx, account, test)
        self._incidents.follow(tx, account, causes)
        notices.show_test(tx, account, test, self._clock.now())
        if not shown:
            self._lifecycle.show(tx, account)

    def _wake(self, tx: Transaction, accounts: Collection[int]) -> None:
        """What was wrong at several is gone at one account: look whether it is at the next ones,
        each of which wakes more."""
        for account_id in sorted(accounts)[:MAX_WOKEN]:
            tx.jobs.add(CheckAccount(account_id=account_id), self._clock.now(), sooner=True)

    def _plan_check(self, tx: Transaction, account: Account, test: ConnectionTest) -> None:
        """When to look again by ourselves: daily at what works, soon at what may pass or is ours;
        what a person has to mend waits for that person."""
        now = self._clock.now()
        if test.passed:
            tx.jobs.add(CheckAccount(account_id=account.id), now + EVERY_DAY)
        elif passing(steps_of(test)):
            wait = AGAIN_AFTER[min(test.round, len(AGAIN_AFTER) - 1)]
            tx.jobs.add(CheckAccount(account_id=account.id, round=test.round + 1), now + wait)

    def _nothing_new(self, account: Account, test: ConnectionTest) -> bool:
        """Whether a check has nothing to tell: things are as they were, or a passing fault may
        still pass."""
        steps = steps_of(test)
        failed = first_failure(steps)
        if account.state not in WORKING:
            theirs = failed is None or failed.owner is account.owner or handed_over(account)
            return not test.passed and (theirs or passing(steps))
        return bool(test.passed) or (passing(steps) and (ours(steps) or test.round < PATIENCE))

    def _arrive(self, tx: Transaction, account: Account, test: ConnectionTest) -> bool:
        """Bring the account to the state that the result means. One whose folders are mapped was
        in use, and is broken rather than failing. Whether its messages show that."""
        rows = tx.folders.mapped(account.id)
        mapped = all(role in rows and rows[role].lost is None for role in REQUIRED_ROLES)
        steps = steps_of(test)
        failed = first_failure(steps)
        if failed is None:
            event = Event.TEST_PASSED if mapped else Event.TEST_PASSED_UNMAPPED
            return self._lifecycle.transition(tx, account, event, MAILDESK)
        event = Event.TEST_FAILED if mapped else Event.TEST_FAILED_UNMAPPED
        trouble = one_sided(steps)
        shown = self._lifecycle.transition(
            tx, account, event, MAILDESK, failed.owner, trouble=trouble
        )
        account.trouble = trouble
        return shown
