"""What the steps of a connection test add up to."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.checks.patience import PATIENCE, kind_of
from bot.diagnosis.failures import Recorded
from bot.diagnosis.step_records import (
    NOT_ASKED,
    FailedStep,
    StepRecord,
    failed_steps,
    first_failure,
    steps_of,
)
from bot.mail.steps import StepResult
from storage.tables import ConnectionTest
from storage.vocabulary import FaultKind, Owner, Permanence, StepId, StepStatus, Trouble

SIDES = {"imap": Trouble.RECEIVING, "smtp": Trouble.SENDING}
"""Which way mail goes in a step, by how its name begins."""


def record_of(result: StepResult, failure: Recorded | None) -> StepRecord:
    """A step that just ended, as it is kept; `failure` is what was recorded of it if it failed."""
    if failure is None or result.observation is None:
        return StepRecord(
            step=result.step,
            status=result.status,
            elapsed=result.elapsed,
            evidence=result.evidence,
            reason=result.reason,
        )
    return FailedStep(
        step=result.step,
        status=result.status,
        elapsed=result.elapsed,
        evidence=result.evidence,
        reason=result.reason,
        error=failure.failure.ref,
        cause=failure.verdict.cause,
        owner=failure.verdict.owner,
        permanence=failure.verdict.permanence,
        kind=kind_of(result.observation, failure.verdict),
    )


def judged(
    steps: Sequence[StepRecord],
    earlier: Sequence[ConnectionTest],
    now: datetime,
    asked: bool,
) -> list[StepRecord]:
    """The steps of a test that ends now, those that failed with whether they are believed.

    Args:
        earlier: the tests that failed since the mailbox last worked, newest first.
        asked: a person asked for the test, and is told at once what refuses it.
    """
    certain = {FaultKind.REFUSED} if asked else set()
    certain |= {failed.kind for test in earlier for failed in believed(steps_of(test))}
    return [
        replace(step, proved=step.kind in certain or _suffices(step.kind, earlier, now))
        if isinstance(step, FailedStep)
        else step
        for step in steps
    ]


def _suffices(kind: FaultKind, earlier: Sequence[ConnectionTest], now: datetime) -> bool:
    """Whether a failure of this kind, seen now, was seen often enough."""
    return PATIENCE[kind].believes([now, *_seen(kind, earlier)])


def _seen(kind: FaultKind, earlier: Sequence[ConnectionTest]) -> list[datetime]:
    """When these tests saw a failure of a kind."""
    return [
        test.finished_at
        for test in earlier
        if test.finished_at and kind in {failed.kind for failed in failed_steps(steps_of(test))}
    ]


def looked_again_in(steps: Sequence[StepRecord], earlier: Sequence[ConnectionTest]) -> timedelta:
    """How long after a test that failed we look again; `earlier` as for `judged`."""
    kinds = {failed.kind for failed in failed_steps(steps)}
    tests = [steps, *(steps_of(test) for test in earlier)]
    return min(
        PATIENCE[kind].wait(1 + len(_seen(kind, earlier)), _believed_in(kind, tests))
        for kind in kinds
    )


def _believed_in(kind: FaultKind, tests: Iterable[Sequence[StepRecord]]) -> int:
    """In how many tests a failure of this kind was believed."""
    return sum(kind in {failed.kind for failed in believed(steps)} for steps in tests)


def believed(steps: Iterable[StepRecord]) -> list[FailedStep]:
    """The steps that failed so often that it is believed."""
    return [failed for failed in failed_steps(steps) if failed.proved]


def news(steps: Sequence[StepRecord], earlier: Sequence[ConnectionTest]) -> bool:
    """Whether a kind of failure is believed that was not before."""
    before = {failed.kind for test in earlier for failed in believed(steps_of(test))}
    return not {failed.kind for failed in believed(steps)} <= before


def breaks(steps: Sequence[StepRecord]) -> bool:
    """Whether a mailbox that worked is lost: something is believed that is not ours to mend."""
    return any(failed.owner is not Owner.ON_CALL for failed in believed(steps))


def may_be_shared(failed: FailedStep) -> bool:
    """Whether a failure may be Microsoft's or ours, so that others have it too."""
    passing = failed.kind in (FaultKind.NETWORK, FaultKind.BUSY)
    return passing or failed.owner in (Owner.ON_CALL, Owner.MICROSOFT)


def complete(steps: Sequence[StepRecord]) -> list[StepRecord]:
    """All steps in `StepId`'s order. Those that were never reached are skipped because of the
    first that failed, or because nobody asked for them."""
    done = {record.step: record for record in steps}
    failed = first_failure(steps)
    reason = failed.step.value if failed else NOT_ASKED
    return [
        done.get(step, StepRecord(step=step, status=StepStatus.SKIP, reason=reason))
        for step in StepId
    ]


def passed_steps(steps: Sequence[StepRecord]) -> set[StepId]:
    """The steps that passed, with or without a warning."""
    return {record.step for record in steps if record.status in (StepStatus.OK, StepStatus.WARN)}


def ours(steps: Sequence[StepRecord]) -> bool:
    """Whether everything that failed is our engineers' to mend."""
    return all(failed.owner is Owner.ON_CALL for failed in failed_steps(steps))


def passing(steps: Sequence[StepRecord]) -> bool:
    """Whether everything that failed may come right without the customer, so that we try again by
    ourselves. One fault that waits for a person is enough to wait for that person."""
    return all(
        failed.permanence is Permanence.RETRY or _ours_to_retry(failed)
        for failed in failed_steps(steps)
    )


def one_sided(steps: Sequence[StepRecord]) -> Trouble | None:
    """Which way mail does not go, where only one does not."""
    sides = {SIDES.get(failed.step.partition(".")[0]) for failed in failed_steps(steps)}
    return sides.pop() if len(sides) == 1 else None


def _ours_to_retry(failed: FailedStep) -> bool:
    # A round trip whose message may have left already is not repeated: people would get it twice.
    return failed.owner is Owner.ON_CALL and failed.step is not StepId.ROUNDTRIP
