"""Reminders for accounts that wait: when the next is due, and one message a channel that lists them."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot import notices
from bot.people import MAILDESK, Person
from bot.refusals import Refused
from bot.road import NAGGED, Road
from bot.time import Clock
from storage.database import Store, Transaction
from storage.tables import Account, Reminder
from storage.vocabulary import Owner

AT_ONCE = 200


class Reminders:
    """Reminds along a ladder: after the last rung the account is handed to support."""

    def __init__(
        self, store: Store, clock: Clock, road: Road, ladder: Sequence[timedelta], support_channel: str
    ) -> None:
        self._store = store
        self._clock = clock
        self._road = road
        self._ladder = tuple(ladder)
        self._support_channel = support_channel

    def remind_due(self) -> int:
        """Remind of every account that is due now, one message a channel; says how many accounts were due.

        Rungs that passed while no worker ran are caught up with by one reminder."""
        with self._store.transaction() as tx:
            due = tx.accounts.due_for_nag(self._clock.now(), AT_ONCE)
            channels: dict[str, list[Account]] = defaultdict(list)
            for account in due:
                channels[account.channel_id].append(account)
            for channel_id, accounts in channels.items():
                self._remind(tx, channel_id, accounts)
            return len(due)

    def snooze(self, reminder_id: int, until: datetime, by: Person) -> None:
        """Leave the accounts of a reminder alone until `until`.

        Raises:
            Refused: nothing on it waits any more.
        """
        with self._store.transaction() as tx:
            reminder = tx.reminders.get(reminder_id)
            waiting = self._waiting(tx, reminder)
            if reminder is None or not waiting:
                raise Refused("refused.nothing_to_snooze")
            for account in waiting:
                account.snoozed_until = account.nag_due_at = until
                self._road.audit(tx, by, "reminder.snoozed", account, until=until.isoformat())
            notices.show_reminder(tx, reminder, self._clock.now())

    def _waiting(self, tx: Transaction, reminder: Reminder | None) -> list[Account]:
        if reminder is None or reminder.finished_at is not None:
            return []
        return [a for a in tx.accounts.several(reminder.account_ids) if a.state in NAGGED]

    def _remind(self, tx: Transaction, channel_id: str, due: Sequence[Account]) -> None:
        now = self._clock.now()
        for account in due:
            self._climb(tx, account, now)
        tx.session.flush()
        earlier = tx.reminders.open_in(channel_id)
        if earlier is not None:
            earlier.finished_at = now
            notices.take_away_reminder(tx, earlier, now)
        listed = tx.accounts.waiting_in(channel_id, NAGGED, now)
        reminder = tx.reminders.add(
            Reminder(channel_id=channel_id, posted_at=now, account_ids=[a.id for a in listed if a.id is not None])
        )
        notices.show_reminder(tx, reminder, now)

    def _climb(self, tx: Transaction, account: Account, now: datetime) -> None:
        rungs = [account.state_since + rung for rung in self._ladder]
        ahead = [number for number, due in enumerate(rungs) if due > now]
        account.nag_rung = ahead[0] if ahead else len(rungs)
        account.nag_due_at = rungs[ahead[0]] if ahead else None
        account.snoozed_until = None
        self._road.audit(tx, MAILDESK, "reminder.posted", account, rung=str(account.nag_rung))
        if not ahead:
            self._hand_over(tx, account, now)

    def _hand_over(self, tx: Transaction, account: Account, now: datetime) -> None:
        self._road.move(tx, account, account.state, MAILDESK, owner=Owner.SUPPORT)
        notices.tell_support(tx, self._support_channel, "support.waits_too_long", account, now)
