"""The road of an account: which state it is in, whose turn it is, and what follows from a
change."""

from datetime import datetime

from bot.common import audit
from bot.common.clock import Clock
from bot.common.people import MAILDESK, Person
from bot.lifecycle.hours import Hours, hours_of
from bot.lifecycle.ladder import Ladder, waits
from bot.messages import notices
from storage.database import Transaction
from storage.tables import Account, Reminder
from storage.vocabulary import WAITING, Owner, State

HANDED_OVER = "handed-over"

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


class Lifecycle:
    """Moves accounts along their road. Every change is written with its audit entry and the
    messages that it causes."""

    def __init__(self, clock: Clock, ladder: Ladder, ordinary: Hours, support_channel: str) -> None:
        """`ladder`, `ordinary`: when whoever has to act is reminded; support is in its own
        channel."""
        self._clock = clock
        self._ladder = ladder
        self._ordinary = ordinary
        self._support_channel = support_channel

    def transition(
        self,
        tx: Transaction,
        account: Account,
        state: State,
        by: Person,
        owner: Owner | None = None,
        quiet: bool = False,
    ) -> None:
        """Put `account` into `state`; `owner` where the fault names somebody else than the state
        does; `quiet` where its card would only flood the channel.

        Nothing changes when it stands there already with the same owner, so that a wait keeps its
        beginning."""
        owner = owner or WHOSE_TURN[state]
        if account.state is state and (account.owner is owner or handed_over(account)):
            return
        now, interrupted = self._clock.now(), account.nag_for
        account.nag_for = _wait(account) if state is State.TESTING else ""
        if account.state is not state:
            account.state_since = now
            self.audit(tx, by, f"account.{state}", account)
        with_support = interrupted == f"{state}:{HANDED_OVER}"
        account.state, account.owner = state, Owner.SUPPORT if with_support else owner
        self._go_on(tx, account, interrupted, with_support, now)
        if not quiet:
            self.show(tx, account)

    def hand_to_support(self, tx: Transaction, account: Account) -> None:
        """Every reminder went out: it is the support team's turn, who are told and not reminded."""
        if account.owner is not Owner.SUPPORT:
            account.owner = Owner.SUPPORT
            self.audit(tx, MAILDESK, "account.handed_over", account)
            notices.show_card(tx, account, self._clock.now())

    def show(self, tx: Transaction, account: Account) -> None:
        """Have every message that speaks of the account show how it stands now."""
        now = self._clock.now()
        notices.show_card(tx, account, now)
        tx.session.flush()
        for place in (account.channel_id, self._support_channel):
            reminder = tx.reminders.open_in(place)
            if reminder is not None and account.id in reminder.account_ids:
                self._settle(tx, reminder)

    def audit(
        self,
        tx: Transaction,
        by: Person,
        action: str,
        account: Account,
        result: str = "done",
        **detail: str,
    ) -> None:
        """Keep who did what to the account, and from where."""
        audit.record(tx, by, action, account.ref, self._clock.now(), result=result, **detail)

    def hours(self, tx: Transaction, account: Account) -> Hours:
        """When whoever has to act for the account may be reminded."""
        support = account.owner in (Owner.SUPPORT, Owner.MICROSOFT)
        return hours_of(
            None if support else tx.channels.customer(account.customer_id), self._ordinary
        )

    def _go_on(
        self, tx: Transaction, account: Account, interrupted: str, with_support: bool, now: datetime
    ) -> None:
        """Who is reminded from now on: nobody while it is tested; after a test that changes nothing
        as before; else anew."""
        if account.state is State.TESTING:
            self._ladder.interrupt(account)
        elif with_support or (interrupted and interrupted == _wait(account)):
            self._ladder.go_on(account, now, self.hours(tx, account))
        else:
            self._ladder.begin(account, now, self.hours(tx, account))

    def _settle(self, tx: Transaction, reminder: Reminder) -> None:
        listed = tx.accounts.several(reminder.account_ids)
        if not any(
            listed_still(account, reminder.channel_id == self._support_channel)
            for account in listed
        ):
            reminder.finished_at = self._clock.now()
        notices.show_reminder(tx, reminder, self._clock.now())


def listed_still(account: Account, support: bool) -> bool:
    """Whether an account that stands on a reminder (of support's, or of a customer's channel) waits
    there still. One that is tested just now may wait again in a moment; one that was handed to
    support stays on the customer's last reminder."""
    if account.state is State.TESTING:
        return True
    if not waits(account) or account.nag_stopped_at is not None:
        return False
    ours = account.owner is Owner.SUPPORT
    return ours if support else not ours or handed_over(account)


def handed_over(account: Account) -> bool:
    """Whether every reminder went out and support was told."""
    over = account.nag_rung > 0 and account.nag_due_at is None and account.nag_stopped_at is None
    return account.owner is Owner.SUPPORT and over


def _wait(account: Account) -> str:
    """What the account waits for, in a word; empty if for nobody."""
    if account.state not in WAITING:
        return ""
    return f"{account.state}:{HANDED_OVER if handed_over(account) else account.owner}"
