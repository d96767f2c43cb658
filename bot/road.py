"""The road of an account: which state it is in, whose turn it is, and what follows from a change."""

from collections.abc import Sequence
from datetime import timedelta

from bot import notices
from bot.people import Person
from bot.time import Clock
from storage.database import Transaction
from storage.tables import Account, AuditEntry, Reminder
from storage.vocabulary import Owner, State

WHOSE_TURN = {
    State.LISTED: Owner.SUPPORT,
    State.CREATED: Owner.MAILDESK,
    State.AWAITING_SIGN_IN: Owner.USER,
    State.AWAITING_ADMIN: Owner.ADMINISTRATOR,
    State.TESTING: Owner.MAILDESK,
    State.FAILING: Owner.SUPPORT,
    State.UNMAPPED: Owner.USER,
    State.LIVE: Owner.MAILDESK,
    State.BROKEN: Owner.SUPPORT,
    State.DISCONNECTED: Owner.MAILDESK,
}

NAGGED = frozenset({State.UNMAPPED})
"""The states in which somebody is reminded."""


class Road:
    """Moves accounts along their road. Every change is written with its audit entry and the messages that it causes."""

    def __init__(self, clock: Clock, ladder: Sequence[timedelta]) -> None:
        """`ladder`: how long after the beginning of the wait each reminder comes."""
        self._clock = clock
        self._ladder = tuple(ladder)

    def move(
        self,
        tx: Transaction,
        account: Account,
        state: State,
        by: Person,
        owner: Owner | None = None,
        quiet: bool = False,
    ) -> None:
        """Put `account` into `state`; `owner` where the fault names somebody else than the state does; `quiet` where its card
        would only flood the channel.

        Nothing changes when it stands there already with the same owner, so that a wait keeps its beginning."""
        owner = owner or WHOSE_TURN[state]
        if (account.state, account.owner) == (state, owner):
            return
        now = self._clock.now()
        if account.state is not state:
            account.state_since = now
            self._start_ladder(account, state)
            self.audit(tx, by, f"account.{state}", account)
        account.state, account.owner = state, owner
        if not quiet:
            self.show(tx, account)

    def show(self, tx: Transaction, account: Account) -> None:
        """Have every message that speaks of the account show how it stands now."""
        now = self._clock.now()
        notices.show_card(tx, account, now)
        reminder = tx.reminders.open_in(account.channel_id)
        if reminder is not None and account.id in reminder.account_ids:
            self._settle(tx, reminder)

    def audit(
        self, tx: Transaction, by: Person, action: str, account: Account, result: str = "done", **detail: str
    ) -> None:
        """Keep who did what to the account, and from where."""
        entry = AuditEntry(at=self._clock.now(), team=by.team, user=by.user, action=action, subject=account.ref)
        entry.channel_id, entry.result, entry.detail = by.place, result, dict(detail)
        tx.audit.add(entry)

    def _start_ladder(self, account: Account, state: State) -> None:
        waits = state in NAGGED
        account.nag_rung, account.snoozed_until = 0, None
        account.nag_due_at = account.state_since + self._ladder[0] if waits else None

    def _settle(self, tx: Transaction, reminder: Reminder) -> None:
        tx.session.flush()
        if not any(a.state in NAGGED for a in tx.accounts.several(reminder.account_ids)):
            reminder.finished_at = self._clock.now()
        notices.show_reminder(tx, reminder, self._clock.now())
