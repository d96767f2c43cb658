"""The phases of an account's reminders, and what moves them from one to the next."""

from enum import StrEnum

from storage.vocabulary import ReminderPhase


class PhaseEvent(StrEnum):
    """What happens to the reminders of an account."""

    WAIT_BEGAN = "it begins to wait for somebody who is reminded"
    WAIT_ENDED = "it waits for nobody who is reminded"
    INTERRUPTED = "it is tested"
    POSTED = "a reminder goes out"
    TAKEN_BACK = "a reminder came too late and is taken back"
    ALL_OUT = "no reminder is left"
    PUT_OFF = "the next reminder is moved"
    SNOOZED = "somebody snoozes it"
    STOPPED = "somebody ends its reminders"
    RESUMED = "somebody begins its reminders again"


class PhaseRefused(Exception):
    """An event that cannot happen to an account's reminders in their phase: a fault of ours."""

    def __init__(self, phase: ReminderPhase, event: PhaseEvent) -> None:
        super().__init__(f"{phase}: {event}")
        self.phase = phase
        self.event = event


IDLE = ReminderPhase.IDLE
RUNNING = ReminderPhase.RUNNING
SNOOZED = ReminderPhase.SNOOZED
STOPPED = ReminderPhase.STOPPED
INTERRUPTED = ReminderPhase.INTERRUPTED
ENDED = ReminderPhase.ENDED

PHASES: dict[tuple[ReminderPhase, PhaseEvent], ReminderPhase] = {
    **{(phase, PhaseEvent.WAIT_BEGAN): RUNNING for phase in ReminderPhase},
    **{(phase, PhaseEvent.WAIT_ENDED): IDLE for phase in ReminderPhase},
    **{
        (phase, PhaseEvent.INTERRUPTED): INTERRUPTED
        for phase in ReminderPhase
        if phase is not INTERRUPTED
    },
    (RUNNING, PhaseEvent.POSTED): RUNNING,
    (SNOOZED, PhaseEvent.POSTED): RUNNING,
    (RUNNING, PhaseEvent.TAKEN_BACK): RUNNING,
    (SNOOZED, PhaseEvent.TAKEN_BACK): SNOOZED,
    (RUNNING, PhaseEvent.ALL_OUT): ENDED,
    (SNOOZED, PhaseEvent.ALL_OUT): ENDED,
    (STOPPED, PhaseEvent.ALL_OUT): ENDED,
    (ENDED, PhaseEvent.ALL_OUT): ENDED,
    (RUNNING, PhaseEvent.PUT_OFF): RUNNING,
    (SNOOZED, PhaseEvent.PUT_OFF): SNOOZED,
    (RUNNING, PhaseEvent.SNOOZED): SNOOZED,
    (SNOOZED, PhaseEvent.SNOOZED): SNOOZED,
    (STOPPED, PhaseEvent.SNOOZED): SNOOZED,
    (RUNNING, PhaseEvent.STOPPED): STOPPED,
    (SNOOZED, PhaseEvent.STOPPED): STOPPED,
    (STOPPED, PhaseEvent.STOPPED): STOPPED,
    (ENDED, PhaseEvent.STOPPED): STOPPED,
    (RUNNING, PhaseEvent.RESUMED): RUNNING,
    (SNOOZED, PhaseEvent.RESUMED): RUNNING,
    (STOPPED, PhaseEvent.RESUMED): RUNNING,
}
"""The phase that follows. What is not here is refused. An interrupted wait goes on in the phase
that it was in (`Ladder.go_on`), unless a new one begins."""


def phase_after(phase: ReminderPhase, event: PhaseEvent) -> ReminderPhase:
    """The phase that follows.

    Raises:
        PhaseRefused: that cannot happen in this phase.
    """
    found = PHASES.get((phase, event))
    if found is None:
        raise PhaseRefused(phase, event)
    return found


def phases_markdown() -> str:
    """The table as it stands in docs/architecture.md."""
    lines = ["| event | in | leads to |", "|---|---|---|"]
    for event in PhaseEvent:
        rows: dict[ReminderPhase, list[ReminderPhase]] = {}
        for (phase, of), to in PHASES.items():
            if of is event:
                rows.setdefault(to, []).append(phase)
        lines += [f"| {event} | {', '.join(phases)} | {to} |" for to, phases in rows.items()]
    return "\n".join(lines)
