"""Reading the steps of a connection test as they are kept."""

from datetime import timedelta
from typing import Any

from bot.diagnosis.failures import Recorded
from bot.mail.steps import StepResult
from storage.tables import ConnectionTest
from storage.vocabulary import Owner, Permanence, StepId, StepStatus

NOT_ASKED = "not-asked"
"""The reason of a round trip that nobody asked for."""

Row = dict[str, Any]


def row(result: StepResult, recorded: Recorded | None) -> Row:
    """A step as it is kept; `recorded` is its failure."""
    kept: Row = {
        "step": result.step.value,
        "status": result.status.value,
        "ms": round(result.elapsed / timedelta(milliseconds=1)),
        "evidence": result.evidence,
        "reason": result.reason,
    }
    if recorded is not None:
        verdict = recorded.verdict
        kept |= {"error": recorded.failure.ref, "cause": verdict.cause}
        kept |= {"owner": verdict.owner.value, "permanence": verdict.permanence.value}
    return kept


def complete(steps: list[Row]) -> list[Row]:
    """All steps in their order; those that were never reached are skipped because of the first that
    failed, or because nobody asked for them."""
    done = {kept["step"]: kept for kept in steps}
    failed = first_failure(steps)
    skipped = {
        "status": StepStatus.SKIP.value,
        "ms": 0,
        "evidence": "",
        "reason": failed["step"] if failed else NOT_ASKED,
    }
    return [done.get(step.value, {"step": step.value, **skipped}) for step in StepId]


def first_failure(steps: list[Row]) -> Row | None:
    """The step that the result hangs on."""
    return next((kept for kept in steps if kept["status"] == StepStatus.FAIL), None)


def passed_steps(test: ConnectionTest) -> set[StepId]:
    """The steps that passed."""
    return {
        StepId(kept["step"])
        for kept in test.steps
        if kept["status"] in (StepStatus.OK, StepStatus.WARN)
    }


def ours(test: ConnectionTest) -> bool:
    """Whether everything that failed is our engineers' to mend."""
    return all(kept["owner"] == Owner.ON_CALL for kept in _failed(test))


def passing(test: ConnectionTest) -> bool:
    """Whether everything that failed may come right without the customer, and may be tried again by
    ourselves: a message whose fate is not known may not."""
    return all(
        kept["permanence"] == Permanence.RETRY or _ours_to_retry(kept) for kept in _failed(test)
    )


def _ours_to_retry(kept: Row) -> bool:
    return Owner(kept["owner"]) is Owner.ON_CALL and StepId(kept["step"]) is not StepId.ROUNDTRIP


def _failed(test: ConnectionTest) -> list[Row]:
    return [kept for kept in test.steps if kept["status"] == StepStatus.FAIL]
