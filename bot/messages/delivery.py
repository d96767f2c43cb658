"""Sending what the outbox holds: in order per channel, within Slack's limits, tried again until it
is certain."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog

from bot.common.clock import Clock
from bot.messages import notices
from storage.database import Store
from storage.outbox import Claimed
from storage.tables import OutboxItem

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
REST_AFTER_POST = timedelta(seconds=1)
REST_AFTER_UPDATE = timedelta(milliseconds=500)
"""Slack takes about one new message a second in a channel, and some fifty updates a minute
(docs.slack.dev/apis/web-api/rate-limits)."""

FIRST_WAIT = timedelta(seconds=2)
MAX_WAIT = timedelta(minutes=5)
MAX_ATTEMPTS = 500
"""With the waits above, more than a day."""


class ChannelBusy(Exception):
    """Slack asks to wait; nothing was sent."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"wait {wait.total_seconds():.0f} s")
        self.wait = wait


class ChannelRefuses(Exception):
    """Slack will never take this message; the text is Slack's error."""


class ChannelUnreachable(Exception):
    """No answer: whether the message arrived is not known."""


class Sender(Protocol):
    """Carries messages to Slack. Each method may take seconds, and raises one of the exceptions
    above."""

    def show(self, item: OutboxItem, ts: str | None, thread_ts: str | None) -> str:
        """Post the message, or update the one at `ts`. Returns where it stands."""
        ...

    def take_away(self, item: OutboxItem, ts: str) -> None:
        """Remove the message at `ts`, unless somebody did already."""
        ...

    def find(self, item: OutboxItem, thread_ts: str | None) -> str | None:
        """Where an earlier attempt put the message, if that can be told."""
        ...


class Decider(Protocol):
    """Says of one kind of notice whether its message is still wanted when its turn comes."""

    def wanted(self, args: Mapping[str, Any], new: bool) -> bool:
        """Whether the message should stand in its channel; `new`: it does not stand there yet."""
        ...


class Delivery:
    """Empties the outbox."""

    def __init__(
        self, store: Store, clock: Clock, sender: Sender, deciders: Mapping[str, Decider] = {}
    ) -> None:
        """`deciders` by notice; the messages of other notices are always wanted."""
        self._store = store
        self._clock = clock
        self._sender = sender
        self._deciders = deciders

    def deliver_due(self) -> int:
        """Send every message whose channel's turn it is, and say how many were tried. Takes a
        second and more a message."""
        tried = 0
        while (claimed := self._claim()) is not None:
            self._deliver(claimed)
            tried += 1
        return tried

    def next_due(self) -> datetime | None:
        """When the next channel's turn is."""
        with self._store.transaction() as tx:
            return tx.outbox.next_due()

    def _claim(self) -> Claimed | None:
        with self._store.transaction() as tx:
            return tx.outbox.claim_next(self._clock.now(), LEASE)

    def _deliver(self, claimed: Claimed) -> None:
        item = claimed.item
        try:
            ts = self._show(claimed)
        except ChannelBusy as busy:
            self._later(item, busy.wait, not_sent=True)
        except ChannelUnreachable as error:
            log.warning("outbox.unreachable", item=item.id, error=str(error))
            self._again(item, str(error))
        except ChannelRefuses as error:
            self._give_up(item, str(error))
        except (
            Exception
        ) as error:  # a message that cannot be drawn must not stop its channel for ever
            log.exception("outbox.failed", item=item.id, notice=item.notice)
            self._again(item, type(error).__name__, most=5)
        else:
            with self._store.transaction() as tx:
                rest = REST_AFTER_UPDATE if claimed.posted else REST_AFTER_POST
                tx.outbox.sent(item, ts, self._clock.now(), rest)

    def _show(self, claimed: Claimed) -> str | None:
        """Have Slack show the message, or not any more; where it stands now."""
        item = claimed.item
        thread = claimed.parent.ts if claimed.parent else None
        ts = self._stands_at(claimed, thread)
        if self._is_wanted(item, new=ts is None):
            return self._sender.show(item, ts, thread)
        if ts is not None:
            self._sender.take_away(item, ts)
        return None

    def _stands_at(self, claimed: Claimed, thread: str | None) -> str | None:
        if claimed.posted is not None:
            return claimed.posted.ts
        # An earlier attempt may have posted it without our hearing of it.
        return self._sender.find(claimed.item, thread) if claimed.item.attempts > 1 else None

    def _is_wanted(self, item: OutboxItem, new: bool) -> bool:
        if item.notice == notices.GONE:
            return False
        decider = self._deciders.get(item.notice)
        return decider is None or decider.wanted(item.args, new)

    def _again(self, item: OutboxItem, reason: str, most: int = MAX_ATTEMPTS) -> None:
        if item.attempts >= most:
            self._give_up(item, reason)
        else:
            self._later(item, min(FIRST_WAIT * 2 ** min(item.attempts, 10), MAX_WAIT))

    def _later(self, item: OutboxItem, wait: timedelta, not_sent: bool = False) -> None:
        with self._store.transaction() as tx:
            tx.outbox.later(item, self._clock.now() + wait, not_sent)

    def _give_up(self, item: OutboxItem, reason: str) -> None:
        log.error(
            "outbox.given_up",
            item=item.id,
            notice=item.notice,
            channel=item.channel_id,
            reason=reason,
        )
        with self._store.transaction() as tx:
            tx.outbox.give_up(item, reason, self._clock.now())
