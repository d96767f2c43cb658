"""A reminder as it is shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.common.clock import Clock
from bot.lifecycle.ladder import asleep, handed_over
from bot.lifecycle.still_waiting import still_waiting
from bot.views.accounts import AccountCard, AccountDetails, AccountView, HeldBack, HeldView, held_of
from bot.views.addressed import IsCustomers, addressed
from bot.views.audience import Audience
from bot.views.customers import Pause, pause_of
from bot.views.failures import Fault
from storage.database import Store, Transaction
from storage.tables import Account, Reminder
from storage.vocabulary import FolderRole, Owner

MAX_SHOWN = 15
"""So many accounts are shown one by one on a reminder, the first ones; the others are counted."""


@dataclass(frozen=True)
class ReminderView:
    """The plain facts of one reminder message: where it stands and which accounts it lists."""

    id: int
    channel_id: str
    posted_at: datetime
    finished_at: datetime | None
    account_ids: Sequence[int]

    @classmethod
    def of(cls, row: Reminder) -> "ReminderView":
        """The reminder as it stands now."""
        return cls(
            id=row.id,
            channel_id=row.channel_id,
            posted_at=row.posted_at,
            finished_at=row.finished_at,
            account_ids=tuple(row.account_ids),
        )


@dataclass(frozen=True)
class WaitingAccount:
    """An account that a reminder lists.

    Attributes:
        link: its usable login link.
        fault: why it fails, if it does.
        sure: the folders that could be mapped without anybody looking at them.
        held: the sign-in of which nobody has said yet that the organisation is the customer's.
        handed_over: every reminder went out, and support was told.
        held_back: set while nobody is reminded of it.
    """

    account: AccountView
    customer: str = ""
    link: str = ""
    fault: Fault | None = None
    sure: Mapping[FolderRole, str] = field(default_factory=dict)
    held: HeldView | None = None
    handed_over: bool = False
    held_back: HeldBack | None = None

    @property
    def card(self) -> AccountCard:
        """The account's card, as far as its next step needs it."""
        return AccountCard(
            self.account,
            self.customer,
            held=self.held,
            link=self.link,
            fault=self.fault,
            sure=self.sure,
        )


@dataclass(frozen=True)
class ReminderCard:
    """What a reminder tells now.

    Attributes:
        waiting: what is on it and waits still, as far as it is shown one by one.
        more: how many more wait.
        people: who of the customer's people are addressed.
        paused: set while the customer's reminders are paused.
    """

    reminder: ReminderView
    audience: Audience
    waiting: Sequence[WaitingAccount]
    more: int = 0
    people: Sequence[str] = ()
    paused: Pause | None = None


class ReminderCards:
    """Reads what is shown of reminders, as they stand now."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        details: AccountDetails,
        is_customers: IsCustomers,
        support_channel: str,
    ) -> None:
        self._store = store
        self._clock = clock
        self._details = details
        self._is_customers = is_customers
        self._support_channel = support_channel

    def card(self, reminder_id: int) -> ReminderCard:
        """What a reminder tells."""
        with self._store.reading() as tx:
            reminder = tx.reminders.get(reminder_id)
            assert reminder is not None
            support = reminder.channel_id == self._support_channel
            listed = still_waiting(tx, reminder, support)
            shown = listed[:MAX_SHOWN]
            card = ReminderCard(
                ReminderView.of(reminder),
                Audience.SUPPORT if support else Audience.CUSTOMER,
                [self._waiting(tx, account) for account in shown],
                more=len(listed) - len(shown) + self._unlisted(tx, reminder, support, listed),
                paused=None if support else self._paused(tx, reminder.channel_id),
            )
        if support:
            return card
        return replace(card, people=addressed(listed, self._is_customers, [Owner.USER]))

    def _waiting(self, tx: Transaction, account: Account) -> WaitingAccount:
        return WaitingAccount(
            AccountView.of(account),
            self._details.customer(tx, account),
            link=self._details.link(self._details.ticket(tx, account)),
            fault=self._details.fault(tx, account),
            sure=self._details.sure(tx, account),
            held=held_of(tx, account),
            handed_over=handed_over(account),
            held_back=self._details.held_back(account),
        )

    def _unlisted(
        self, tx: Transaction, reminder: Reminder, support: bool, listed: Sequence[Account]
    ) -> int:
        """How many accounts wait in a customer's channel that the reminder does not list. Where all
        that it lists is put off, it speaks of everything that is, else of what is not."""
        if support:
            return 0
        now = self._clock.now()
        put_off = all(asleep(account, now) for account in listed)
        there = tx.reminders.count_in(reminder.channel_id, None if put_off else now)
        return max(there - len(listed), 0)

    def _paused(self, tx: Transaction, channel_id: str) -> Pause | None:
        channel = tx.channels.get(channel_id)
        if channel is None:
            return None
        return pause_of(tx.channels.customer(channel.customer_id), self._clock.now())
