"""A connection test as it is shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from storage.tables import ConnectionTest
from storage.vocabulary import StepId, StepStatus


@dataclass(frozen=True)
class StepView:
    """One step. `reason` says why a step was skipped or warns; `error` is the error ID of a failed
    one, `cause` its cause."""

    step: StepId
    status: StepStatus
    elapsed: timedelta
    reason: str = ""
    error: str = ""
    cause: str = ""

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "StepView":
        """A step as it is kept."""
        return cls(
            step=StepId(kept["step"]),
            status=StepStatus(kept["status"]),
            elapsed=timedelta(milliseconds=kept["ms"]),
            reason=kept.get("reason", ""),
            error=kept.get("error", ""),
            cause=kept.get("cause", ""),
        )


@dataclass(frozen=True)
class TestView:
    """The plain facts of a connection test, and its steps so far; `passed` is None while it
    runs."""

    id: int
    account_id: int
    started_at: datetime
    finished_at: datetime | None
    passed: bool | None
    steps: Sequence[StepView]

    @classmethod
    def of(cls, row: ConnectionTest) -> "TestView":
        """The test as far as it is now."""
        return cls(
            id=row.id,
            account_id=row.account_id,
            started_at=row.started_at,
            finished_at=row.finished_at,
            passed=row.passed,
            steps=tuple(StepView.of(kept) for kept in row.steps),
        )

    @property
    def failed_step(self) -> StepView | None:
        """The step that the result hangs on: the first that failed."""
        return next((step for step in self.steps if step.status is StepStatus.FAIL), None)
