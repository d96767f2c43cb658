"""When somebody is reminded of an account that waits for them: the rungs of a ladder, moved into
their working hours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.common.people import Person
from bot.lifecycle.hours import Hours
from bot.lifecycle.phases import PhaseEvent, phase_after
from storage.tables import Account, ReminderState
from storage.vocabulary import THEIRS, WAITING, Owner, ReminderPhase, State

LAST_CALL = timedelta(minutes=30)
"""So much of the working day has to be left for a reminder, which may be held up on its way."""


def waits(account: Account) -> bool:
    """Whether the account waits for somebody who is reminded: the customer's people, or support.
    Engineers on call have their alerts, and Microsoft reads none."""
    return account.state in WAITING and account.owner in (*THEIRS, Owner.SUPPORT)


def handed_over(account: Account) -> bool:
    """Whether every reminder went out and support was told."""
    return account.owner is Owner.SUPPORT and account.reminder.phase is ReminderPhase.ENDED


def _only_support_hears(account: Account) -> bool:
    """Whether the account waits for somebody who reads no reminders: Microsoft; or engineers, who
    mend what refuses a sign-in and cannot see that it goes through. Support is told once, when the
    last rung is reached."""
    if account.owner is Owner.ON_CALL:
        return account.state is State.AWAITING_SIGN_IN
    return account.state in WAITING and account.owner is Owner.MICROSOFT


def may_be_put_off(account: Account) -> bool:
    """Whether there are reminders of the account that somebody may still put off."""
    return waits(account) and account.reminder.phase in (
        ReminderPhase.RUNNING,
        ReminderPhase.SNOOZED,
    )


def asleep(account: Account, now: datetime) -> bool:
    """Whether somebody snoozed the account and that is not over yet."""
    until = account.reminder.snoozed_until
    return until is not None and until > now


@dataclass(frozen=True)
class Ladder:
    """How long after the beginning of a wait each reminder comes.

    Every method changes how the reminders of one account stand; the caller holds the account's row
    and keeps what follows (audit, messages) in the same transaction.
    """

    rungs: Sequence[timedelta]

    def begin(self, account: Account, now: datetime, hours: Hours) -> None:
        """The account waits for somebody else from now on, or for nobody any more."""
        reminder = account.reminder
        reminder.since = now
        others_turn = _only_support_hears(account)
        reminder.rung = len(self.rungs) - 1 if others_turn else 0
        if waits(account) or others_turn:
            _enter(reminder, PhaseEvent.WAIT_BEGAN)
            reminder.due_at = self._due(reminder, hours)
        else:
            _enter(reminder, PhaseEvent.WAIT_ENDED)
            reminder.due_at = None

    def interrupt(self, account: Account) -> None:
        """The account, which still stands where it waited, is going to be tested: nobody is
        reminded meanwhile. What it waited for is kept, for a test that changes nothing."""
        reminder = account.reminder
        waited = account.state in WAITING
        reminder.interrupted_phase = reminder.phase
        reminder.interrupted_state = account.state if waited else None
        reminder.interrupted_owner = account.owner if waited else None
        reminder.phase = phase_after(reminder.phase, PhaseEvent.INTERRUPTED)
        reminder.due_at = None

    def go_on(self, account: Account, now: datetime, hours: Hours) -> None:
        """The account waits for the same as before it was tested: put off, ended or reminded of as
        it was."""
        reminder = account.reminder
        assert reminder.interrupted_phase is not None
        reminder.phase = reminder.interrupted_phase
        _forget_interruption(reminder)
        if reminder.phase in (ReminderPhase.RUNNING, ReminderPhase.SNOOZED):
            reminder.due_at = max(self._due(reminder, hours), hours.next_moment(now))

    def climb(self, account: Account, now: datetime, hours: Hours) -> bool:
        """A reminder goes out now; False if it was the last one. Rungs that passed meanwhile are
        left out: what is late comes once."""
        reminder = account.reminder
        assert reminder.since is not None
        passed = [number for number, rung in enumerate(self.rungs) if reminder.since + rung <= now]
        reminder.rung = max([reminder.rung, *passed]) + 1
        if reminder.rung >= len(self.rungs):
            self.end(account)
            return False
        _enter(reminder, PhaseEvent.POSTED)
        reminder.due_at = self._due(reminder, hours)
        return True

    def step_back(self, account: Account, now: datetime, hours: Hours) -> None:
        """The last reminder did not go out after all: it comes when people work again, or when a
        snooze that was asked for meanwhile ends."""
        reminder = account.reminder
        reminder.phase = phase_after(reminder.phase, PhaseEvent.TAKEN_BACK)
        reminder.rung = max(reminder.rung - 1, 0)
        if reminder.phase is ReminderPhase.SNOOZED:
            assert reminder.snoozed_until is not None
            self._move(reminder, reminder.snoozed_until, hours)
        else:
            reminder.due_at = hours.next_moment(now)

    def end(self, account: Account) -> None:
        """There is no further reminder."""
        reminder = account.reminder
        reminder.rung = len(self.rungs)
        _enter(reminder, PhaseEvent.ALL_OUT)
        reminder.due_at = None

    def put_off(self, account: Account, until: datetime, hours: Hours) -> None:
        """The next reminder comes at `until` and not before; those after it keep their distance."""
        reminder = account.reminder
        reminder.phase = phase_after(reminder.phase, PhaseEvent.PUT_OFF)
        self._move(reminder, until, hours)

    def snooze(self, account: Account, until: datetime, hours: Hours, by: Person) -> None:
        """The same, because somebody asked for it."""
        reminder = account.reminder
        _enter(reminder, PhaseEvent.SNOOZED)
        reminder.snoozed_until = until
        reminder.held_by_team = by.team
        reminder.held_by_user = by.user
        self._move(reminder, until, hours)

    def stop(self, account: Account, by: Person) -> None:
        """Nobody is reminded any more, until the account waits for something else."""
        reminder = account.reminder
        _enter(reminder, PhaseEvent.STOPPED)
        reminder.due_at = None
        reminder.held_by_team = by.team
        reminder.held_by_user = by.user

    def resume(self, account: Account, now: datetime, hours: Hours) -> bool:
        """Nothing holds the reminders of a wait back any more: what is due comes now. False where
        every reminder went out."""
        reminder = account.reminder
        if reminder.rung >= len(self.rungs):
            self.end(account)
            return False
        _enter(reminder, PhaseEvent.RESUMED)
        reminder.since = min(reminder.since or now, now)
        reminder.due_at = max(self._due(reminder, hours), hours.next_moment(now))
        return True

    def _move(self, reminder: ReminderState, until: datetime, hours: Hours) -> None:
        rung = self.rungs[min(reminder.rung, len(self.rungs) - 1)]
        reminder.since = until - rung
        reminder.due_at = hours.next_moment(until)

    def _due(self, reminder: ReminderState, hours: Hours) -> datetime:
        assert reminder.since is not None
        return hours.next_moment(reminder.since + self.rungs[reminder.rung])


def may_remind(now: datetime, hours: Hours) -> bool:
    """Whether a reminder that goes out now is read in working hours."""
    return hours.includes(now) and hours.includes(now + LAST_CALL)


def _enter(reminder: ReminderState, event: PhaseEvent) -> None:
    """Enter the phase that follows; what belonged to the one before is forgotten."""
    reminder.phase = phase_after(reminder.phase, event)
    reminder.snoozed_until = None
    reminder.held_by_team = ""
    reminder.held_by_user = ""
    _forget_interruption(reminder)


def _forget_interruption(reminder: ReminderState) -> None:
    reminder.interrupted_phase = None
    reminder.interrupted_state = None
    reminder.interrupted_owner = None
