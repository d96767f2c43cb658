"""When somebody is reminded of an account that waits for them: the rungs of a ladder, moved into
their working hours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.lifecycle.hours import Hours
from storage.tables import Account
from storage.vocabulary import THEIRS, WAITING, Owner

LAST_CALL = timedelta(minutes=30)
"""So much of the working day has to be left for a reminder, which may be held up on its way."""


def waits(account: Account) -> bool:
    """Whether the account waits for somebody who is reminded: the customer's people, or support.
    Engineers on call have their alerts, and Microsoft reads none."""
    return account.state in WAITING and account.owner in (*THEIRS, Owner.SUPPORT)


@dataclass(frozen=True)
class Ladder:
    """How long after the beginning of a wait each reminder comes."""

    rungs: Sequence[timedelta]

    def begin(self, account: Account, now: datetime, hours: Hours) -> None:
        """The account waits for somebody else from now on, or for nobody any more."""
        account.nag_since = now
        account.snoozed_until = account.nag_stopped_at = None
        account.nag_held_by_team = account.nag_held_by_user = ""
        microsofts = (
            account.state in WAITING and account.owner is Owner.MICROSOFT
        )  # only support is told, in the end
        account.nag_rung = len(self.rungs) - 1 if microsofts else 0
        account.nag_due_at = self._due(account, hours) if waits(account) or microsofts else None

    def interrupt(self, account: Account) -> None:
        """The account is tested: nobody is reminded meanwhile."""
        account.nag_due_at = None

    def go_on(self, account: Account, now: datetime, hours: Hours) -> None:
        """The account waits for the same as before it was tested: put off, ended or reminded of as
        it was."""
        over = account.nag_stopped_at is not None or account.nag_rung >= len(self.rungs)
        account.nag_due_at = (
            None if over else max(self._due(account, hours), hours.next_moment(now))
        )

    def climb(self, account: Account, now: datetime, hours: Hours) -> bool:
        """A reminder goes out now; False if it was the last one. Rungs that passed meanwhile are
        left out: what is late comes once."""
        assert account.nag_since is not None
        account.snoozed_until = None
        passed = [
            number for number, rung in enumerate(self.rungs) if account.nag_since + rung <= now
        ]
        account.nag_rung = max([account.nag_rung, *passed]) + 1
        account.nag_due_at = (
            self._due(account, hours) if account.nag_rung < len(self.rungs) else None
        )
        return account.nag_due_at is not None

    def step_back(self, account: Account, now: datetime, hours: Hours) -> None:
        """The last reminder did not go out after all: it comes when people work again."""
        account.nag_rung, account.nag_due_at = max(account.nag_rung - 1, 0), hours.next_moment(now)

    def end(self, account: Account) -> None:
        """There is no further reminder."""
        account.nag_rung, account.nag_due_at = len(self.rungs), None

    def hold(self, account: Account, until: datetime, hours: Hours) -> None:
        """The next reminder comes at `until` and not before; those after it keep their distance."""
        account.nag_stopped_at = None
        rung = self.rungs[min(account.nag_rung, len(self.rungs) - 1)]
        account.nag_since, account.nag_due_at = until - rung, hours.next_moment(until)

    def resume(self, account: Account, now: datetime, hours: Hours) -> None:
        """Nothing holds the reminders of a wait back any more: what is due comes now."""
        account.snoozed_until = account.nag_stopped_at = None
        account.nag_held_by_team = account.nag_held_by_user = ""
        account.nag_since = min(account.nag_since or now, now)
        over = account.nag_rung >= len(self.rungs) or not waits(account)
        account.nag_due_at = (
            None if over else max(self._due(account, hours), hours.next_moment(now))
        )

    def _due(self, account: Account, hours: Hours) -> datetime:
        assert account.nag_since is not None
        return hours.next_moment(account.nag_since + self.rungs[account.nag_rung])


def may_remind(now: datetime, hours: Hours) -> bool:
    """Whether a reminder that goes out now is read in working hours."""
    return hours.includes(now) and hours.includes(now + LAST_CALL)
