"""Reminders that somebody asks for: the next one comes as soon as the rules allow."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from bot.common.clock import Clock
from bot.common.people import Person
from bot.common.refusals import Refused
from bot.lifecycle.hours import Hours, hours_of
from bot.lifecycle.ladder import Ladder, may_remind, waits
from bot.lifecycle.service import Lifecycle
from bot.views.customers import pause_of
from storage.database import Store, Transaction
from storage.tables import Account
from storage.vocabulary import THEIRS, ReminderPhase

A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Asked:
    """What became of it: `count` accounts are reminded of, all of them by `at`."""

    count: int
    at: datetime


class AskedReminders:
    """Brings reminders forward."""

    def __init__(
        self, store: Store, clock: Clock, lifecycle: Lifecycle, ladder: Ladder, ordinary: Hours
    ) -> None:
        """`ordinary`: when customers work of whom nothing else was said."""
        self._store = store
        self._clock = clock
        self._lifecycle = lifecycle
        self._ladder = ladder
        self._ordinary = ordinary

    def ask(self, customer_id: int, account_ids: Sequence[int], by: Person) -> Asked:
        """Have the next reminder of the customer's accounts come as soon as it may: in working
        hours, once a day and channel. What somebody put off or ended stays so, and so does what
        support looks after.

        Raises:
            Refused: the customer's reminders are paused, or of none of them a reminder is left.
        """
        now = self._clock.now()
        with self._store.transaction() as tx:
            customer = tx.channels.customer(customer_id)
            pause = pause_of(customer, now)
            if pause is not None:
                raise Refused("invite.paused", until=pause.until)
            held = tx.accounts.lock_several(account_ids)
            theirs = [each for each in held if each.customer_id == customer_id]
            there = [each for each in theirs if _is_reminded(each)]
            if not there:
                raise Refused("invite.nobody_reminded")
            hours = hours_of(customer, self._ordinary)
            last = now
            for channel_id, group in groupby(sorted(there, key=_channel_of), _channel_of):
                at = now if is_free(tx, channel_id, hours, now) else next_time(hours, now)
                last = max(last, at)
                for account in group:
                    self._ladder.put_off(account, at, hours)
                    self._lifecycle.audit(tx, by, "reminder.asked_for", account)
            return Asked(len(there), last)


def is_free(tx: Transaction, channel_id: str, hours: Hours, now: datetime) -> bool:
    """Whether it is a time for reminders in a channel, and the first one of the day."""
    today = hours.day(now)
    last = tx.reminders.last_day(channel_id)
    # The last day may be tomorrow: a clock that was put back says today twice.
    said = last is not None and timedelta(0) <= last - today <= A_DAY
    return may_remind(now, hours) and not said


def next_time(hours: Hours, now: datetime) -> datetime:
    """When a channel that is not free now is looked at again."""
    soon = hours.next_moment(now)
    return soon if soon > now and may_remind(soon, hours) else hours.next_day(now)


def _is_reminded(account: Account) -> bool:
    theirs = waits(account) and account.owner in THEIRS
    return theirs and account.reminder.phase is ReminderPhase.RUNNING


def _channel_of(account: Account) -> str:
    return account.channel_id
