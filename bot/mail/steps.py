"""One step of a test: timed, and its failure told in the protocol's own fields."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from threading import Lock

from bot.common.redaction import redact
from bot.common.stop import LetGo
from bot.diagnosis.observation import Observation
from bot.diagnosis.observe import from_exception
from storage.vocabulary import StepId, StepStatus

MAX_EVIDENCE_LENGTH = 300


@dataclass(frozen=True)
class StepResult:
    """How a step ended. `evidence` is redacted. `observation` is what was seen of a failure.
    `reason` is the id of the failed step because of which this one was skipped, or the name of a
    remark's sentence."""

    step: StepId
    status: StepStatus
    elapsed: timedelta
    evidence: str = ""
    observation: Observation | None = None
    reason: str = ""


class ProbeFailed(Exception):
    """A server did not do what was asked; `observation` says how."""

    def __init__(self, observation: Observation) -> None:
        super().__init__(observation.step)
        self.observation = observation


@dataclass(frozen=True)
class Remark:
    """A step passed, with something that people should know: `reason` names the sentence that says
    it (``test.remark_<reason>``)."""

    reason: str
    evidence: str


Outcome = Observation | Remark | str
"""What a step gives: what was seen of its failure, a remark, or the evidence that it passed."""

OnStep = Callable[[StepResult], None]


def ended(step: StepId, begun: float, outcome: Outcome) -> StepResult:
    """The result of a step that began at `begun` (of `time.monotonic`) and ends now."""
    elapsed = timedelta(seconds=time.monotonic() - begun)
    match outcome:
        case Observation():
            return StepResult(step, StepStatus.FAIL, elapsed, observation=outcome)
        case Remark():
            evidence = _evidence(outcome.evidence)
            return StepResult(step, StepStatus.WARN, elapsed, evidence, reason=outcome.reason)
        case str():
            return StepResult(step, StepStatus.OK, elapsed, _evidence(outcome))


@dataclass
class StepRunner:
    """Runs the steps of one connection, one behind the other, and keeps their results.

    `steps` are all that there are, in their order; `on_step` hears of each as it ends. `lock` is
    shared by the connections that are tested side by side, so that `on_step` hears of one at a
    time. `host` is where the connection goes to, with its port.
    """

    steps: tuple[StepId, ...]
    on_step: OnStep
    lock: Lock
    host: str = ""
    results: list[StepResult] = field(default_factory=list)

    def run(self, step: StepId, work: Callable[[], str | Remark]) -> None:
        """Run one step and report it; what `work` gives is its evidence, or a remark.

        Raises:
            ProbeFailed: the step failed. It is reported already.
            LetGo: the test is not to go on here. Nothing is reported.
        """
        begun = time.monotonic()
        try:
            outcome = work()
        except LetGo:
            raise
        except ProbeFailed as failed:
            raise self._failed(step, begun, failed.observation) from None
        except Exception as error:  # whatever a library raises is an answer, not an accident
            raise self._failed(step, begun, from_exception(error, step.value)) from None
        self._report(ended(step, begun, outcome))

    def skip_rest(self) -> None:
        """Report the steps that were not reached as skipped because of the one that failed."""
        done = {result.step for result in self.results}
        failed = next((r.step for r in self.results if r.status is StepStatus.FAIL), None)
        reason = failed.value if failed else ""
        for step in self.steps:
            if step not in done:
                self._report(StepResult(step, StepStatus.SKIP, timedelta(), reason=reason))

    @property
    def passed(self) -> bool:
        """Whether every step was run and none failed."""
        failed = any(result.status is StepStatus.FAIL for result in self.results)
        return len(self.results) == len(self.steps) and not failed

    def _failed(self, step: StepId, begun: float, seen: Observation) -> ProbeFailed:
        seen = replace(seen, host=self.host)
        self._report(ended(step, begun, seen))
        return ProbeFailed(seen)

    def _report(self, result: StepResult) -> None:
        self.results.append(result)
        with self.lock:
            self.on_step(result)


def _evidence(text: str) -> str:
    return redact(text)[:MAX_EVIDENCE_LENGTH]
