"""The steps of a connection test as they are kept: typed in the program, JSON in the database."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from storage.tables import ConnectionTest
from storage.vocabulary import FaultKind, Owner, Permanence, StepId, StepStatus

NOT_ASKED = "not-asked"
"""The `reason` of a round trip that was skipped because nobody asked for it."""

A_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, kw_only=True)
class StepRecord:
    """How a step ended.

    `evidence` is what it found, redacted. `reason` depends on `status`: for a skipped step the id
    of the failed step that is to blame, or `NOT_ASKED`; for a warning the name of the sentence
    that says what is odd; else empty.
    """

    step: StepId
    status: StepStatus
    elapsed: timedelta = timedelta()
    evidence: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class FailedStep(StepRecord):
    """A step that failed: its error ID, the catalogue row of its cause, and what that row said at
    the time about who can mend it and whether trying again helps. `kind` says what it takes to
    believe it, `proved` that it was seen so often."""

    error: str
    cause: str
    owner: Owner
    permanence: Permanence
    kind: FaultKind = FaultKind.REFUSED
    proved: bool = False


def steps_of(test: ConnectionTest) -> tuple[StepRecord, ...]:
    """The steps of a test so far, in the order in which they ended; in `StepId`'s order once the
    test has finished."""
    return tuple(map(_read, test.steps))


def keep_steps(test: ConnectionTest, steps: Iterable[StepRecord]) -> None:
    """Keep `steps` as all that the test has done."""
    # a new list: SQLAlchemy notices that the column changed only when it is assigned
    test.steps = [_written(step) for step in steps]


def failed_steps(steps: Iterable[StepRecord]) -> list[FailedStep]:
    """The steps that failed. IMAP and SMTP are tested side by side, so there may be two."""
    return [step for step in steps if isinstance(step, FailedStep)]


def first_failure(steps: Sequence[StepRecord]) -> FailedStep | None:
    """The failed step that the result hangs on; None if nothing failed."""
    return next(iter(failed_steps(steps)), None)


def _read(kept: Mapping[str, Any]) -> StepRecord:
    """A step from its JSON. Keys that a later version wrote are left alone. Rows of the first
    version have no permanence: they read as those that only a person's change can mend."""
    common: dict[str, Any] = {
        "step": StepId(kept["step"]),
        "status": StepStatus(kept["status"]),
        "elapsed": kept.get("ms", 0) * A_MILLISECOND,
        "evidence": kept.get("evidence", ""),
        "reason": kept.get("reason", ""),
    }
    if common["status"] is not StepStatus.FAIL:
        return StepRecord(**common)
    return FailedStep(
        **common,
        error=kept["error"],
        cause=kept["cause"],
        owner=Owner(kept["owner"]),
        permanence=Permanence(kept.get("permanence", Permanence.AFTER_FIX)),
        kind=FaultKind(kept.get("kind", FaultKind.REFUSED)),
        proved=kept.get("proved", False),
    )


def _written(step: StepRecord) -> dict[str, Any]:
    """A step as JSON."""
    kept: dict[str, Any] = {
        "step": step.step.value,
        "status": step.status.value,
        "ms": round(step.elapsed / A_MILLISECOND),
        "evidence": step.evidence,
        "reason": step.reason,
    }
    if isinstance(step, FailedStep):
        kept |= {
            "error": step.error,
            "cause": step.cause,
            "owner": step.owner.value,
            "permanence": step.permanence.value,
            "kind": step.kind.value,
            "proved": step.proved,
        }
    return kept
