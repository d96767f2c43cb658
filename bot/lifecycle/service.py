"""What follows from an event of an account: its state, whose turn it is, and who is reminded."""

from datetime import datetime

from bot.common import audit
from bot.common.clock import Clock
from bot.common.people import MAILDESK, Person
from bot.lifecycle import outages
from bot.lifecycle.hours import Hours, hours_of
from bot.lifecycle.ladder import Ladder, handed_over, waits
from bot.lifecycle.setbacks import Setbacks
from bot.lifecycle.states import SIGNED_IN, SIGNING_IN, WORKING, Arrival, Event, arrival
from bot.messages import notices
from storage.database import Transaction
from storage.tables import Account, Reminder
from storage.vocabulary import THEIRS, Owner, ReminderPhase, State, Trouble, stand

IN_USE = (State.LIVE, State.BROKEN)
"""An account in these states is live, or was until now."""

RESULTS = 10
"""Among so many of its newest tests the last one is looked for of which people were told."""


class Lifecycle:
    """Takes accounts from state to state. Every change is written with its audit entry and the
    messages that it causes, in the caller's transaction.

    Whoever calls holds the account's row (`tx.accounts.lock`). Rows are locked in one order
    everywhere: a channel's reminder day, then accounts by ascending ID, then incidents, then a
    customer's reminder and ours, then lanes of messages, our own channel's last, each before its
    messages. So two transactions never wait for each other.
    """

    def __init__(self, clock: Clock, ladder: Ladder, ordinary: Hours, support_channel: str) -> None:
        """`ladder`, `ordinary`: when whoever has to act is reminded; support is in its own
        channel."""
        self._clock = clock
        self._ladder = ladder
        self._ordinary = ordinary
        self._support_channel = support_channel
        self._setbacks = Setbacks(clock, support_channel)

    def transition(
        self,
        tx: Transaction,
        account: Account,
        event: Event,
        by: Person,
        owner: Owner | None = None,
        quiet: bool = False,
        trouble: Trouble | None = None,
    ) -> bool:
        """Do what `event` does to an account. `owner` is who acts next where the verdict of a fault
        says so, `trouble` what it says more than the state; `quiet` where the account's card would
        only flood the channel.

        Nothing changes when the account stands there already with the same owner, so that a wait
        keeps its beginning.

        Returns:
            Whether every message that speaks of the account shows how it stands now.

        Raises:
            TransitionRefused: the event cannot happen in the account's state.
        """
        to = arrival(account.state, event)
        return self.enter(tx, account, Arrival(to.state, to.owner or owner, trouble), by, quiet)

    def enter(
        self, tx: Transaction, account: Account, to: Arrival, by: Person, quiet: bool = False
    ) -> bool:
        """Put an account where an event takes it. `transition` asks the table first, and returns
        the same."""
        owner = self._turn(tx, account, to)
        if account.state is to.state and (account.owner is owner or handed_over(account)):
            return False
        now = self._clock.now()
        account.changed_at = now
        if to.state in (*WORKING, State.DISCONNECTED):
            tx.attempts.end_counting(account.id, now)
        account.trouble = to.trouble
        if to.state in IN_USE and account.live_at is None:
            account.live_at = now
            if not quiet:
                notices.show_live(tx, account, now)
        if account.state is not to.state:
            account.state_since = now
            self.audit(tx, by, f"account.{to.state}", account)
        if to.state is State.TESTING:
            self._ladder.interrupt(account)
            account.state = to.state
            account.owner = owner
        else:
            self._arrive(tx, account, to.state, owner, now)
        if not quiet:
            self.show(tx, account)
            self._setbacks.follow(tx, account)
            self._tell_requests(tx, account)
        return not quiet

    def hand_to_support(self, tx: Transaction, account: Account) -> None:
        """Every reminder went out: it is the support team's turn, who are told and not reminded."""
        if account.owner is not Owner.SUPPORT:
            account.owner = arrival(account.state, Event.HANDED_OVER).owner or Owner.SUPPORT
            self.audit(tx, MAILDESK, "account.handed_over", account)
            notices.show_card(tx, account, self._clock.now())

    def tell_support(self, tx: Transaction, account: Account, cause: str, error: str = "") -> None:
        """Have the support team's channel say that a cause keeps the account from its next step:
        one message for a customer and a cause. Where it does not, and it is a sign-in from another
        organisation, it is told under its `error` ID alone."""
        self._setbacks.tell(tx, account, cause, error)

    def reminders_changed(self, tx: Transaction, account: Account) -> None:
        """Show that somebody changed the account's reminders, which may end or begin anew what
        support was told of it."""
        self._setbacks.recount(tx, account)
        self.show(tx, account)

    def show(self, tx: Transaction, account: Account) -> None:
        """Have every message that speaks of the account show how it stands now."""
        now = self._clock.now()
        notices.show_card(tx, account, now)
        outages.follow(tx, account, now)
        self._show_approved(tx, account, now)
        self._show_test(tx, account, now)
        for request in tx.requests.open_of(account.id):
            notices.show_request(tx, request, self._support_channel, now)
        for channel_id in (account.channel_id, self._support_channel):
            reminder = tx.reminders.open_in(channel_id)
            listed = reminder is not None and account.id in reminder.account_ids
            # One that is replaced in this moment is not shown after it was taken away
            if reminder is not None and listed and tx.reminders.hold_open(reminder):
                self._settle(tx, reminder)

    def _show_approved(self, tx: Transaction, account: Account, now: datetime) -> None:
        """Have the message that it can sign in know that it did, or was refused again."""
        if account.state not in (*SIGNING_IN, State.TESTING):
            return
        known = tx.approvals.latest(account.id)
        if known and tx.outbox.knows(notices.approved_key(account.channel_id, known.at)):
            notices.show_approved(tx, account.channel_id, known.at, now)

    def _show_test(self, tx: Transaction, account: Account, now: datetime) -> None:
        """Have the last result in the thread lead to what is next, or to nothing any more. A test
        that runs shows itself."""
        if account.state not in SIGNED_IN or account.state is State.TESTING:
            return
        tests = tx.checks.newest(account.id, RESULTS)
        told = (test for test in tests if tx.outbox.knows(notices.test_key(test)))
        if (test := next(told, None)) is not None:
            notices.show_test(tx, account, test, now)

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

    def refused(
        self, tx: Transaction, by: Person, action: str, account: Account, **detail: str
    ) -> None:
        """Keep that somebody was refused what they asked for the account; the same within an hour
        is one entry, with a count."""
        audit.refuse(tx, by, action, account.ref, self._clock.now(), **detail)

    def hours(self, tx: Transaction, account: Account) -> Hours:
        """When whoever has to act for the account may be reminded."""
        support = account.owner not in THEIRS
        customer = None if support else tx.channels.customer(account.customer_id)
        return hours_of(customer, self._ordinary)

    def _tell_requests(self, tx: Transaction, account: Account) -> None:
        """Say in the threads of the requests about the account where it stands now."""
        if account.state is State.TESTING:
            return
        now = self._clock.now()
        for request in tx.requests.open_of(account.id):
            head = notices.request_key(request)
            there = stand(account.state, account.trouble, account.live_at is not None)
            facts = {"account_name": account.name, "account_ref": account.ref}
            notices.tell_at_desk(
                tx, self._support_channel, head, "desk.state", now, state=there, **facts
            )

    def _turn(self, tx: Transaction, account: Account, to: Arrival) -> Owner:
        """Whose turn it is there. A sign-in that was refused although people did twice what we
        advise is support's; of a test the verdict says so itself."""
        owner = to.owner or Owner.SUPPORT
        if to.state is State.LIVE:  # its owner may agree to new addresses
            return Owner.USER if tx.signins.change(account.id) is not None else owner
        goes_on = to.state in SIGNING_IN and account.state is not State.DISCONNECTED
        if not goes_on or owner not in THEIRS:
            return owner
        failure = tx.failures.latest_of(account.id)
        return Owner.SUPPORT if failure is not None and failure.advice_is_spent else owner

    def _arrive(
        self, tx: Transaction, account: Account, state: State, owner: Owner, now: datetime
    ) -> None:
        """Who is reminded from now on: after a test that changed nothing as before, else anew.

        A wait that support had taken over stays with support, whomever the fault names."""
        reminder = account.reminder
        same_state = reminder.interrupted_state is state
        supports_already = same_state and _was_handed_over(account)
        same_wait = supports_already or (same_state and reminder.interrupted_owner is owner)
        account.state = state
        account.owner = Owner.SUPPORT if supports_already else owner
        hours = self.hours(tx, account)
        if same_wait:
            self._ladder.go_on(account, now, hours)
        else:
            self._ladder.begin(account, now, hours)

    def _settle(self, tx: Transaction, reminder: Reminder) -> None:
        """Show the reminder anew; it is finished when nothing on it waits any more."""
        listed = tx.accounts.several(reminder.account_ids)
        support = reminder.channel_id == self._support_channel
        if not any(still_listed(account, support) for account in listed):
            reminder.finished_at = self._clock.now()
        notices.show_reminder(tx, reminder, self._clock.now())


def still_listed(account: Account, support: bool) -> bool:
    """Whether an account that stands on a reminder (of support's, or of a customer's channel) waits
    there still. One that is tested just now may wait again in a moment; one that was handed to
    support stays on the customer's last reminder."""
    if account.state is State.TESTING:
        return True
    if not waits(account) or account.reminder.phase is ReminderPhase.STOPPED:
        return False
    supports_turn = account.owner is Owner.SUPPORT
    if support:
        return supports_turn
    return not supports_turn or handed_over(account)


def _was_handed_over(account: Account) -> bool:
    """Whether support had taken the wait over that a test interrupted."""
    reminder = account.reminder
    ended = reminder.interrupted_phase is ReminderPhase.ENDED
    return ended and reminder.interrupted_owner is Owner.SUPPORT
