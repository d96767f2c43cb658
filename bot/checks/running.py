"""Running one connection test: the permission first, then the mail servers, each step kept and
shown as it happens."""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import timedelta

from bot.checks.aftermath import Aftermath
from bot.checks.first_steps import StepFailed, first_steps
from bot.checks.results import record_of
from bot.common.clock import Clock
from bot.common.jobs import RunTest
from bot.common.people import MAILDESK
from bot.diagnosis.failures import Failures
from bot.diagnosis.observation import Condition, Observation, Where
from bot.diagnosis.step_records import StepRecord, keep_steps, steps_of
from bot.folders.drift import Drift
from bot.lifecycle.service import Lifecycle
from bot.mail.probe import MailProbe
from bot.mail.roundtrip import Arrival, RoundTripMessage, new_message_id
from bot.mail.steps import StepResult
from bot.mail.target import target_of
from bot.messages import notices
from bot.microsoft.tokens import FreshToken, Tokens
from storage.database import Store, Transaction
from storage.tables import Account, ConnectionTest
from storage.vocabulary import StepId, StepStatus, TestStatus

SHOWN_EVERY = timedelta(seconds=2)
"""So often a running test shows its steps."""


@dataclass(frozen=True)
class Run:
    """A test that runs, and which of its steps wait to be written with its result."""

    test: ConnectionTest
    unwritten: list[StepRecord] = field(default_factory=list)


class CheckRunner:
    """Takes the steps of a test that was begun."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        tokens: Tokens,
        probe: MailProbe,
        failures: Failures,
        lifecycle: Lifecycle,
        drift: Drift,
        aftermath: Aftermath,
        scopes: Collection[str],
    ) -> None:
        """`scopes`: what a token has to be good for."""
        self._store = store
        self._clock = clock
        self._tokens = tokens
        self._probe = probe
        self._failures = failures
        self._lifecycle = lifecycle
        self._drift = drift
        self._aftermath = aftermath
        self._scopes = scopes

    def run(self, work: RunTest) -> None:
        """Do the job of a test that was begun. Takes seconds.

        Nothing is held while a server is waited for: each step is a transaction of its own; but
        what passes in a quiet test, at which nobody looks, is written with its result. So a worker
        that is killed leaves a test with some steps, whose job comes back when its lease ends; the
        steps are then taken again from the first, over those that are there.
        """
        with self._store.transaction() as tx:
            test = tx.checks.get(work.test_id)
            account = tx.accounts.get(test.account_id)
            if test.status is not TestStatus.RUNNING:
                return
            watched = self._drift.watched(tx, account)
            keep_steps(test, [])
        run = Run(test)
        report = None

        def keep(result: StepResult) -> None:
            self._keep(run, result)

        with suppress(StepFailed):
            token = first_steps(account, self._tokens.fresh, self._scopes, keep)
            account = self._follow(account, token)
            target = target_of(account, token.agreed, token.access_token, watched)
            report = self._probe.run(target, keep, self._order(test, account))
        with self._store.transaction() as tx:
            account = tx.accounts.lock(account.id)
            test = tx.checks.get(test.id)
            if test.status is TestStatus.RUNNING:
                keep_steps(test, [*steps_of(test), *run.unwritten])
            self._aftermath.follow(tx, account, test, report)

    def break_off(self, tx: Transaction, account: Account, test: ConnectionTest) -> None:
        """End a test that could not be run to its end: that is ours. `account` is held."""
        taken = steps_of(test)
        step = next(each for each in StepId if each not in {record.step for record in taken})
        seen = Observation(
            Where.INTERNAL,
            step=step,
            condition=Condition.UNEXPECTED,
            text="broken off again and again",
        )
        recorded = self._failures.record(tx, seen, account)
        failed = StepResult(step, StepStatus.FAIL, timedelta(), observation=seen)
        keep_steps(test, [*taken, record_of(failed, recorded)])
        self._aftermath.follow(tx, account, test, None)

    def _order(self, test: ConnectionTest, account: Account) -> RoundTripMessage | None:
        """The round trip, if it is wanted.

        Its Message-ID is kept before the message leaves, and that it arrived before it is removed.
        Whoever does a killed worker's test again looks for what may have left, and for nothing
        where it had arrived; another message is sent only where none is found.
        """
        if not test.round_trip:
            return None
        message_id = new_message_id(account.sender_email)
        return RoundTripMessage(
            message_id,
            earlier=tuple(test.message_id.split()),
            arrival=Arrival(**test.arrival) if test.arrival else None,
            on_sending=lambda: self._note_sending(test.id, message_id),
            on_arrived=lambda arrival: self._note_arrival(test.id, arrival),
        )

    def _note_sending(self, test_id: int, message_id: str) -> None:
        with self._store.transaction() as tx:
            test = tx.checks.get(test_id)
            test.message_id = f"{test.message_id} {message_id}".strip()

    def _note_arrival(self, test_id: int, arrival: Arrival) -> None:
        with self._store.transaction() as tx:
            tx.checks.get(test_id).arrival = asdict(arrival)

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

    def _keep(self, run: Run, result: StepResult) -> None:
        """Add a step to the test, with the failure that it found."""
        begun = run.test
        if begun.quiet and result.observation is None:
            run.unwritten.append(record_of(result, None))
            return
        with self._store.transaction() as tx:
            # Steps of IMAP and of SMTP end side by side, on two threads: the account's lock, taken
            # before the steps are read, keeps one from losing what the other adds.
            account = tx.accounts.lock(begun.account_id)
            test = tx.checks.get(begun.id)
            if test.status is not TestStatus.RUNNING:
                return  # what it found may be mended by now
            recorded = None
            if result.observation:
                recorded = self._failures.record(tx, result.observation, account, believed=False)
            keep_steps(test, [*steps_of(test), record_of(result, recorded)])
            self._show(tx, account, test)

    def _show(self, tx: Transaction, account: Account, test: ConnectionTest) -> None:
        """Show the steps so far, now and then: Slack takes fifty updates a minute, of all tests
        together. The result is shown at once."""
        if test.quiet:
            return
        now = self._clock.now()
        if not tx.outbox.is_fresh(notices.test_key(test), now - SHOWN_EVERY):
            notices.show_test(tx, account, test, now)
