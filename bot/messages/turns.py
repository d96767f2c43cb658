"""The turns of channels: each taken by one worker, kept while it sends, and handed back."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

import structlog

from bot.common.clock import Clock
from bot.messages.paces import RATES
from storage.claims import ClaimLost
from storage.database import Store, Transaction
from storage.outbox import Claimed

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=30)
"""How long a channel is its worker's, unless the worker says before that it is still at it. A
worker that is killed leaves the message first in its channel, and perhaps in Slack: whoever takes
it next looks there before posting (`Sender.find`)."""

INSTALLATION_WAIT = timedelta(seconds=30)
"""While Slack takes nothing from the app, it is asked so often whether that is over."""


CERTAIN = timedelta(seconds=10)
"""So long after a channel was claimed nobody else can have it, unless we hand it back; whoever was
suspended since sees that more time has passed."""


class Turns:
    """What one process has in hand of the outbox."""

    def __init__(self, store: Store, clock: Clock, first: str) -> None:
        """`first`: the channel whose turn comes before all others'."""
        self._store = store
        self._clock = clock
        self._first = first
        self._in_hand: dict[int, Claimed] = {}
        self._ours_at: dict[int, datetime] = {}
        """When it was known last that a channel is ours, by what is sent there."""

    @contextmanager
    def next(self) -> Iterator[Claimed | None]:
        """The next message, in hand until the end of the block; none while Slack takes nothing from
        the app, but for one now and then that sees whether this is over."""
        claimed = self._claim()
        try:
            yield claimed
        finally:
            if claimed is not None:
                self._in_hand.pop(claimed.item.id, None)
                self._ours_at.pop(claimed.item.id, None)

    def next_due(self) -> datetime | None:
        """When the next channel's turn is."""
        with self._store.reading() as tx:
            due = tx.outbox.next_due()
            trouble = tx.health.trouble() if due else None
            return max(due, trouble.again_at) if due and trouble else due

    def confirm(self, claimed: Claimed) -> None:
        """See that the channel is still ours, where that is not certain any more.

        Raises:
            ClaimLost: it is not.
        """
        known = self._ours_at.get(claimed.item.id)
        if known is None or self._clock.now() - known >= CERTAIN:
            with self.within(claimed):
                pass

    @contextmanager
    def within(self, claimed: Claimed) -> Iterator[Transaction]:
        """A transaction in which the channel is still ours, and stays so for another lease.

        Raises:
            ClaimLost: it is not.
        """
        with self._store.transaction() as tx:
            tx.outbox.keep(claimed, self._clock.now() + LEASE)
            yield tx

    def keep(self) -> None:
        """What is in hand stays so for another lease."""
        with self._store.transaction() as tx:
            self._keep(tx, self._clock.now())

    def hand_back(self) -> None:
        """Let others have what is in hand. It may have reached Slack, so they look there first."""
        now = self._clock.now()
        self._ours_at.clear()
        for claimed in list(self._in_hand.values()):
            log.info("outbox.handed_back", item=claimed.item.id)
            with suppress(ClaimLost), self._store.transaction() as tx:
                tx.outbox.later(claimed, now)

    def _keep(self, tx: Transaction, now: datetime) -> None:
        for claimed in list(self._in_hand.values()):
            with suppress(ClaimLost):  # whoever sends it will find out
                tx.outbox.keep(claimed, now + LEASE)

    def _claim(self) -> Claimed | None:
        now = self._clock.now()
        with self._store.transaction() as tx:
            # Our own come first: a clock that leaps must not give us what we are sending
            self._keep(tx, now)
            trouble = tx.health.trouble()
            if trouble is not None and now < trouble.again_at:
                return None
            claimed = tx.outbox.claim_next(now, LEASE, self._first, RATES)
            if trouble is not None and claimed is not None:
                trouble.again_at = now + INSTALLATION_WAIT
        if claimed is not None:
            self._in_hand[claimed.item.id] = claimed
            self._ours_at[claimed.item.id] = now
        return claimed
