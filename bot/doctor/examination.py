"""The examination: every check side by side, each with a time limit, none in another's way."""

import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from bot.doctor.findings import Finding, Status, found

SECONDS = 20.0
"""How long a check may take, and how long one waits at most for the check that it builds on."""


Look = Callable[[], Iterable[Finding]]


@dataclass(frozen=True)
class Check:
    """One thing to look at.

    Attributes:
        look: says what it found; may take seconds, and may raise.
        needs: the settings, in lower case, without which there is nothing to look at.
        after: a check that has to have gone well before, or nobody knows what this one would mean.
        at_start: whether a bot that starts looks too.
    """

    name: str
    look: Look
    needs: frozenset[str] = frozenset()
    after: str = ""
    at_start: bool = False


def examine(
    checks: Sequence[Check], wrong: Collection[str] = (), seconds: float = SECONDS
) -> list[Finding]:
    """Run the checks side by side; what they found, in their order.

    Args:
        wrong: the settings that are missing or malformed; what needs one of them is left out.
        seconds: how long each may take.
    """
    running: dict[str, _Running] = {}
    for check in checks:
        running[check.name] = _Running(check, wrong, running.get(check.after), seconds)
    for each in running.values():
        each.start()
    return [finding for each in running.values() for finding in each.wait()]


def failed(findings: Iterable[Finding]) -> bool:
    """Whether any of it keeps the bot from something."""
    return any(finding.status is Status.FAIL for finding in findings)


@dataclass
class _Running:
    """A check on a thread of its own."""

    check: Check
    wrong: Collection[str]
    before: "_Running | None"
    seconds: float
    _found: list[Finding] = field(default_factory=list)
    _done: threading.Event = field(default_factory=threading.Event)
    _begun: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        # Not waited for at the end of the process: a check that hangs must not hold it up
        threading.Thread(target=self._run, name=f"check-{self.check.name}", daemon=True).start()

    def wait(self) -> list[Finding]:
        """What it found by the end of its time."""
        if self.before is not None:
            self.before.wait()
        self._begun.wait(self.seconds)
        if not self._done.wait(self.seconds):
            return [found("too-slow", self.check.name, seconds=f"{self.seconds:.0f}")]
        return self._found

    def _run(self) -> None:
        reason = self._hindrance()
        self._begun.set()
        if reason:
            self._found = [found("skipped", self.check.name, reason=reason)]
        else:
            self._found = list(_looked(self.check))
        self._done.set()

    def _hindrance(self) -> str:
        """Why there is no use in looking; empty where there is."""
        lacking = sorted(self.check.needs & set(self.wrong))
        if lacking:
            return f"{lacking[0].upper()} is missing or wrong"
        bad = (Status.FAIL, Status.SKIPPED)
        if self.before is not None and any(each.status in bad for each in self.before.wait()):
            return f"it builds on {self.check.after}"
        return ""


def _looked(check: Check) -> Iterator[Finding]:
    begun = time.monotonic()
    try:
        yield from check.look()
    except Exception as error:  # one that fails must not stop the others
        after = f"{time.monotonic() - begun:.1f}"
        yield found("unexpected", check.name, error=f"{type(error).__name__}: {error}", after=after)
