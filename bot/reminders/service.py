"""Reminders: one message a channel and day lists what waits there, in working hours."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta

import structlog

from bot.common import audit
from bot.common.bindings import bound
from bot.common.clock import Clock
from bot.common.people import MAILDESK, Person
from bot.common.refusals import Refused
from bot.lifecycle.hours import Hours, hours_of
from bot.lifecycle.ladder import Ladder, asleep, handed_over, may_be_put_off, waits
from bot.lifecycle.service import Lifecycle, still_listed
from bot.messages import notices
from bot.reminders.asked import is_free, next_time
from bot.views.customers import PauseOffer, pause_of
from storage.database import Store, Transaction
from storage.setbacks import STUCK
from storage.tables import Account, Channel, Customer, Reminder
from storage.vocabulary import Owner, ReminderPhase

log = structlog.get_logger(__name__)

MAX_CHANNELS_PER_SWEEP = 200
"""So many accounts are named when they are handed to support."""

MAX_LISTED = 50
"""So many accounts stand on one reminder; of the others it says how many there are."""

MAX_PAUSE = timedelta(days=92)


class Reminders:
    """Reminds people in their channel, and support in its own; after the last rung an account is
    handed to support."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        lifecycle: Lifecycle,
        ladder: Ladder,
        ordinary: Hours,
        support_channel: str,
        held: Callable[[Transaction], bool] = lambda tx: False,
    ) -> None:
        """`ordinary`: when support is reminded, and customers of whom nothing else was said.
        `held`: whether customers are reminded of nothing just now; what is due waits."""
        self._store = store
        self._clock = clock
        self._lifecycle = lifecycle
        self._ladder = ladder
        self._ordinary = ordinary
        self._support_channel = support_channel
        self._held = held

    def remind_due(self) -> int:
        """Remind wherever something is due now; gives the number of channels. Each channel is one
        transaction, held by one worker, so a killed worker leaves a channel as it was or done."""
        now = self._clock.now()
        with self._store.reading() as tx:
            owners = (Owner.SUPPORT,) if self._held(tx) else tuple(Owner)
            due = tx.reminders.due(now, MAX_CHANNELS_PER_SWEEP, owners)
        channel_ids = {
            self._support_channel if owner is Owner.SUPPORT else channel_id
            for channel_id, owner in due
        }
        return sum(self._try_in(channel_id) for channel_id in sorted(channel_ids))

    def snooze(self, reminder_id: int, until: datetime, by: Person) -> None:
        """Leave the accounts of a reminder alone until `until`.

        Raises:
            Refused: nothing on it waits any more.
        """
        with self._store.transaction() as tx:
            reminder = tx.reminders.lock(reminder_id)
            if reminder is None or reminder.finished_at is not None:
                raise Refused("refused.nothing_to_snooze")
            support = reminder.channel_id == self._support_channel
            if support:
                listed = tx.accounts.lock_several(reminder.account_ids)
            else:  # "all" means all, not only as many as the message lists
                listed = tx.reminders.all_waiting_in(reminder.channel_id)
            waiting = [a for a in listed if still_listed(a, support) and may_be_put_off(a)]
            if not waiting:
                raise Refused("refused.nothing_to_snooze")
            for account in waiting:
                self._snooze(tx, account, until, by)
                self._lifecycle.show(tx, account)

    def snooze_account(self, account_id: int, until: datetime, by: Person) -> None:
        """Leave one account alone until `until`.

        Raises:
            Refused: it waits for nobody who is reminded.
        """
        with self._waiting(account_id) as (tx, account):
            if handed_over(account):
                raise Refused("refused.waits_for_nobody", name=account.name)
            self._snooze(tx, account, until, by)

    def stop(self, account_id: int, by: Person) -> None:
        """Remind nobody of the account any more, until something about it changes.

        Raises:
            Refused: it waits for nobody who is reminded.
        """
        with self._waiting(account_id) as (tx, account):
            self._ladder.stop(account, by)
            self._lifecycle.audit(tx, by, "reminder.stopped", account)

    def resume(self, account_id: int, by: Person) -> None:
        """Remind of the account again.

        Raises:
            Refused: it waits for nobody who is reminded, or every reminder went out.
        """
        with self._waiting(account_id) as (tx, account):
            hours = self._lifecycle.hours(tx, account)
            if not self._ladder.resume(account, self._clock.now(), hours):
                raise Refused("refused.all_reminders_out", name=account.name)
            self._lifecycle.audit(tx, by, "reminder.resumed", account)

    def came_too_late(self, reminder_id: int) -> bool:
        """Whether a reminder that is not posted yet would be read outside of working hours by now;
        then it is taken back, and what it lists is due when they begin again."""
        now = self._clock.now()
        with self._store.transaction() as tx:
            reminder = tx.reminders.lock(reminder_id)
            if reminder is None or reminder.finished_at is not None:
                return False
            support = reminder.channel_id == self._support_channel
            hours = self._channel_hours(
                tx, None if support else tx.channels.get(reminder.channel_id)
            )
            if hours.includes(now):
                return False
            listed = tx.accounts.lock_several(reminder.account_ids)
            for account in (a for a in listed if still_listed(a, support) and may_be_put_off(a)):
                self._ladder.step_back(account, now, hours)
                self._lifecycle.audit(tx, MAILDESK, "reminder.taken_back", account)
            reminder.finished_at = now
            tx.reminders.set_day(reminder.channel_id, None)
            return True

    def pause(self, channel_id: str, day: date, by: Person) -> datetime:
        """Remind nobody of the customer's people before `day` begins there (public holidays, say);
        when that is.

        Raises:
            Refused: the day is not ahead, or too far ahead.
        """
        now = self._clock.now()
        with self._store.transaction() as tx:
            channel = bound(tx, channel_id)
            customer = tx.channels.lock_customer(channel.customer_id)
            hours = hours_of(customer, self._ordinary)
            until = hours.next_moment(datetime.combine(day, time(0), hours.zone))
            if not now < until <= now + MAX_PAUSE:
                raise Refused("pause.bad_day")
            before = max(until, customer.paused_until or until)
            customer.paused_until = until
            customer.paused_by_team = by.team
            customer.paused_by_user = by.user
            for account in tx.reminders.planned(channel.customer_id, before):
                snoozed_until = account.reminder.snoozed_until or until
                self._ladder.put_off(account, max(until, snoozed_until), hours)
            self._note(tx, customer, channel, "reminders.paused", by, until=until.isoformat())
            return until

    def pause_offer(self, channel_id: str) -> PauseOffer:
        """What somebody is shown who wants to pause the reminders."""
        now = self._clock.now()
        with self._store.reading() as tx:
            channel = bound(tx, channel_id)
            customer = tx.channels.customer(channel.customer_id)
        hours = hours_of(customer, self._ordinary)
        there = pause_of(customer, now)
        day = hours.day(there.until) if there else hours.day(now) + timedelta(weeks=1)
        return PauseOffer(customer.name, day, there)

    def end_pause(self, channel_id: str, by: Person) -> None:
        """Remind the customer's people again."""
        now = self._clock.now()
        with self._store.transaction() as tx:
            channel = bound(tx, channel_id)
            customer = tx.channels.lock_customer(channel.customer_id)
            hours = hours_of(customer, self._ordinary)
            for account in tx.reminders.planned(channel.customer_id, customer.paused_until or now):
                snoozed_until = account.reminder.snoozed_until
                if snoozed_until is None:
                    self._ladder.resume(account, now, hours)
                else:
                    self._ladder.put_off(account, max(now, snoozed_until), hours)
            customer.paused_until = None
            customer.paused_by_team = ""
            customer.paused_by_user = ""
            self._note(tx, customer, channel, "reminders.pause_ended", by)

    def _try_in(self, channel_id: str) -> int:
        try:
            return self._remind_in(channel_id)
        except Exception:  # one channel's trouble is not the others'
            log.exception("reminders.failed", channel_id=channel_id)
            return 0

    def _remind_in(self, channel_id: str) -> int:
        now = self._clock.now()
        with self._store.transaction() as tx:
            if not tx.reminders.take(channel_id):
                return 0  # another worker is at it
            support = channel_id == self._support_channel
            due = tx.reminders.due_in(None if support else channel_id, now)
            channel = None if support else tx.channels.get(channel_id)
            hours = self._channel_hours(tx, channel)
            # Microsoft reads no reminders: what waited for it until the last rung is support's. The
            # two lists are made first, for what is handed over waits for support from then on.
            microsofts = [account for account in due if not waits(account)]
            due = [account for account in due if waits(account)]
            self._hand_over(tx, microsofts, now)
            if not due or self._paused(tx, channel, due, hours, now):
                return 0
            closed = channel is not None and channel.closed != ""
            if closed or not is_free(tx, channel_id, hours, now):
                self._put_off(due, hours, now)
                return 0
            self._remind(tx, channel_id, due, hours, now)
            return 1

    def _paused(
        self,
        tx: Transaction,
        channel: Channel | None,
        due: Sequence[Account],
        hours: Hours,
        now: datetime,
    ) -> bool:
        """Whether the customer's reminders are paused; what is due waits for the end of that."""
        if channel is None:
            return False
        pause = pause_of(tx.channels.customer(channel.customer_id), now)
        if pause is None:
            return False
        for account in due:
            self._ladder.put_off(account, pause.until, hours)
        return True

    def _put_off(self, due: Sequence[Account], hours: Hours, now: datetime) -> None:
        for account in due:
            account.reminder.due_at = next_time(hours, now)

    def _remind(
        self, tx: Transaction, channel_id: str, due: Sequence[Account], hours: Hours, now: datetime
    ) -> None:
        earlier = tx.reminders.open_in(channel_id)
        listed = self._listed(tx, channel_id, due, earlier, now)
        ended = [account for account in due if not self._climb(tx, account, hours, now)]
        if earlier is not None:
            tx.reminders.hold_open(earlier)
            earlier.finished_at = now
            notices.take_away_reminder(tx, earlier, now)
        ids = [account.id for account in listed]
        reminder = tx.reminders.add(Reminder(channel_id=channel_id, posted_at=now, account_ids=ids))
        tx.reminders.set_day(channel_id, hours.day(now))
        notices.show_reminder(tx, reminder, now)
        self._hand_over(tx, ended, now)

    def _listed(
        self,
        tx: Transaction,
        channel_id: str,
        due: Sequence[Account],
        earlier: Reminder | None,
        now: datetime,
    ) -> list[Account]:
        """What the message lists: in a customer's channel all that waits there; in support's what
        is due, and what stood on the message before and waits still."""
        if channel_id != self._support_channel:
            return tx.reminders.waiting_in(channel_id, now, MAX_LISTED)
        before = tx.accounts.several(earlier.account_ids) if earlier is not None else []
        awake = [account for account in before if not asleep(account, now)]
        listed = {
            account.id: account for account in (*due, *awake) if still_listed(account, support=True)
        }
        return list(listed.values())[:MAX_LISTED]

    def _climb(self, tx: Transaction, account: Account, hours: Hours, now: datetime) -> bool:
        was_snoozed = account.reminder.phase is ReminderPhase.SNOOZED
        more = self._ladder.climb(account, now, hours)
        if was_snoozed:
            notices.show_card(tx, account, now)
        self._lifecycle.audit(
            tx, MAILDESK, "reminder.posted", account, rung=str(account.reminder.rung)
        )
        return more

    def _hand_over(self, tx: Transaction, ended: Sequence[Account], now: datetime) -> None:
        """Support's turn from now on, who are told in one message a customer."""
        for account in ended:
            self._ladder.end(account)
            self._lifecycle.hand_to_support(tx, account)
        for account in {account.customer_id: account for account in ended}.values():
            self._lifecycle.tell_support(tx, account, STUCK)

    def _snooze(self, tx: Transaction, account: Account, until: datetime, by: Person) -> None:
        self._ladder.snooze(account, until, self._lifecycle.hours(tx, account), by)
        self._lifecycle.audit(tx, by, "reminder.snoozed", account, until=until.isoformat())

    @contextmanager
    def _waiting(self, account_id: int) -> Iterator[tuple[Transaction, Account]]:
        """The account, held; what it changes about its reminders is shown."""
        with self._store.transaction() as tx:
            account = tx.accounts.lock(account_id)
            if not waits(account):
                raise Refused("refused.waits_for_nobody", name=account.name)
            yield tx, account
            self._lifecycle.reminders_changed(tx, account)

    def _channel_hours(self, tx: Transaction, channel: Channel | None) -> Hours:
        return hours_of(
            tx.channels.customer(channel.customer_id) if channel else None, self._ordinary
        )

    def _note(
        self,
        tx: Transaction,
        customer: Customer,
        channel: Channel,
        action: str,
        by: Person,
        **detail: str,
    ) -> None:
        now = self._clock.now()
        audit.record(tx, by, action, channel.id, now, customer=customer.name, **detail)
        for each in tx.channels.of_customer(customer.id):
            reminder = tx.reminders.open_in(each)
            if reminder is not None:
                notices.show_reminder(tx, reminder, now)
