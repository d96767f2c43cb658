"""What people do about failures because they were advised to, what comes of it, and when the advice
has been followed often enough."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.common.clock import Clock
from bot.common.people import WEB, Person
from bot.diagnosis.step_records import steps_of
from storage.database import Transaction
from storage.statuses import AdviceEvent, AttemptEvent
from storage.tables import Account, Attempt, Failure
from storage.vocabulary import (
    THEIRS,
    AttemptStatus,
    Deed,
    Mended,
    Owner,
    Permanence,
    StepStatus,
)

WORKS_WITHIN = {Deed.CHANGE: timedelta(hours=1)}
"""How long a change may take to show; people are told so. The rest is answered at once."""

OFTEN_ENOUGH = 2
"""What did not help so often is not advised once more."""

SHORTEST_CIRCLE = 3
"""So many things were done, at least, where two causes take turns and one is there again."""

CAME_BACK_WITHIN = timedelta(days=1)
"""A cause that was gone for longer is a new one: what was done about it before does not count."""

ONE_TRY = timedelta(minutes=15)
"""Nobody changes something at Microsoft, and has it work, in less: tests and sign-ins that follow
each other more closely are one try, by somebody who is impatient."""

RIGHT_AFTER = timedelta(minutes=30)
"""A permission that is refused so soon after a sign-in makes nobody sign in again for nothing."""

LONGEST_ANSWER = 300
"""So many characters are kept of what was answered."""


class Attempts:
    """Keeps what people do about failures, and what comes of it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def done(
        self,
        tx: Transaction,
        account: Account,
        failure: Failure,
        deed: Deed,
        by: Person,
        customers: bool = True,
    ) -> None:
        """Take down that `by` did what the failure asks for. While an earlier word has not had its
        time, it is the same attempt. `customers`: `by` is one of the customer's people."""
        for attempt in self._of(tx, account, failure.cause):
            if attempt.outcome is AttemptStatus.WAITING:
                _join(attempt, deed, by, customers, self._clock.now())
                return
        self._add(tx, account, failure, deed, by, self._clock.now(), customers)

    def tested(self, tx: Transaction, account: Account, failure: Failure, by: Person) -> None:
        """One of the customer's people asks for a test of an account that fails: where a change
        mends it, they have probably made it, unless they asked just now."""
        if failure.owner not in THEIRS or failure.permanence is not Permanence.AFTER_FIX:
            return
        own = self._of(tx, account, failure.cause)
        waiting = any(attempt.outcome is AttemptStatus.WAITING for attempt in own)
        if not waiting and self._is_another_try(tx, account, failure, own):
            self._add(tx, account, failure, Deed.TEST, by, self._clock.now())

    def seen(
        self, tx: Transaction, account: Account, failure: Failure, sign_in_refused: bool
    ) -> AdviceEvent:
        """A failure was seen just now: what was done about it did not help, if it had its time.

        Args:
            sign_in_refused: somebody signed in to mend it, and this was the answer.

        Returns:
            What that means for the failure's advice.
        """
        now = self._clock.now()
        gone_at = tx.failures.last_gone(account.id, failure.cause)
        if gone_at is not None and gone_at < now - CAME_BACK_WITHIN:
            tx.attempts.end_counting(account.id, now, failure.cause)
        for attempt in self._of(tx, account, failure.cause):
            if attempt.outcome is AttemptStatus.WAITING and _had_its_time(attempt, now):
                _was_in_vain(attempt, failure, now)
        contradicted = False
        if sign_in_refused:
            self._sign_in_was_in_vain(tx, account, failure)
        else:
            contradicted = self._contradicts_sign_in(tx, account, failure)
        counted = tx.attempts.counted(account.id)
        if is_spent(counted, failure.cause):
            return AdviceEvent.TRIED_TWICE
        # where an administrator has to act first, it is no wonder that a sign-in did not help
        theirs = contradicted and failure.owner is Owner.USER
        return AdviceEvent.CONTRADICTED if theirs else AdviceEvent.BEGUN_ANEW

    def gone(self, tx: Transaction, account: Account, failure: Failure, mended_by: Mended) -> None:
        """A failure was proved gone: what was done about it helped."""
        now = self._clock.now()
        own = self._of(tx, account, failure.cause)
        for attempt in own:
            if attempt.outcome is AttemptStatus.WAITING:
                attempt.happened(AttemptEvent.PROVED_GONE, now)
        signed_in = mended_by is Mended.SIGN_IN and _asks_for_sign_in(failure)
        at = account.signed_in_at
        if signed_in and at is not None and not _sign_in_at(own, at):
            attempt = self._add(tx, account, failure, Deed.SIGN_IN, WEB, at)
            attempt.happened(AttemptEvent.PROVED_GONE, now)

    def handed_over(self, tx: Transaction, account: Account, cause: str) -> bool:
        """Note that support takes a cause over; False where it has it already."""
        counted = tx.attempts.counted(account.id)
        own = [attempt for attempt in counted if attempt.cause == cause]
        if any(attempt.handed_at for attempt in own):
            return False
        for attempt in counted[counted.index(own[0]) :]:
            attempt.handed_at = self._clock.now()
        return True

    def _contradicts_sign_in(self, tx: Transaction, account: Account, failure: Failure) -> bool:
        """Whether a failure asks for a sign-in though there was one a moment ago, and nothing has
        worked since. A sign-in that it asked for before was in vain in any case."""
        at = account.signed_in_at
        if at is None or not _asks_for_sign_in(failure) or _passed_since(tx, account, failure, at):
            return False
        now = self._clock.now()
        noted = _sign_in_at(self._of(tx, account, failure.cause), at)
        right_after = now - at <= RIGHT_AFTER
        if noted is None and (right_after or _known_since(tx, account, failure) < at):
            noted = self._add(tx, account, failure, Deed.SIGN_IN, WEB, at)
            _was_in_vain(noted, failure, now)
        return noted is not None and _was_refused_right_after(noted)

    def _sign_in_was_in_vain(self, tx: Transaction, account: Account, failure: Failure) -> None:
        own = self._of(tx, account, failure.cause)
        if self._is_another_try(tx, account, failure, own):
            now = self._clock.now()
            _was_in_vain(self._add(tx, account, failure, Deed.SIGN_IN, WEB, now), failure, now)

    def _is_another_try(
        self, tx: Transaction, account: Account, failure: Failure, own: Sequence[Attempt]
    ) -> bool:
        """Whether something that is done now is not the same as what was done or read just now."""
        before = [_known_since(tx, account, failure), *(attempt.made_at for attempt in own)]
        return self._clock.now() - max(before) >= ONE_TRY

    def _of(self, tx: Transaction, account: Account, cause: str) -> list[Attempt]:
        return [each for each in tx.attempts.counted(account.id) if each.cause == cause]

    def _add(
        self,
        tx: Transaction,
        account: Account,
        failure: Failure,
        deed: Deed,
        by: Person,
        at: datetime,
        customers: bool = True,
    ) -> Attempt:
        return tx.attempts.add(
            Attempt(
                account_id=account.id,
                failure_ref=failure.ref,
                cause=failure.cause,
                deed=deed,
                customers=customers,
                by_team=by.team,
                by_user=by.user,
                made_at=at,
            )
        )


def is_spent(counted: Sequence[Attempt], cause: str) -> bool:
    """Whether the advice for a cause that was seen just now has been followed often enough.

    That is so where it was followed twice; and where causes take turns, so that it was followed,
    another one was mended, and the first is there again. What support did itself does not count.

    Args:
        counted: what was done about the account and counts, oldest first.
    """
    if any(attempt.handed_at for attempt in counted if attempt.cause == cause):
        return True
    theirs = [attempt for attempt in counted if attempt.customers]
    known = [each for each in theirs if each.outcome is not AttemptStatus.WAITING]
    own = [attempt for attempt in known if attempt.cause == cause]
    if len(own) >= OFTEN_ENOUGH:
        return True
    came_back = bool(own) and theirs[-1].cause != cause
    return came_back and len(theirs) >= SHORTEST_CIRCLE


def _had_its_time(attempt: Attempt, now: datetime) -> bool:
    return attempt.made_at + WORKS_WITHIN.get(attempt.deed, timedelta()) <= now


def _join(attempt: Attempt, deed: Deed, by: Person, customers: bool, now: datetime) -> None:
    """Somebody says what was said already: a customer's word counts more than support's, and what
    they say more than a test that they asked for."""
    attempt.happened(AttemptEvent.JOINED, now)
    if attempt.deed is Deed.TEST:
        attempt.deed = deed
    if customers and not attempt.customers:
        attempt.customers = True
        attempt.by_team = by.team
        attempt.by_user = by.user


def _was_in_vain(attempt: Attempt, failure: Failure, now: datetime) -> None:
    attempt.happened(AttemptEvent.SEEN, now)
    attempt.answer = _said(failure.observation)
    attempt.answer_ref = failure.ref


def _said(observation: Mapping[str, Any]) -> str:
    """What a server said, in short."""
    named = [observation.get(name) for name in ("status", "enhanced", "error", "condition")]
    words = observation.get("text") or " ".join(str(each) for each in named if each)
    return str(words)[:LONGEST_ANSWER]


def _asks_for_sign_in(failure: Failure) -> bool:
    return failure.owner in THEIRS and failure.permanence is Permanence.SIGN_IN_AGAIN


def _sign_in_at(own: Sequence[Attempt], at: datetime) -> Attempt | None:
    """What is known of the sign-in of that moment."""
    signed_in = (each for each in own if each.deed is Deed.SIGN_IN and each.made_at == at)
    return next(signed_in, None)


def _was_refused_right_after(sign_in: Attempt) -> bool:
    if sign_in.outcome is not AttemptStatus.IN_VAIN or sign_in.answered_at is None:
        return False
    return sign_in.answered_at - sign_in.made_at <= RIGHT_AFTER


def _known_since(tx: Transaction, account: Account, failure: Failure) -> datetime:
    return tx.failures.known_since(account.id, failure.cause) or failure.first_at


def _passed_since(tx: Transaction, account: Account, failure: Failure, at: datetime) -> bool:
    """Whether the step that fails passed in a test since."""
    since = [test for test in tx.checks.newest(account.id, 5) if test.started_at >= at]
    good = (StepStatus.OK, StepStatus.WARN)
    steps = [step for test in since for step in steps_of(test)]
    return any(step.step == failure.step and step.status in good for step in steps)
