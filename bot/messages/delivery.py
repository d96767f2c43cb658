"""Sending what the outbox holds: in order per channel, within Slack's limits, tried again until it
is certain."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog

from bot.common.clock import Clock
from bot.common.refusals import SlackBusy
from bot.common.stop import Stop
from bot.messages import notices
from bot.messages.error_pages import ErrorPages
from bot.messages.outgoing import Outgoing
from bot.messages.paces import RATES
from bot.messages.refusals import (
    BlocksRefused,
    ChannelBusy,
    ChannelRefuses,
    ChannelUnreachable,
    PageInstead,
    Subject,
    ThreadUnreadable,
)
from bot.messages.troubles import Troubles
from bot.messages.turns import INSTALLATION_WAIT, Turns
from storage.claims import ClaimLost
from storage.database import Conflict, DatabaseAway, Store
from storage.outbox import Claimed
from storage.vocabulary import Means, MessageStatus

log = structlog.get_logger(__name__)

REST_AFTER_POST = timedelta(seconds=1)
REST_AFTER_UPDATE = timedelta(milliseconds=500)
"""Slack takes about one new message a second in a channel
(docs.slack.dev/apis/web-api/rate-limits)."""

FIRST_WAIT = timedelta(seconds=2)
MAX_WAIT = timedelta(minutes=5)
MAX_ATTEMPTS = 500
"""With the waits above, more than a day: an outage of Slack ends before its messages do. What is
given up stays in the outbox with its reason, and the channel goes on with the next."""

MAX_FAULTS = 5
"""How often a message may fail for a reason of its own (we cannot draw it, or Slack answers what
nobody has written down): that does not pass by itself, and the channel must not wait for it."""

PLACE_WAIT = timedelta(minutes=5)
"""A channel of ours that takes nothing is tried so often."""


class Sender(Protocol):
    """Carries messages to Slack. Each method may take seconds, and raises one of the exceptions in
    `bot.messages.refusals`. Whatever changes something in Slack calls `message.confirm` before."""

    def show(
        self,
        message: Outgoing,
        ts: str | None,
        thread_ts: str | None,
        left_out: Collection[str] = (),
    ) -> str:
        """Post the message, or update the one at `ts`, with plain blocks in the place of newer ones
        of the kinds `left_out`. Returns where it stands."""
        ...

    def show_plainly(self, message: Outgoing, ts: str | None, thread_ts: str | None) -> str:
        """The same in a form that has nothing which Slack might not take: as text alone."""
        ...

    def take_away(self, message: Outgoing, ts: str) -> None:
        """Remove the message at `ts`, unless somebody did already."""
        ...

    def find(self, message: Outgoing, thread_ts: str | None) -> str | None:
        """Where an earlier attempt put the message, if that can be told. Raises `ThreadUnreadable`
        where only the newest reply is known."""
        ...


class Decider(Protocol):
    """Says of one kind of notice whether its message is still wanted when its turn comes."""

    def wanted(self, args: Mapping[str, Any], new: bool) -> bool:
        """Whether the message should stand in its channel; `new`: it does not stand there yet."""
        ...


class AnotherTurn(Exception):
    """The message takes another call, which has to wait for its turn like every other."""


class Delivery:
    """Empties the outbox. In its turn a message has one call of each kind that was booked for it;
    what takes more of them (another form, another place, the head of a thread) takes more turns."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        sender: Sender,
        deciders: Mapping[str, Decider] = {},
        troubles: Troubles | None = None,
        stop: Stop | None = None,
    ) -> None:
        """`deciders` by notice; the messages of other notices are always wanted. `troubles` tells
        of what cannot be sent; without it, the log alone does. With `stop` no further message is
        begun."""
        self._store = store
        self._clock = clock
        self._sender = sender
        self._deciders = deciders
        self._troubles = troubles or Troubles()
        self._stop = stop or Stop()
        self.turns = Turns(store, clock, self._troubles.alert_channel)
        self._shown_at: dict[int, str] = {}
        """What was posted and could not be written down, because the database was away then."""
        self._error_pages = ErrorPages()
        self._refused_form: dict[int, ChannelRefuses] = {}
        """What Slack does not take in the form in which it was last shown: that goes in a simpler
        one, without the newer blocks that were refused or else as text."""

    def deliver_due(self) -> int:
        """Send every message whose channel's turn it is, and say how many were tried. Takes a
        second and more a message."""
        tried = 0
        while not self._stop.asked:
            with self.turns.next() as claimed:
                if claimed is None:
                    break
                self._deliver(claimed)
                tried += 1
        return tried

    def next_due(self) -> datetime | None:
        """When the next channel's turn is."""
        return self.turns.next_due()

    def _deliver(self, claimed: Claimed) -> None:
        try:
            self._try(claimed)
        except ClaimLost:
            log.warning("outbox.turn_lost", item=claimed.item.id)

    def _try(self, claimed: Claimed) -> None:
        item = claimed.item
        try:
            ts = self._show(claimed)
        except AnotherTurn:
            self._later(claimed, timedelta(), not_sent=True)
        except ClaimLost:
            raise
        except ChannelBusy as busy:
            self._busy(claimed, busy.wait)
        except (ChannelUnreachable, SlackBusy) as error:
            log.warning("outbox.unreachable", item=item.id, error=str(error))
            if isinstance(error, PageInstead) and self._error_pages.are_all_there_is():
                self._wait_for_the_app(claimed, str(error))
            else:
                self._again(claimed, str(error))
        except ChannelRefuses as refusal:
            self._refused(claimed, refusal)
        except (Conflict, DatabaseAway) as error:
            log.warning("outbox.database_away", item=item.id, error=str(error))
            self._later(claimed, FIRST_WAIT)
        except Exception as error:
            log.exception("outbox.failed", item=item.id, notice=item.notice)
            self._fault(claimed, type(error).__name__)
        else:
            self._sent(claimed, ts)

    def _busy(self, claimed: Claimed, wait: timedelta) -> None:
        """Slack asks to wait: posts of this channel, or updates and looks at the history of any."""
        self._error_pages.are_over()
        until = self._clock.now() + wait
        with self._store.transaction() as tx:
            tx.outbox.later(claimed, until, not_sent=True)
            if claimed.posted is not None:
                tx.paces.slow_down(Means.UPDATE, until, RATES[Means.UPDATE])
            elif claimed.item.attempts > 1:
                tx.paces.slow_down(Means.FIND, until, RATES[Means.FIND])

    def _sent(self, claimed: Claimed, ts: str | None) -> None:
        self._error_pages.are_over()
        if ts is not None:
            self._shown_at[claimed.item.id] = ts
        now = self._clock.now()
        with self._store.transaction() as tx:
            rest = REST_AFTER_UPDATE if claimed.posted else REST_AFTER_POST
            tx.outbox.sent(claimed, ts, now, rest)
            if ts is not None or claimed.posted is not None:
                self._troubles.over(tx, claimed.item.channel_id, now)
        self._shown_at.pop(claimed.item.id, None)

    def _show(self, claimed: Claimed) -> str | None:
        """Have Slack show the message, or not any more; where it stands now."""
        message = Outgoing.of(claimed.item, lambda: self.turns.confirm(claimed))
        thread = self._thread(claimed)
        ts = self._stands_at(claimed, message, thread)
        if self._is_wanted(message, new=ts is None):
            return self._shown(claimed, message, ts, thread)
        if ts is not None:
            self._take_away(message, ts)
        return None

    def _thread(self, claimed: Claimed) -> str | None:
        """Where the head of the message's thread stands, which is posted anew if it is gone."""
        if claimed.parent is not None:
            return claimed.parent.ts
        if claimed.item.thread_key:
            self._new_head(claimed)
        return None

    def _stands_at(self, claimed: Claimed, message: Outgoing, thread: str | None) -> str | None:
        if claimed.posted is not None:
            return claimed.posted.ts
        found = self._found(claimed, message, thread)
        if found is not None:
            # Before anything else is tried with it, after which nobody may look for it any more
            with self.turns.within(claimed) as tx:
                tx.outbox.stands(claimed.item.key, message.channel_id, found)
        return found

    def _found(self, claimed: Claimed, message: Outgoing, thread: str | None) -> str | None:
        """Where an earlier attempt posted the message without its being written down."""
        known = self._shown_at.get(claimed.item.id)
        if known is not None:
            return known
        if claimed.item.attempts <= 1:
            return None
        try:
            return self._sender.find(message, thread)
        except ThreadUnreadable as thread_is:
            return self._taken_for_ours(message, thread, thread_is.newest)

    def _taken_for_ours(self, message: Outgoing, thread: str | None, newest: str) -> str | None:
        """The newest reply of a thread that cannot be read, if an earlier attempt posted it: every
        other reply of ours is known, and Slack lets nobody update what somebody else wrote."""
        with self._store.reading() as tx:
            is_known = tx.outbox.stands_there(message.channel_id, newest)
        if not newest or is_known or float(newest) < message.earliest.timestamp():
            return None
        try:
            self._in_some_form(message, newest, thread)
        except ChannelRefuses as refusal:
            if refusal.about is not Subject.TARGET:
                raise
            log.warning("outbox.may_stand_twice", item=message.id, reason="somebody wrote since")
            return None
        return newest

    def _is_wanted(self, message: Outgoing, new: bool) -> bool:
        if message.notice == notices.GONE:
            return False
        decider = self._deciders.get(message.notice)
        return decider is None or decider.wanted(message.args, new)

    def _shown(
        self, claimed: Claimed, message: Outgoing, ts: str | None, thread: str | None
    ) -> str:
        """Show the message. Where what stands there is gone or cannot be edited, it is posted anew
        in another turn."""
        if ts is None:
            return self._posted(claimed, message, thread)
        try:
            return self._in_some_form(message, ts, thread)
        except ChannelRefuses as refusal:
            if refusal.about is not Subject.TARGET:
                raise
            log.info("outbox.target_gone", item=message.id, reason=refusal.error)
        self._replace(claimed, claimed.item.key)
        raise AnotherTurn

    def _replace(self, claimed: Claimed, key: str) -> None:
        """Have what stands as a message taken away, and the message posted anew."""
        with self.turns.within(claimed) as tx:
            tx.outbox.replace(key, notices.GONE, self._clock.now())

    def _posted(self, claimed: Claimed, message: Outgoing, thread: str | None) -> str:
        """Post the message. Where its thread is gone, the next attempt makes a new one."""
        try:
            return self._in_some_form(message, None, thread)
        except ChannelRefuses as refusal:
            if refusal.about is Subject.TARGET and claimed.parent is not None:
                self._replace(claimed, claimed.parent.key)
            raise

    def _in_some_form(self, message: Outgoing, ts: str | None, thread: str | None) -> str:
        """Show the message as it is drawn; where Slack did not take that, without the newer blocks
        that it has, or else as text alone."""
        refused = self._refused_form.get(message.id)
        if refused is not None and not isinstance(refused, BlocksRefused):
            return self._as_text(message, ts, thread, refused.error)
        left_out = refused.kinds if refused is not None else frozenset()
        try:
            shown = self._sender.show(message, ts, thread, left_out)
        except ChannelRefuses as refusal:
            if refusal.about is not Subject.CONTENT:
                raise
            self._refused_form[message.id] = refusal
            raise AnotherTurn from None
        if left_out:
            self._without(message, shown, left_out)
        return shown

    def _without(self, message: Outgoing, shown: str, kinds: frozenset[str]) -> None:
        """Slack takes the message without these blocks: they were what it refused."""
        self._shown_at[message.id] = shown
        log.warning("outbox.shown_simply", item=message.id, notice=message.notice, without=kinds)
        with self._store.transaction() as tx:
            tx.health.refuse_blocks(kinds, self._clock.now())
        self._refused_form.pop(message.id, None)

    def _as_text(self, message: Outgoing, ts: str | None, thread: str | None, bad: str) -> str:
        shown = self._sender.show_plainly(message, ts, thread)
        self._shown_at[message.id] = shown
        log.warning("outbox.shown_plainly", item=message.id, notice=message.notice, reason=bad)
        with self._store.transaction() as tx:
            self._troubles.shown_plainly(tx, message, bad, self._clock.now())
        self._refused_form.pop(message.id, None)
        return shown

    def _new_head(self, claimed: Claimed) -> None:
        """Post the head of the message's thread anew, after which the message has another turn;
        nothing happens if nobody knows it."""
        with self._store.reading() as tx:
            latest = tx.outbox.latest(claimed.item.thread_key)
        if latest is None or latest.status is MessageStatus.GIVEN_UP:
            return  # it is not ours, or cannot be shown itself
        if latest.notice == notices.GONE:
            return
        head = Outgoing.of(latest, lambda: self.turns.confirm(claimed))
        ts = self._shown_at.get(head.id)
        if ts is None and claimed.item.attempts > 1:
            ts = self._sender.find(head, None)
        ts = ts or self._in_some_form(head, None, None)
        self._shown_at[head.id] = ts
        with self.turns.within(claimed) as tx:
            tx.outbox.stands(head.key, head.channel_id, ts)
        self._shown_at.pop(head.id, None)
        raise AnotherTurn

    def _take_away(self, message: Outgoing, ts: str) -> None:
        """Remove what stands at `ts`; what is gone, or not ours to remove, is left."""
        try:
            self._sender.take_away(message, ts)
        except ChannelRefuses as refusal:
            if refusal.about is not Subject.TARGET:
                raise

    def _refused(self, claimed: Claimed, refusal: ChannelRefuses) -> None:
        match refusal.about:
            case Subject.INSTALLATION:
                self._wait_for_the_app(claimed, refusal.error)
            case Subject.PLACE:
                self._leave_the_place(claimed, refusal.error)
            case _:
                self._fault(claimed, refusal.error)

    def _wait_for_the_app(self, claimed: Claimed, error: str) -> None:
        """Nothing can be sent until somebody mends the app; then everything is."""
        now = self._clock.now()
        with self._store.transaction() as tx:
            if tx.health.refused(error, now, now + INSTALLATION_WAIT):
                log.error("slack.refuses_the_app", error=error)
            # Who answered was perhaps not Slack, so the message is looked for at the next attempt
            again_at = now + INSTALLATION_WAIT
            tx.outbox.later(claimed, again_at, not_sent=claimed.item.attempts > 2)

    def _leave_the_place(self, claimed: Claimed, error: str) -> None:
        """Messages of a customer's channel are shown anew when it is back; of our own, they wait.
        A channel that is nobody's is left alone."""
        item = claimed.item
        now = self._clock.now()
        log.error("outbox.place_refuses", channel=item.channel_id, error=error)
        if self._troubles.close(item.channel_id, error):
            self._later(claimed, timedelta(), not_sent=True)
            return
        with self._store.transaction() as tx:
            if not self._troubles.is_ours(item.channel_id):
                tx.outbox.give_up(claimed, error, now)
                return
            tx.outbox.later(claimed, now + PLACE_WAIT, not_sent=True)
            if tx.outbox.refused(item.channel_id, error):
                self._troubles.closed_to_us(tx, item.channel_id, error, now)

    def _fault(self, claimed: Claimed, reason: str) -> None:
        if claimed.item.faults + 1 >= MAX_FAULTS:
            self._give_up(claimed, reason)
        else:
            self._later(claimed, _wait(claimed.item.faults + 1), fault=True)

    def _again(self, claimed: Claimed, reason: str) -> None:
        if claimed.item.attempts >= MAX_ATTEMPTS:
            self._give_up(claimed, reason)
        else:
            self._later(claimed, _wait(claimed.item.attempts))

    def _later(
        self, claimed: Claimed, wait: timedelta, not_sent: bool = False, fault: bool = False
    ) -> None:
        with self._store.transaction() as tx:
            tx.outbox.later(claimed, self._clock.now() + wait, not_sent, fault)

    def _give_up(self, claimed: Claimed, reason: str) -> None:
        item = claimed.item
        now = self._clock.now()
        log.error(
            "outbox.given_up",
            item=item.id,
            notice=item.notice,
            channel=item.channel_id,
            reason=reason,
        )
        with self._store.transaction() as tx:
            tx.outbox.give_up(claimed, reason, now)
            self._troubles.given_up(tx, Outgoing.of(item), reason, now)


def _wait(times: int) -> timedelta:
    """How long to wait after something failed so often."""
    doubled: int = 2 ** min(times, 10)
    return min(FIRST_WAIT * doubled, MAX_WAIT)
