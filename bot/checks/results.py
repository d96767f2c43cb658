"""What the steps of a connection test add up to."""

from collections.abc import Sequence

from bot.diagnosis.failures import Recorded
from bot.diagnosis.step_records import (
    NOT_ASKED,
    FailedStep,
    StepRecord,
    failed_steps,
    first_failure,
)
from bot.mail.steps import StepResult
from storage.vocabulary import Owner, Permanence, StepId, StepStatus, Trouble

SIDES = {"imap": Trouble.RECEIVING, "smtp": Trouble.SENDING}
"""Which way mail goes in a step, by how its name begins."""


def record_of(result: StepResult, failure: Recorded | None) -> StepRecord:
    """A step that just ended, as it is kept; `failure` is what was recorded of it if it failed."""
    if failure is None:
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
    )


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
