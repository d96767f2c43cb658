"""What people say they mended: tested again by ourselves until it shows, and told how long it
took."""

from datetime import timedelta

from bot.common.clock import Clock
from bot.common.jobs import CheckFix
from bot.common.people import Person
from bot.common.refusals import Refused
from bot.diagnosis.step_records import first_failure, steps_of
from bot.lifecycle.service import Lifecycle
from bot.messages import notices
from storage.database import Store, Transaction
from storage.statuses import FixEvent
from storage.tables import Account, ConnectionTest, ReportedFix
from storage.vocabulary import FailureStatus, FixStatus, State

RUNGS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60))
"""When it is looked whether the change works. Exchange's switches are said to take 15 to 30 minutes
(EmailEngine's documentation, troubleshooting)."""


class ReportedFixes:
    """Takes people at their word, and looks."""

    def __init__(self, store: Store, clock: Clock, lifecycle: Lifecycle) -> None:
        self._store = store
        self._clock = clock
        self._lifecycle = lifecycle

    def said(self, account_id: int, by: Person) -> None:
        """`by` says that what the account's failure asks for was changed. A later word takes the
        place of an earlier one.

        Raises:
            Refused: nothing is known to be wrong with the account.
        """
        now = self._clock.now()
        with self._store.transaction() as tx:
            account = tx.accounts.lock(account_id)
            test = tx.checks.latest(account.id)
            failed = first_failure(steps_of(test)) if test else None
            if failed is None or account.state not in (State.FAILING, State.BROKEN, State.TESTING):
                raise Refused("mend.nothing_failed", name=account.name)
            earlier = tx.fixes.open_of(account.id)
            if earlier is not None:
                earlier.happened(FixEvent.SETTLED, now)
            mend = ReportedFix(
                account_id=account.id,
                failure_ref=failed.error,
                said_at=now,
                said_by_team=by.team,
                said_by_user=by.user,
            )
            self._plan(tx, tx.fixes.add(mend))
            self._lifecycle.audit(tx, by, "mend.said", account, error=mend.failure_ref)
            notices.note(tx, account, "mend.said", now)
            self._lifecycle.show(tx, account)

    def waiting(self, tx: Transaction, mend_id: int) -> ReportedFix | None:
        """The word with that id, unless it is settled."""
        mend = tx.fixes.get(mend_id)
        return mend if mend.status is FixStatus.WAITING else None

    def judge(self, tx: Transaction, account: Account, test: ConnectionTest) -> bool:
        """What a finished test shows about what was said last; whether people were told."""
        mend = tx.fixes.open_of(account.id)
        failure = tx.failures.get(mend.failure_ref) if mend else None
        if mend is None or failure is None:
            return False
        if failure.status is FailureStatus.GONE:
            return self._end(
                tx, account, mend, "mend.passed" if test.passed else "mend.passed_and_more"
            )
        if not test.quiet:
            return False
        mend.happened(FixEvent.NOT_SEEN_YET, self._clock.now())
        if mend.rung < len(RUNGS):
            self._plan(tx, mend)
            return False
        return self._end(tx, account, mend, "mend.still_fails")

    def _plan(self, tx: Transaction, mend: ReportedFix) -> None:
        tx.jobs.add(CheckFix(fix_id=mend.id), mend.said_at + RUNGS[mend.rung])

    def _end(self, tx: Transaction, account: Account, mend: ReportedFix, sentence: str) -> bool:
        now = self._clock.now()
        mend.happened(FixEvent.SETTLED, now)
        minutes = round((now - mend.said_at) / timedelta(minutes=1))
        self._lifecycle.audit(
            tx,
            Person(mend.said_by_team, mend.said_by_user),
            sentence,
            account,
            minutes=str(minutes),
        )
        notices.note(tx, account, sentence, now, minutes=minutes, error=mend.failure_ref)
        return True
