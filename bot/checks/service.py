"""Connection tests: who asks for one, and when the bot begins one by itself."""

from datetime import timedelta

from bot.checks.canary import Canary
from bot.checks.reported_fixes import ReportedFixes
from bot.checks.running import CheckRunner
from bot.common.clock import Clock
from bot.common.jobs import CheckAccount, CheckFix, RunTest
from bot.common.mail_addresses import shown
from bot.common.people import MAILDESK, Person
from bot.common.refusals import Refused
from bot.lifecycle.service import Lifecycle
from bot.lifecycle.states import WORKING, Event
from bot.messages import notices
from bot.microsoft.tokens import KEPT_ALIVE
from storage.database import Store, Transaction
from storage.statuses import TestEvent
from storage.tables import Account, ConnectionTest, Customer
from storage.vocabulary import Owner, State, TestStatus

A_WHILE = timedelta(minutes=5)
"""How long after a test that could not be run the next one is begun, at the latest."""

A_MOMENT = timedelta(seconds=30)
"""How long a reported fix waits for a test that runs already."""

COOL_DOWN = timedelta(minutes=5)
"""How long after all accounts of a customer were tested at once that can be done again."""

LEFT_AFTER = timedelta(minutes=1)
"""A test that is older and has no job was left by somebody."""

MAX_IDLE_PER_SWEEP = 50
GIVEN_UP = timedelta(hours=6)
"""A test that has not ended after so long was left for good: nobody waits for it any more."""


class Checks:
    """Begins connection tests; `CheckRunner` runs them, `Aftermath` does what follows."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        lifecycle: Lifecycle,
        fixes: ReportedFixes,
        runner: CheckRunner,
        canary: Canary,
    ) -> None:
        self._store = store
        self._clock = clock
        self._lifecycle = lifecycle
        self._fixes = fixes
        self._runner = runner
        self._canary = canary

    def request(
        self,
        tx: Transaction,
        account: Account,
        by: Person,
        round_trip: bool = False,
        awaited: bool = True,
    ) -> ConnectionTest:
        """Have the account tested and the result shown in its thread. A message makes the round
        when that is asked for, and until one has. A test that somebody asked for and that runs
        already is joined. `awaited`: somebody waits for this very test."""
        running = self._running(tx, account)
        if running is not None and not running.quiet:
            return self._join(tx, running, awaited)
        if running is not None:
            self._overtake(tx, running)
        test = self._begin(tx, account, by, awaited=awaited)
        test.round_trip = test.round_trip or round_trip
        self._lifecycle.audit(tx, by, "test.requested", account)
        if account.state not in WORKING:
            self._lifecycle.transition(tx, account, Event.TEST_BEGAN, by)
        notices.show_test(tx, account, test, self._clock.now())
        return test

    def is_tested(self, tx: Transaction, account: Account) -> bool:
        """Whether a test of the account runs whose result is shown."""
        running = self._running(tx, account)
        return running is not None and not running.quiet

    def start(self, account_id: int, by: Person, round_trip: bool = False) -> None:
        """Have an account tested, with a message that makes the round where that is asked for.

        Raises:
            Refused: nobody signed in yet.
        """
        customers = self._fixes.is_customers(account_id, by)
        with self._store.transaction() as tx:
            account = tx.accounts.lock(account_id)
            if not account.object_id:
                raise Refused("test.not_signed_in", name=account.name)
            if customers:
                self._fixes.test_asked(tx, account, by)
            self.request(tx, account, by, round_trip)

    def start_all(self, customer_id: int, by: Person) -> int:
        """Have every account of a customer tested that somebody signed in; how many. They come
        after tests that somebody waits for.

        Raises:
            Refused: all were tested a moment ago.
        """
        with self._store.transaction() as tx:
            # The customer is held first, then each account, as wherever a sign-in is kept
            customer = tx.channels.lock_customer(customer_id)
            there = [tx.accounts.lock(each.id) for each in tx.accounts.of_customer(customer_id)]
            signed_in = [account for account in there if account.object_id]
            if signed_in:
                self._begin_cool_down(customer)
            for account in signed_in:
                self.request(tx, account, by, awaited=False)
        return len(signed_in)

    def check(self, work: CheckAccount) -> None:
        """Do the job of a check that is due: a test without a message, for an account that stands
        where it stood."""
        with self._store.transaction() as tx:
            account = tx.accounts.lock(work.account_id)
            if account.state is State.AWAITING_SIGN_IN and account.owner is Owner.ON_CALL:
                self._let_sign_in(tx, account)
            checked = account.state in (*WORKING, State.FAILING, State.BROKEN)
            if checked and self._running(tx, account) is None:
                urgent = self._canary.is_it(account)
                self._begin(tx, account, MAILDESK, quiet=True, awaited=urgent)

    def _let_sign_in(self, tx: Transaction, account: Account) -> None:
        """What refused the sign-in, and was ours, is gone."""
        self._lifecycle.transition(tx, account, Event.LINK_MADE, MAILDESK)
        notices.note(
            tx, account, "signin.mended", self._clock.now(), username=shown(account.username)
        )

    def look_after_idle(self) -> int:
        """Have the accounts tested whose grants nobody used for a while: a grant that is used does
        not end. How many they are."""
        now = self._clock.now()
        with self._store.transaction() as tx:
            idle = tx.grants.idle(now, MAX_IDLE_PER_SWEEP)
            for grant in idle:
                grant.keep_due_at = now + KEPT_ALIVE
                tx.jobs.add(CheckAccount(account_id=grant.account_id), now)
        return len(idle)

    def check_fix(self, work: CheckFix) -> None:
        """Do the job of looking whether a change works by now."""
        with self._store.transaction() as tx:
            fix = self._fixes.waiting(tx, work.fix_id)
            account = tx.accounts.lock(fix.account_id) if fix else None
            if account is None or account.state is State.DISCONNECTED:
                return
            if self._running(tx, account) is None:
                self._begin(tx, account, MAILDESK, quiet=True)
            else:
                tx.jobs.add(work, self._clock.now() + A_MOMENT)

    def run(self, work: RunTest) -> None:
        """Do the job of a test that was begun. Takes seconds."""
        self._runner.run(work)

    def _begin_cool_down(self, customer: Customer) -> None:
        now = self._clock.now()
        before = customer.all_tested_at
        if before is not None and now < before + COOL_DOWN:
            raise Refused("test.all_tested", until=before + COOL_DOWN)
        customer.all_tested_at = now

    def _join(self, tx: Transaction, running: ConnectionTest, awaited: bool) -> ConnectionTest:
        if awaited:  # it may stand behind hundreds that were begun with it
            tx.jobs.hurry(RunTest(test_id=running.id))
        return running

    def give_up(self, work: RunTest) -> None:
        """End a test that cannot be run, as a failure of ours, and plan another one."""
        now = self._clock.now()
        with self._store.transaction() as tx:
            account = tx.accounts.lock(tx.checks.get(work.test_id).account_id)
            test = tx.checks.get(work.test_id)
            if test.status is TestStatus.RUNNING:
                self._runner.break_off(tx, account, test)
                tx.jobs.add(CheckAccount(account_id=account.id), now + A_WHILE, sooner=True)

    def look_after_left(self) -> int:
        """Go on with tests whose jobs are lost; how many they are."""
        now = self._clock.now()
        with self._store.transaction() as tx:
            unfinished = tx.checks.unfinished(now - LEFT_AFTER)
            if not unfinished:
                return 0
            has_job = {job.args.get("test") for job in tx.jobs.of_kind(RunTest.kind)}
            left = [test for test in unfinished if test.id not in has_job]
            for test in left:
                self._go_on(tx, test)
        return len(left)

    def _go_on(self, tx: Transaction, test: ConnectionTest) -> None:
        now = self._clock.now()
        if tx.checks.is_newest(test):
            tx.jobs.add(RunTest(test_id=test.id), now)
        else:
            test.happened(TestEvent.OVERTAKEN, now)

    def _running(self, tx: Transaction, account: Account) -> ConnectionTest | None:
        return tx.checks.running(account.id, self._clock.now() - GIVEN_UP)

    def _overtake(self, tx: Transaction, check: ConnectionTest) -> None:
        """End a check of ours without a result. Nobody would be shown it, and it may have passed
        the step that was just mended."""
        now = self._clock.now()
        check.happened(TestEvent.OVERTAKEN, now)
        fix = tx.fixes.open_of(check.account_id)
        if fix is not None:  # perhaps it was the look at that fix, which is still to be taken
            tx.jobs.add(CheckFix(fix_id=fix.id), now + A_MOMENT, sooner=True)

    def _begin(
        self,
        tx: Transaction,
        account: Account,
        by: Person,
        quiet: bool = False,
        awaited: bool = False,
    ) -> ConnectionTest:
        """Begin a test: its row, and the job that runs it.

        Args:
            quiet: nobody waits for it, so it is shown only where it has something to tell.
            awaited: somebody waits for this very test.
        """
        now = self._clock.now()
        test = ConnectionTest(
            account_id=account.id, started_at=now, asked_by_team=by.team, asked_by_user=by.user
        )
        test.quiet = quiet
        # Until a message made the round once, each test sends one, except where a mailbox works and
        # nobody asked.
        test.round_trip = account.proved_at is None and not (quiet and account.state in WORKING)
        tx.checks.add(test)
        customer_id = account.customer_id
        tx.jobs.add(RunTest(test_id=test.id, customer_id=customer_id, awaited=awaited), now)
        return test
