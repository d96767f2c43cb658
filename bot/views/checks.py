"""A connection test as it is shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.diagnosis.failures import Failures
from bot.diagnosis.step_records import FailedStep, StepRecord, failed_steps, steps_of
from bot.views.accounts import AccountCard, AccountDetails, AccountView
from bot.views.failures import Fault
from bot.views.telling import MAX_NAMED, Affected
from storage.database import Store, Transaction
from storage.tables import ConnectionTest
from storage.vocabulary import Owner, State, StepId

TESTED = (State.FAILING, State.BROKEN, State.UNMAPPED, State.LIVE)
"""In these states an account stands where its newest test put it."""


@dataclass(frozen=True)
class CheckView:
    """The plain facts of a connection test, and its steps so far; `passed` is None while it
    runs."""

    id: int
    account_id: int
    started_at: datetime
    finished_at: datetime | None
    passed: bool | None
    steps: Sequence[StepRecord]

    @classmethod
    def of(cls, row: ConnectionTest) -> "CheckView":
        """The test as far as it is now."""
        return cls(
            id=row.id,
            account_id=row.account_id,
            started_at=row.started_at,
            finished_at=row.finished_at,
            passed=row.passed,
            steps=steps_of(row),
        )


@dataclass(frozen=True)
class CheckCard:
    """What the message of a connection test tells: the test as far as it is, and what each failed
    step means; `newest`: no other test of the account ended after it; `stands`: the account's card,
    while this is the test that put it where it stands."""

    account: AccountView
    test: CheckView
    faults: Mapping[StepId, Fault]
    newest: bool = True
    stands: AccountCard | None = None


class CheckCards:
    """Reads what is shown of connection tests, as far as they are now."""

    def __init__(self, store: Store, failures: Failures, details: AccountDetails) -> None:
        self._store = store
        self._failures = failures
        self._details = details

    def card(self, test_id: int) -> CheckCard:
        """What the message of a test tells."""
        with self._store.reading() as tx:
            test = tx.checks.get(test_id)
            account = tx.accounts.get(test.account_id)
            faults = {
                failed.step: self._fault(tx, failed) for failed in failed_steps(steps_of(test))
            }
            newest = tx.checks.is_newest(test)
            here = newest and account.state in TESTED
            stands = self._details.card(tx, account) if here else None
            return CheckCard(AccountView.of(account), CheckView.of(test), faults, newest, stands)

    def _fault(self, tx: Transaction, failed: FailedStep) -> Fault:
        failure = tx.failures.get(failed.error)
        assert failure is not None
        verdict = self._failures.verdict(tx, failure)
        affected = [Affected.of(each) for each in self._failures.hit(tx, failure, MAX_NAMED + 1)]
        if verdict.owner is not Owner.ADMINISTRATOR:
            return Fault(failed.error, verdict, affected=affected[:1])
        # An administrator wants to know whether it is one mailbox or all of them.
        return Fault(failed.error, verdict, self._failures.mailboxes(tx, failure), affected)
