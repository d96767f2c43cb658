"""What follows from a finished connection test: the account's state, the next test, and who hears
of it."""

from collections.abc import Collection, Sequence
from itertools import takewhile

from bot.checks.canary import Canary
from bot.checks.reported_fixes import ReportedFixes
from bot.checks.results import (
    believed,
    breaks,
    complete,
    judged,
    looked_again_in,
    may_be_shared,
    news,
    one_sided,
    passed_steps,
    passing,
)
from bot.checks.rhythm import REST, next_check, next_look
from bot.checks.signs import Signs
from bot.common.clock import Clock
from bot.common.jobs import CheckAccount
from bot.common.people import MAILDESK
from bot.diagnosis.failures import Failures
from bot.diagnosis.step_records import (
    StepRecord,
    failed_steps,
    first_failure,
    keep_steps,
    steps_of,
)
from bot.folders.drift import Drift
from bot.incidents.service import Incidents, Seen
from bot.lifecycle.ladder import handed_over
from bot.lifecycle.service import Lifecycle
from bot.lifecycle.states import SIGNED_IN, WORKING, Event
from bot.mail import imap, smtp
from bot.mail.probe import MailReport
from bot.messages import notices
from storage.database import Transaction
from storage.statuses import TESTS, TestEvent
from storage.tables import Account, ConnectionTest
from storage.vocabulary import REQUIRED_ROLES, State, StepId

MAX_WOKEN = 20
"""How many accounts one test wakes where a cause that several share is gone. Each wakes as many, so
that all are reached soon, and a cause that is back meets few of them."""

SEEN_BY_A_LOOK = frozenset(
    {StepId.TOKEN, StepId.SCOPES, StepId.IDENTITY, *imap.OPENING, *smtp.SIGNING_IN}
)
"""The steps that a look takes; what failed at another is proved or disproved by a whole test."""

FAILED_IN_A_ROW = 8
"""So many of an account's newest tests are looked at to see how often a failure was there: no kind
needs more, and what is believed once stays believed until the mailbox works."""


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
        canary: Canary,
    ) -> None:
        self._clock = clock
        self._failures = failures
        self._lifecycle = lifecycle
        self._fixes = fixes
        self._drift = drift
        self._incidents = incidents
        self._canary = canary
        self._signs = Signs(clock, canary)

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
        now = self._clock.now()
        earlier = self._failed_since(tx, account, test)
        steps = judged(steps, earlier, now, asked=not test.quiet)
        keep_steps(test, steps)
        test.happened(event, now)
        account.changed_at = now
        passed = passed_steps(steps)
        if StepId.ROUNDTRIP in passed:
            account.proved_at = test.finished_at
            account.proved_sent = report.sent_in if report else ""
        result = "passed" if test.passed else "failed"
        self._lifecycle.audit(tx, MAILDESK, "test.finished", account, result=result)
        if account.state not in SIGNED_IN:
            return  # it was disconnected meanwhile, and perhaps begun anew
        causes = {failed.cause for failed in failed_steps(steps)}
        self._incidents.hold(tx, account, causes)
        lost = report is not None and self._drift.look(tx, account, report, test.started_at)
        self._wake(tx, account, self._failures.settle(tx, account, passed, test.started_at))
        keeps_working = self._keeps_working(tx, account, test, steps)
        self._plan_check(tx, account, steps, earlier, keeps_working)
        if not earlier and account.state in WORKING:
            self._signs.follow(tx, account, steps)
        if self._canary.tested(tx, account, steps):
            self._incidents.outage(tx, account, causes)
        seen = self._seen(tx, test, steps)
        told = self._fixes.judge(tx, account, test)
        if test.quiet and not told and _nothing_new(account, steps, keeps_working):
            self._incidents.follow(tx, account, seen)
            if lost and account.state is State.LIVE:
                self._lifecycle.transition(tx, account, Event.FOLDERS_LOST, MAILDESK)
            if news(steps, earlier):  # what did not pass after all, and whoever asked was told
                self._lifecycle.show(tx, account)
            return
        shown = not keeps_working and self._arrive(tx, account, steps)
        if keeps_working and not test.quiet:
            notices.note(tx, account, "test.not_you", now)
        self._incidents.follow(tx, account, seen)
        notices.show_test(tx, account, test, now)
        if not shown:
            self._lifecycle.show(tx, account)

    def _seen(self, tx: Transaction, test: ConnectionTest, steps: Sequence[StepRecord]) -> Seen:
        """What the test says to incidents. What may be shared while the canary fails too is the
        outage's, and no incident of its own."""
        failed = failed_steps(steps)
        out = self._canary.is_out(tx)
        shared = {each.cause for each in failed if out and may_be_shared(each)}
        return Seen(
            causes=frozenset(each.cause for each in failed),
            shared=frozenset(shared),
            believed=frozenset(each.cause for each in believed(steps)),
            asked=not test.quiet,
        )

    def _failed_since(
        self, tx: Transaction, account: Account, test: ConnectionTest
    ) -> list[ConnectionTest]:
        """The tests before this one that failed since the mailbox last worked, newest first."""
        newest = tx.checks.newest(account.id, FAILED_IN_A_ROW)
        before = (each for each in newest if each.id != test.id)
        return list(takewhile(lambda each: not each.passed, before))

    def _wake(self, tx: Transaction, account: Account, accounts: Collection[int]) -> None:
        """What was wrong at several is gone at one account: look whether it is at the next ones
        (those after it, and then from the first), each of which wakes more."""
        now = self._clock.now()
        after = sorted(accounts, key=lambda other: (other < account.id, other))
        for other in after[:MAX_WOKEN]:
            if not tx.watches.look_now(other, now, REST):
                tx.jobs.add(CheckAccount(account_id=other), now, sooner=True)

    def _plan_check(
        self,
        tx: Transaction,
        account: Account,
        steps: Sequence[StepRecord],
        earlier: Sequence[ConnectionTest],
        keeps_working: bool,
    ) -> None:
        """When to look again by ourselves: by the rhythm at what works, soon at what may pass, is
        ours or is not believed yet; what a person has to mend waits for that person. `earlier`:
        the tests that failed since the mailbox last worked."""
        now = self._clock.now()
        failed = failed_steps(steps)
        work = CheckAccount(account_id=account.id)
        if not failed:
            tx.watches.keep(account.id, now, next_look(account.id, now))
            tx.jobs.add(work, next_check(account.id, now))
            return
        again = now + looked_again_in(steps, earlier)
        if keeps_working and {each.step for each in failed} <= SEEN_BY_A_LOOK:
            tx.watches.keep(account.id, now, again, failing=True)
            return
        tx.watches.stop(account.id)
        if keeps_working or passing(steps):
            tx.jobs.add(work, again)

    def _keeps_working(
        self,
        tx: Transaction,
        account: Account,
        test: ConnectionTest,
        steps: Sequence[StepRecord],
    ) -> bool:
        """Whether an account that works counts as working although a test failed: nobody asked for
        the test and the failure is not believed yet, or is ours; or the canary fails too, so that
        it is not the account's."""
        failed = failed_steps(steps)
        if account.state not in WORKING or not failed:
            return False
        if test.quiet and not breaks(steps):
            return True
        return all(map(may_be_shared, failed)) and self._canary.is_out(tx)

    def _arrive(self, tx: Transaction, account: Account, steps: Sequence[StepRecord]) -> bool:
        """Bring the account to the state that the result means. One whose folders are mapped was
        in use, and is broken rather than failing. Whether its messages show that."""
        rows = tx.folders.mapped(account.id)
        mapped = all(role in rows and rows[role].lost is None for role in REQUIRED_ROLES)
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


def _nothing_new(account: Account, steps: Sequence[StepRecord], keeps_working: bool) -> bool:
    """Whether a check has nothing to tell: things are as they were, or count as such."""
    failed = first_failure(steps)
    if account.state in WORKING:
        return failed is None or keeps_working
    if failed is None:
        return False
    return failed.owner is account.owner or handed_over(account) or passing(steps)
