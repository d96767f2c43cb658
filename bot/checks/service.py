"""The connection test of an account: its steps in order, shown as they happen, and what follows
from the result."""

import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from bot.checks.reported_fixes import ReportedFixes
from bot.checks.results import complete, ours, passed_steps, passing, record_of
from bot.common.clock import Clock
from bot.common.jobs import CheckAccount, CheckFix, RunTest
from bot.common.people import MAILDESK, Person
from bot.common.refusals import Refused
from bot.diagnosis.failures import Failures
from bot.diagnosis.observation import Condition, Observation, Where
from bot.diagnosis.step_records import first_failure, keep_steps, steps_of
from bot.folders.drift import Drift
from bot.lifecycle.ladder import handed_over
from bot.lifecycle.service import Lifecycle
from bot.lifecycle.states import SIGNED_IN, WORKING, Event
from bot.mail.probe import MailProbe, MailReport
from bot.mail.roundtrip import RoundTripMessage, new_message_id
from bot.mail.steps import Outcome, Remark, StepResult, ended
from bot.mail.target import target_of
from bot.messages import notices
from bot.microsoft.identity import own_names
from bot.microsoft.tokens import KEPT_ALIVE, FreshToken, TokenFailed, Tokens
from storage.database import Store, Transaction
from storage.statuses import TESTS, TestEvent
from storage.tables import Account, ConnectionTest
from storage.vocabulary import REQUIRED_ROLES, State, StepId, TestStatus

A_MOMENT = timedelta(seconds=30)
MAX_WOKEN = 20
MAX_IDLE_PER_SWEEP = 50
EVERY_DAY = timedelta(days=1)
"""How often a mailbox that works is looked at; it also keeps its grant from ageing (90 days,
entra-docs refresh-tokens)."""

GIVEN_UP = timedelta(hours=6)
"""A test that has not ended after so long was left for good: nobody waits for it any more."""

CHECKS = (timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4))
"""When a passing fault, or one of our own, is looked at again; the last one repeats."""

PATIENCE = 3
"""How many checks in a row a passing fault may spoil before a mailbox that worked counts as
lost."""


@dataclass(frozen=True)
class Ready:
    """What the first three steps give to the mail steps."""

    account: Account
    token: FreshToken


class StepFailed(Exception):
    """A step before the mail steps failed; the others are skipped."""


class Checks:
    """Runs connection tests."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        tokens: Tokens,
        probe: MailProbe,
        failures: Failures,
        lifecycle: Lifecycle,
        fixes: ReportedFixes,
        drift: Drift,
        scopes: Collection[str],
    ) -> None:
        """`scopes`: what a token has to be good for."""
        self._scopes = scopes
        self._store = store
        self._clock = clock
        self._tokens = tokens
        self._probe = probe
        self._failures = failures
        self._lifecycle = lifecycle
        self._fixes = fixes
        self._drift = drift

    def request(
        self, tx: Transaction, account: Account, by: Person, round_trip: bool = False
    ) -> ConnectionTest:
        """Have the account tested and the result shown in its thread. A test that runs already is
        joined. A message makes the round when that is asked for, and until one has."""
        running = self._running(tx, account)
        if running is not None:
            return running
        test = self._begin(tx, account, by)
        test.round_trip = test.round_trip or round_trip
        self._lifecycle.audit(tx, by, "test.requested", account)
        if account.state not in WORKING:
            self._lifecycle.transition(tx, account, Event.TEST_BEGAN, by)
        notices.show_test(tx, account, test, self._clock.now())
        return test

    def start(self, account_id: int, by: Person, round_trip: bool = False) -> None:
        """Have an account tested, with a message that makes the round where that is asked for.

        Raises:
            Refused: nobody signed in yet.
        """
        with self._store.transaction() as tx:
            account = tx.accounts.lock(account_id)
            if not account.object_id:
                raise Refused("test.not_signed_in", name=account.name)
            self.request(tx, account, by, round_trip)

    def start_all(self, customer_id: int, by: Person) -> int:
        """Have every account of a customer tested that somebody signed in; how many."""
        with self._store.transaction() as tx:
            accounts = [each for each in tx.accounts.of_customer(customer_id) if each.object_id]
            for account in accounts:
                self.request(tx, account, by)
        return len(accounts)

    def check(self, work: CheckAccount) -> None:
        """Do the job of a check that is due: a test without a message, for an account that stands
        where it stood."""
        with self._store.transaction() as tx:
            account = tx.accounts.lock(work.account_id)
            checked = account.state in (*WORKING, State.FAILING, State.BROKEN)
            if checked and self._running(tx, account) is None:
                self._begin(tx, account, MAILDESK, quiet=True, round=work.round)

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

    def _running(self, tx: Transaction, account: Account) -> ConnectionTest | None:
        return tx.checks.running(account.id, self._clock.now() - GIVEN_UP)

    def _begin(
        self, tx: Transaction, account: Account, by: Person, quiet: bool = False, round: int = 0
    ) -> ConnectionTest:
        now = self._clock.now()
        test = ConnectionTest(
            account_id=account.id, started_at=now, asked_by_team=by.team, asked_by_user=by.user
        )
        test.quiet, test.round = quiet, round
        test.round_trip = account.proved_at is None and not (quiet and account.state in WORKING)
        tx.checks.add(test)
        tx.jobs.add(RunTest(test_id=test.id), now)
        return test

    def run(self, work: RunTest) -> None:
        """Do the job of a requested test. Takes seconds; what a killed worker left is done again
        from the start."""
        test_id = work.test_id
        with self._store.transaction() as tx:
            test = tx.checks.get(test_id)
            account = tx.accounts.get(test.account_id)
            if test.status is not TestStatus.RUNNING:
                return
            watched = self._drift.watched(tx, account)
            keep_steps(test, [])
        report = None
        with suppress(StepFailed):
            ready = self._prepare(test_id, account)
            target = target_of(ready.account, ready.token.access_token, watched)
            report = self._probe.run(
                target, lambda result: self._keep(test_id, result), self._order(test, account)
            )
        self._finish(test_id, report)

    def _order(self, test: ConnectionTest, account: Account) -> RoundTripMessage | None:
        """The round trip, if it is wanted. Its Message-ID is kept before it leaves: who does a
        killed worker's test again looks for that message and sends none."""
        if not test.round_trip:
            return None
        message_id = test.message_id or new_message_id(account.sender_email)
        return RoundTripMessage(
            message_id, bool(test.message_id), lambda: self._note_sending(test.id, message_id)
        )

    def _note_sending(self, test_id: int, message_id: str) -> None:
        with self._store.transaction() as tx:
            tx.checks.get(test_id).message_id = message_id

    def _prepare(self, test_id: int, account: Account) -> Ready:
        token = self._token(test_id, account)
        self._step(test_id, StepId.SCOPES, lambda: _scopes_of(token, self._scopes))
        self._step(test_id, StepId.IDENTITY, lambda: _identity(account, token))
        return Ready(self._follow(account, token), token)

    def _follow(self, account: Account, token: FreshToken) -> Account:
        """A person who was renamed at Microsoft signs in under the new name from now on."""
        if not token.username or token.username == account.signed_in_as:
            return account
        with self._store.transaction() as tx:
            account = tx.accounts.lock(account.id)
            self._lifecycle.audit(
                tx,
                MAILDESK,
                "account.renamed",
                account,
                before=account.signed_in_as,
                now=token.username,
            )
            account.signed_in_as = token.username
            return account

    def _token(self, test_id: int, account: Account) -> FreshToken:
        begun = time.monotonic()
        try:
            token = self._tokens.fresh(account.id)
        except TokenFailed as failed:
            self._keep(test_id, ended(StepId.TOKEN, begun, failed.observation))
            raise StepFailed from None
        self._keep(test_id, ended(StepId.TOKEN, begun, "Microsoft gave a token"))
        return token

    def _step(self, test_id: int, step: StepId, check: Callable[[], Outcome]) -> None:
        begun = time.monotonic()
        outcome = check()
        self._keep(test_id, ended(step, begun, outcome))
        if isinstance(outcome, Observation):
            raise StepFailed

    def _keep(self, test_id: int, result: StepResult) -> None:
        with self._store.transaction() as tx:
            test = tx.checks.get(test_id)
            account = tx.accounts.lock(test.account_id)
            recorded = (
                self._failures.record(tx, result.observation, account)
                if result.observation
                else None
            )
            keep_steps(test, [*steps_of(test), record_of(result, recorded)])
            if not test.quiet:
                notices.show_test(tx, account, test, self._clock.now())

    def _finish(self, test_id: int, report: MailReport | None) -> None:
        with self._store.transaction() as tx:
            test = tx.checks.get(test_id)
            account = tx.accounts.lock(test.account_id)
            steps = complete(steps_of(test))
            event = TestEvent.PASSED if first_failure(steps) is None else TestEvent.FAILED
            if not TESTS.allows(test.status, event):
                return  # another worker took the test over when our lease ended, and was quicker
            keep_steps(test, steps)
            test.happened(event, self._clock.now())
            passed = passed_steps(steps)
            if StepId.ROUNDTRIP in passed:
                account.proved_at = test.finished_at
                account.proved_sent = report.sent_in if report else ""
            if account.state not in SIGNED_IN:
                return  # it was disconnected meanwhile, and perhaps begun anew
            lost = report is not None and self._drift.look(tx, account, report, test.started_at)
            self._wake(tx, self._failures.settle(tx, account, passed, test.started_at))
            result = "passed" if test.passed else "failed"
            self._lifecycle.audit(tx, MAILDESK, "test.finished", account, result=result)
            self._plan_check(tx, account, test)
            told = self._fixes.judge(tx, account, test)
            if test.quiet and not told and self._nothing_new(account, test):
                if lost and account.state is State.LIVE:
                    self._lifecycle.transition(tx, account, Event.FOLDERS_LOST, MAILDESK)
                return
            self._arrive(tx, account, test)
            notices.show_test(tx, account, test, self._clock.now())
            self._lifecycle.show(tx, account)

    def _wake(self, tx: Transaction, accounts: Collection[int]) -> None:
        """What was wrong on our side is gone at one account: look whether it is at the next ones,
        each of which wakes more."""
        for account_id in sorted(accounts)[:MAX_WOKEN]:
            tx.jobs.add(CheckAccount(account_id=account_id), self._clock.now(), sooner=True)

    def _plan_check(self, tx: Transaction, account: Account, test: ConnectionTest) -> None:
        """When to look again by ourselves: daily at what works, soon at what may pass or is ours;
        what a person has to mend waits for that person."""
        if test.passed:
            wait, round = EVERY_DAY, 0
        elif passing(steps_of(test)):
            wait, round = CHECKS[min(test.round, len(CHECKS) - 1)], test.round + 1
        else:
            return
        tx.jobs.add(CheckAccount(account_id=account.id, round=round), self._clock.now() + wait)

    def _nothing_new(self, account: Account, test: ConnectionTest) -> bool:
        """Whether a check has nothing to tell: things are as they were, or a passing fault may
        still pass."""
        steps = steps_of(test)
        failed = first_failure(steps)
        if account.state not in WORKING:
            theirs = failed is None or failed.owner is account.owner or handed_over(account)
            return not test.passed and (theirs or passing(steps))
        return bool(test.passed) or (passing(steps) and (ours(steps) or test.round < PATIENCE))

    def _arrive(self, tx: Transaction, account: Account, test: ConnectionTest) -> None:
        rows = tx.accounts.folders(account.id)
        mapped = all(role in rows and rows[role].lost is None for role in REQUIRED_ROLES)
        if test.passed:
            event = Event.TEST_PASSED if mapped else Event.TEST_PASSED_UNMAPPED
            self._lifecycle.transition(tx, account, event, MAILDESK)
            return
        failed = first_failure(steps_of(test))
        assert failed is not None
        event = Event.TEST_FAILED if mapped else Event.TEST_FAILED_UNMAPPED
        self._lifecycle.transition(tx, account, event, MAILDESK, failed.owner)


def _scopes_of(token: FreshToken, wanted: Collection[str]) -> Observation | str:
    missing = [scope for scope in wanted if scope.lower() not in {s.lower() for s in token.scopes}]
    if missing:
        names = ", ".join(scope.rpartition("/")[2] for scope in missing)
        return Observation(
            Where.SCOPES,
            step=StepId.SCOPES,
            condition=Condition.MISSING,
            text=f"not granted: {names}",
        )
    return "read mail, send mail"


def _identity(account: Account, token: FreshToken) -> Outcome:
    """Whose token it is, against whose mailbox it shall open."""
    if not account.object_id or token.object_id.lower() != account.object_id:
        owner = token.username or "nobody"
        text = f"the permission is {owner}'s, not {account.signed_in_as or 'anybody'}'s"
        return Observation(
            Where.IDENTITY, step=StepId.IDENTITY, condition=Condition.OTHER_ACCOUNT, text=text
        )
    if account.shared_mailbox:
        opened = f"{token.username} opens the shared mailbox {account.shared_mailbox}"
        return f"{opened}, sends as {account.sender_email}"
    if token.username.lower() not in own_names(account):
        return Remark("renamed", f"signs in as {token.username}")
    return f"signed in as {token.username}"
