"""One step of the probe: timed, and its failure told in the protocol's own fields."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock
from typing import Protocol

from bot.common.redaction import redact
from bot.diagnosis.observation import Observation
from bot.diagnosis.observe import from_exception
from storage.vocabulary import StepId, StepStatus

MAX_EVIDENCE_LENGTH = 300


@dataclass(frozen=True)
class StepResult:
    """How a step ended. `evidence` is redacted; `reason` names the failed step because of which
    this one was skipped, or the sentence of a remark."""

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


class Conversation(Protocol):
    """A connection to a server."""

    def leave(self) -> None:
        """Say goodbye, where there is somebody to say it to. May raise whatever a library
        raises."""
        ...

    def cut(self) -> None:
        """End the connection at once, from any thread."""
        ...


@contextmanager
def bounded(seconds: float, *conversations: Conversation) -> Iterator[None]:
    """Conversations of at most `seconds` together, the goodbyes included, whatever the servers do:
    then they are cut."""

    def cut() -> None:
        for conversation in conversations:
            conversation.cut()

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        goodbyes = [
            threading.Thread(target=_leave, args=(conversation,)) for conversation in conversations
        ]
        for goodbye in goodbyes:
            goodbye.start()
        for goodbye in goodbyes:
            goodbye.join()
        timer.cancel()
        cut()


def _leave(conversation: Conversation) -> None:
    with suppress(Exception):
        conversation.leave()


@dataclass(frozen=True)
class Remark:
    """A step passed, with something that people should know: `reason` names the sentence that says
    it."""

    reason: str
    evidence: str


Outcome = Observation | Remark | str


def ended(step: StepId, begun: float, outcome: Outcome) -> StepResult:
    """The result of a step that began at `begun` (of `time.monotonic`): what was seen when it
    failed, a remark, or evidence."""
    elapsed = timedelta(seconds=time.monotonic() - begun)
    match outcome:
        case Observation():
            return StepResult(step, StepStatus.FAIL, elapsed, observation=outcome)
        case Remark():
            return StepResult(
                step,
                StepStatus.WARN,
                elapsed,
                redact(outcome.evidence)[:MAX_EVIDENCE_LENGTH],
                reason=outcome.reason,
            )
        case str():
            return StepResult(step, StepStatus.OK, elapsed, redact(outcome)[:MAX_EVIDENCE_LENGTH])


OnStep = Callable[[StepResult], None]


@dataclass
class StepRunner:
    """The steps of one protocol, one behind the other: what comes behind a failed step is
    skipped."""

    steps: tuple[StepId, ...]
    on_step: OnStep
    lock: Lock
    results: list[StepResult] = field(default_factory=list)

    def do(self, step: StepId, work: Callable[[], str | Remark]) -> None:
        """Do one step and report it; what `work` returns is its evidence, or a remark.

        Raises:
            ProbeFailed: it failed (and was reported).
        """
        begun = time.monotonic()
        try:
            outcome = work()
        except ProbeFailed as failed:
            self._report(step, begun, failed.observation)
            raise
        except Exception as error:  # whatever a library raises is an answer, not an accident
            seen = from_exception(error, step.value)
            self._report(step, begun, seen)
            raise ProbeFailed(seen) from None
        self._report(step, begun, outcome)

    def skip_rest(self) -> None:
        """Report the steps that were not reached."""
        done = {result.step for result in self.results}
        failed = next((r.step for r in self.results if r.status is StepStatus.FAIL), None)
        for step in self.steps:
            if step not in done:
                self._tell(
                    StepResult(
                        step, StepStatus.SKIP, timedelta(), reason=failed.value if failed else ""
                    )
                )

    def _report(self, step: StepId, begun: float, outcome: Outcome) -> None:
        self._tell(ended(step, begun, outcome))

    def _tell(self, result: StepResult) -> None:
        self.results.append(result)
        with self.lock:
            self.on_step(result)
