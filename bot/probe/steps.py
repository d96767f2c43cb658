"""One step of the probe: timed, and its failure told in the protocol's own fields."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock

from bot.diagnosis.observation import Observation
from bot.diagnosis.observe import from_exception
from bot.redaction import redact
from storage.vocabulary import StepId, StepStatus

LONGEST_EVIDENCE = 300


@dataclass(frozen=True)
class StepResult:
    """How a step ended. `evidence` is redacted; `reason` names the failed step because of which this one was skipped."""

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


@contextmanager
def bounded(deadline: float, leave: Callable[[], object], cut: Callable[[], None]) -> Iterator[None]:
    """A conversation of at most `deadline` seconds, whatever the server does: then, as at its end, it is `cut`.
    `leave` says goodbye first, where there is somebody to say it to."""
    timer = threading.Timer(deadline, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        with suppress(Exception):
            leave()
        cut()


OnStep = Callable[[StepResult], None]


@dataclass
class Leg:
    """The steps of one protocol, one behind the other: what comes behind a failed step is skipped."""

    steps: tuple[StepId, ...]
    on_step: OnStep
    lock: Lock
    results: list[StepResult] = field(default_factory=list)

    def do(self, step: StepId, work: Callable[[], str]) -> None:
        """Do one step and report it; what `work` returns is its evidence.

        Raises:
            ProbeFailed: it failed (and was reported).
        """
        begun = time.monotonic()
        try:
            evidence = redact(work())[:LONGEST_EVIDENCE]
        except ProbeFailed as failed:
            self._report(step, StepStatus.FAIL, begun, observation=failed.observation)
            raise
        except Exception as error:  # whatever a library raises is an answer, not an accident
            seen = from_exception(error, step.value)
            self._report(step, StepStatus.FAIL, begun, observation=seen)
            raise ProbeFailed(seen) from None
        self._report(step, StepStatus.OK, begun, evidence=evidence)

    def skip_rest(self) -> None:
        """Report the steps that were not reached."""
        done = {result.step for result in self.results}
        failed = next((r.step for r in self.results if r.status is StepStatus.FAIL), None)
        for step in self.steps:
            if step not in done:
                self._tell(StepResult(step, StepStatus.SKIP, timedelta(), reason=failed.value if failed else ""))

    def _report(
        self, step: StepId, status: StepStatus, begun: float, evidence: str = "", observation: Observation | None = None
    ) -> None:
        elapsed = timedelta(seconds=time.monotonic() - begun)
        self._tell(StepResult(step, status, elapsed, evidence, observation))

    def _tell(self, result: StepResult) -> None:
        self.results.append(result)
        with self.lock:
            self.on_step(result)
