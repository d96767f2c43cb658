"""Fixes that people report: the account is tested again until the fix shows, or for an hour."""

from collections.abc import Callable
from datetime import timedelta

from bot.common.clock import Clock
from bot.common.jobs import CheckFix
from bot.common.mail_addresses import shown
from bot.common.people import Person
from bot.common.refusals import Refused
from bot.diagnosis.attempts import Attempts
from bot.diagnosis.step_records import FailedStep, first_failure, steps_of
from bot.lifecycle.fix_tests import RUNGS, plan
from bot.lifecycle.service import Lifecycle
from bot.lifecycle.states import SIGNING_IN, Event
from bot.messages import notices
from storage.database import Store, Transaction
from storage.statuses import FixEvent
from storage.tables import Account, ConnectionTest, ReportedFix
from storage.vocabulary import Deed, FailureStatus, FixStatus, State, Trouble


class ReportedFixes:
    """Re-tests accounts after someone reports a fix, and tells them what came of it."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        lifecycle: Lifecycle,
        attempts: Attempts,
        is_customers: Callable[[Person, str], bool],
    ) -> None:
        """`is_customers`: whether a person is one of the customers of a channel. May take a
        second."""
        self._store = store
        self._clock = clock
        self._lifecycle = lifecycle
        self._attempts = attempts
        self._is_customers = is_customers

    def said(self, account_id: int, by: Person) -> None:
        """Take down that `by` changed what the account's failure asks for, and plan the first test;
        what refused a sign-in shows only by another one, which is asked for. A later report takes
        the place of an earlier one.

        Raises:
            Refused: nothing is known to be wrong with the account.
        """
        now = self._clock.now()
        customers = self.is_customers(account_id, by)
        with self._store.transaction() as tx:
            account = tx.accounts.lock(account_id)
            if account.state in SIGNING_IN:
                self._let_sign_in(tx, account, by, customers)
                return
            failed = _failed(tx, account)
            if failed is None or account.state not in (State.FAILING, State.BROKEN, State.TESTING):
                raise Refused("mend.nothing_failed", name=account.name)
            earlier = tx.fixes.open_of(account.id)
            if earlier is not None:
                earlier.happened(FixEvent.SETTLED, now)
            fix = ReportedFix(
                account_id=account.id,
                failure_ref=failed.error,
                said_at=now,
                said_by_team=by.team,
                said_by_user=by.user,
            )
            self._plan(tx, account, tx.fixes.add(fix))
            failure = tx.failures.get(failed.error)
            if failure is not None:
                self._attempts.done(tx, account, failure, Deed.CHANGE, by, customers)
            self._lifecycle.audit(tx, by, "mend.said", account, error=fix.failure_ref)
            notices.note(tx, account, "mend.said", now)
            self._lifecycle.show(tx, account)

    def _let_sign_in(self, tx: Transaction, account: Account, by: Person, customers: bool) -> None:
        """It is the mailbox user's turn, who is told."""
        refused = account.trouble is Trouble.SIGN_IN or account.state is State.AWAITING_ADMIN
        failure = tx.failures.latest_of(account.id) if refused else None
        if failure is None:
            raise Refused("mend.nothing_failed", name=account.name)
        self._attempts.done(tx, account, failure, Deed.CHANGE, by, customers)
        self._lifecycle.audit(tx, by, "mend.said", account, error=failure.ref)
        self._lifecycle.transition(tx, account, Event.LINK_MADE, by)
        username = shown(account.username)
        notices.note(tx, account, "signin.changed", self._clock.now(), username=username)

    def is_customers(self, account_id: int, by: Person) -> bool:
        """Whether what `by` does about an account is done by one of its customer's people. May take
        a second, and is asked outside of a transaction."""
        with self._store.reading() as tx:
            channel_id = tx.accounts.get(account_id).channel_id
        return self._is_customers(by, channel_id)

    def test_asked(self, tx: Transaction, account: Account, by: Person) -> None:
        """One of the customer's people has an account tested: where it fails, they have probably
        done something about that."""
        failed = _failed(tx, account) if account.state in (State.FAILING, State.BROKEN) else None
        failure = tx.failures.get(failed.error) if failed else None
        if failure is not None:
            self._attempts.tested(tx, account, failure, by)

    def waiting(self, tx: Transaction, fix_id: int) -> ReportedFix | None:
        """The report with that id, unless it is settled."""
        fix = tx.fixes.get(fix_id)
        return fix if fix is not None and fix.status is FixStatus.WAITING else None

    def judge(self, tx: Transaction, account: Account, test: ConnectionTest) -> bool:
        """See what a finished test shows about the account's open report.

        Returns:
            Whether people were told how the report ended.
        """
        fix = tx.fixes.open_of(account.id)
        failure = tx.failures.get(fix.failure_ref) if fix else None
        if fix is None or failure is None:
            return False
        if failure.status is FailureStatus.GONE:
            return self._end(
                tx, account, fix, "mend.passed" if test.passed else "mend.passed_and_more"
            )
        # A test that a person asked for says so itself. Only ours count as a try: otherwise three
        # impatient presses would use up the hour that Exchange may take.
        if not test.quiet:
            return False
        fix.happened(FixEvent.NOT_SEEN_YET, self._clock.now())
        if fix.rung < len(RUNGS):
            self._plan(tx, account, fix)
            self._lifecycle.show(tx, account)
            return False
        return self._end(tx, account, fix, "mend.still_fails", told=not failure.advice_is_spent)

    def _plan(self, tx: Transaction, account: Account, fix: ReportedFix) -> None:
        tx.jobs.add(CheckFix(fix_id=fix.id), plan(account, fix))

    def _end(
        self,
        tx: Transaction,
        account: Account,
        fix: ReportedFix,
        sentence: str,
        told: bool = True,
    ) -> bool:
        """End a report. `told`: the thread says so; else it hears from support instead."""
        now = self._clock.now()
        fix.happened(FixEvent.SETTLED, now)
        account.retest_at = None
        minutes = round((now - fix.said_at) / timedelta(minutes=1))
        self._lifecycle.audit(
            tx,
            Person(fix.said_by_team, fix.said_by_user),
            sentence,
            account,
            minutes=str(minutes),
        )
        if told:
            notices.note(tx, account, sentence, now, minutes=minutes, error=fix.failure_ref)
        return True


def _failed(tx: Transaction, account: Account) -> FailedStep | None:
    """What the account's newest test fails with."""
    test = tx.checks.latest(account.id)
    return first_failure(steps_of(test)) if test else None
