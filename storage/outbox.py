"""Messages on their way to Slack."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, delete, select, update

from storage.claims import ClaimLost
from storage.outbox_questions import (
    ALL_WAITING,
    DUE_LANE,
    FIRST,
    LATEST,
    NEXT_DUE,
    TO_TRY_AGAIN,
    WAITING,
    WITHOUT_LANE,
)
from storage.paces import PaceRepository, Rate
from storage.statuses import MessageEvent
from storage.tables import Channel, Lane, OutboxItem, PostedMessage
from storage.tables.messages import GIVEN_UP
from storage.vocabulary import Means, MessageStatus

UNLIMITED: Mapping[Means, Rate] = {}


@dataclass(frozen=True)
class Claimed:
    """The next message of a channel, taken by one worker. `turn` is the number of its claim of the
    channel's lane, `posted` where the message's key already stands in Slack, `parent` the message
    whose thread it belongs to."""

    item: OutboxItem
    turn: int
    posted: PostedMessage | None
    parent: PostedMessage | None

    @property
    def calls(self) -> list[Means]:
        """What Slack is called for, once each, before the message is taken. One that may have been
        posted already is looked for; and the head of its thread, where it is gone, is posted."""
        calls = [Means.POST if self.posted is None else Means.UPDATE]
        if self.posted is not None and self.item.thread_key and self.parent is None:
            calls.append(Means.POST)
        if self.item.attempts and Means.POST in calls:
            calls.append(Means.FIND)
        return calls


class OutboxRepository:
    """The queue of messages: in order within a channel, one channel at a time per worker.

    Whoever has a message shown only adds a row and waits for nobody: a transaction tells several
    channels, in whatever order, and two that waited for each other's would both be undone. What was
    asked for twice is put together when it is taken to be sent (`claim_next`), which happens after
    both are committed."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._paces = PaceRepository(session)
        self._asked: dict[str, OutboxItem] = {}
        """What this transaction has shown, the newest of each key."""

    def show(
        self,
        channel_id: str,
        key: str,
        notice: str,
        args: dict[str, Any],
        now: datetime,
        thread_key: str = "",
    ) -> None:
        """Have the message `key` show `notice`: posted, or updated if it stands already. A notice
        is rendered when it is sent, so that requests for the same key and notice which have not
        begun are one message. For a closed channel it is put aside, until `revive`; nowhere ("")
        nothing is shown."""
        if not channel_id:
            return
        item = OutboxItem(
            channel_id=channel_id,
            key=key,
            notice=notice,
            args=args,
            created_at=now,
            thread_key=thread_key,
        )
        channel = self._session.get(Channel, channel_id)
        if channel is not None and channel.closed:
            self._put_aside(item, channel.closed, now)
            return
        asked = self._asked.get(key)
        if asked is not None and asked.done_at is None and _is_same(asked, item):
            asked.args = args
        else:
            self._session.add(item)
            self._asked[key] = item
        self._session.flush()

    def hold(self, channel_id: str, now: datetime) -> None:
        """Nobody else holds the channel until this transaction ends, and no worker sends there."""
        if channel_id:
            self._lane(channel_id, now)

    def claim_next(
        self,
        now: datetime,
        lease: timedelta,
        first: str = "",
        rates: Mapping[Means, Rate] = UNLIMITED,
    ) -> Claimed | None:
        """Take the first waiting message of a channel whose turn it is, of the channel `first`
        before all others; that channel rests until the lease ends (`keep` moves its end) or `sent`,
        `later` or `give_up` is called. Each of these raises `ClaimLost` where the channel is
        somebody else's by then. Over all channels no more are taken than `rates` allow."""
        self._open_lanes(now)
        while (lane := self._due_lane(now, first)) is not None:
            item = self._first(lane.channel_id)
            if item is None:  # somebody else was done with it in this moment
                continue
            self._put_together(item)
            parent = self.posted(item.thread_key) if item.thread_key else None
            claimed = Claimed(item, lane.claim + 1, self.posted(item.key), parent)
            if not self._has_turn(lane, claimed.calls, now, rates):
                continue
            lane.leased_until = now + lease
            lane.claim = claimed.turn
            item.happened(MessageEvent.CLAIMED, now)
            self._session.flush()
            return claimed
        return None

    def posted(self, key: str) -> PostedMessage | None:
        """Where the message `key` stands in Slack."""
        return self._session.get(PostedMessage, key)

    def stands_there(self, channel_id: str, ts: str) -> bool:
        """Whether a message that is known stands at `ts`."""
        there = (col(PostedMessage.channel_id) == channel_id) & (col(PostedMessage.ts) == ts)
        return self._session.exec(select(PostedMessage.key).where(there)).first() is not None

    def is_fresh(self, key: str, since: datetime) -> bool:
        """Whether the message `key` was shown then or later, or will be: it waits and has not
        begun."""
        latest = self.latest(key)
        if latest is None or latest.given_up:
            return False
        return latest.attempts == 0 if latest.done_at is None else latest.done_at >= since

    def knows(self, key: str) -> bool:
        """Whether the message `key` stands in Slack, or is on its way there."""
        return self.posted(key) is not None or self._waiting(key) is not None

    def keep(self, claimed: Claimed, until: datetime) -> None:
        """The worker is still at it, and has the channel until then."""
        self._change_lane(claimed, leased_until=until)

    def sent(self, claimed: Claimed, ts: str | None, now: datetime, rest: timedelta) -> None:
        """The message was shown (`ts`) or taken away (None); the channel's next may go after
        `rest`."""
        self._free_lane(claimed, now + rest)
        item = self._session.get_one(OutboxItem, claimed.item.id)
        if ts is None:
            self.forget(claimed.item.key)
        else:
            self.stands(claimed.item.key, item.channel_id, ts)
        item.happened(MessageEvent.SENT, now)

    def later(
        self, claimed: Claimed, due_at: datetime, not_sent: bool = False, fault: bool = False
    ) -> None:
        """The message stays first in its channel and is tried again at `due_at`; `not_sent` when it
        is certain that this attempt did not reach the channel, `fault` when it failed for a reason
        of the message's own."""
        self._free_lane(claimed, due_at)
        kept = self._session.get_one(OutboxItem, claimed.item.id)
        kept.attempts -= not_sent
        kept.faults += fault

    def stands(self, key: str, channel_id: str, ts: str) -> None:
        """The message `key` stands there now, wherever it stood before."""
        self._session.merge(PostedMessage(key=key, channel_id=channel_id, ts=ts))

    def give_up(self, claimed: Claimed, reason: str, now: datetime) -> None:
        """The message can never be sent (`reason`: Slack's error); the channel goes on without
        it."""
        self._free_lane(claimed, now)
        item = self._session.get_one(OutboxItem, claimed.item.id)
        item.happened(MessageEvent.GIVEN_UP, now, reason)

    def drop(self, channel_id: str, reason: str, now: datetime) -> None:
        """What waits for the channel is put aside, until `revive`."""
        self._held_lane(channel_id)
        waits = (col(OutboxItem.channel_id) == channel_id) & col(OutboxItem.done_at).is_(None)
        self._session.exec(update(OutboxItem).where(waits).values(done_at=now, given_up=reason))

    def revive(self, channel_id: str, now: datetime, never: Collection[str] = ()) -> None:
        """Show what was given up for the channel: of each message the newest, unless a newer one
        was sent or waits; but none of the notices `never`. Before it whatever may have reached the
        channel already, so that it is looked for there."""
        found = select(OutboxItem).where(
            OutboxItem.channel_id == channel_id,
            text(GIVEN_UP),
            col(OutboxItem.notice).not_in(never),
        )
        items = self._session.exec(found.order_by(col(OutboxItem.id))).all()
        self._revive(
            [item for item in items if self._is_newest(item) or self._may_stand(item)], now
        )

    def revive_given_up(self, since: datetime, before: datetime, now: datetime) -> int:
        """Try once more what was given up for a reason of its own, in a channel that is open: what
        is younger than `since` and rests since `before`. How many they are."""
        found = self._session.exec(TO_TRY_AGAIN, params={"since": since, "before": before})
        # In order here: in the database that would be done by reading every message there ever was
        newest = [item for item in found if self._is_newest(item)]
        return self._revive(sorted(newest, key=lambda item: item.id), now)

    def _revive(self, items: Sequence[OutboxItem], now: datetime) -> int:
        for item in items:
            item.happened(MessageEvent.REVIVED, now)
        self._session.flush()
        return len(items)

    def _is_newest(self, item: OutboxItem) -> bool:
        return self.latest(item.key) == item

    def _may_stand(self, item: OutboxItem) -> bool:
        """Whether somebody may have posted the message, and its place is not known."""
        return item.attempts > 0 and self.posted(item.key) is None

    def forget(self, key: str) -> None:
        """The message `key` stands nowhere any more."""
        self._session.exec(delete(PostedMessage).where(col(PostedMessage.key) == key))

    def latest(self, key: str) -> OutboxItem | None:
        """The newest request to show the message `key`."""
        return self._session.exec(LATEST, params={"key": key}).first()

    def renamed(self, key: str, new_key: str, now: datetime) -> None:
        """The message that was known as `key` has another name from now on; what waits under the
        old one is forgotten."""
        posted = update(PostedMessage).where(col(PostedMessage.key) == key)
        self._session.exec(posted.values(key=new_key))
        old = col(OutboxItem.key) == key
        unsent = col(OutboxItem.done_at).is_(None) | (col(OutboxItem.given_up) != "")
        self._session.exec(update(OutboxItem).where(old, unsent).values(done_at=now, given_up=""))
        self._session.exec(update(OutboxItem).where(old).values(key=new_key))

    def refused(self, channel_id: str, error: str) -> bool:
        """Slack takes nothing for the channel, whose messages wait; whether that is new."""
        lane = self._session.get_one(Lane, channel_id, with_for_update=True)
        new = lane.refused != error
        lane.refused = error
        return new

    def accepted(self, channel_id: str) -> bool:
        """Slack takes messages for the channel, whose lane this transaction holds since the message
        was `sent`; whether it did not before."""
        lane = self._session.get_one(Lane, channel_id)
        new = bool(lane.refused)
        lane.refused = ""
        return new

    def wake(self, channel_id: str, now: datetime) -> None:
        """It is the channel's turn at once, if anything waits for it."""
        lane = self._held_lane(channel_id)
        if lane is not None and lane.leased_until is None:
            lane.due_at = now

    def replace(self, key: str, gone: str, now: datetime) -> None:
        """What stands as `key` is taken away (the notice `gone`) when its turn comes; the message
        stands nowhere, so that it is posted anew."""
        posted = self.posted(key)
        if posted is not None:
            self.show(posted.channel_id, self._renamed(posted), gone, {}, now)

    def set_aside(self, channel_id: str, now: datetime) -> list[str]:
        """Nothing that waits for the channel is sent any more, and what we posted there is known
        under other keys, which are returned: its own keys may be used elsewhere."""
        self.drop(channel_id, "set-aside", now)
        # What was told is forgotten, too: whoever is met there next is somebody else
        told = update(OutboxItem).where(col(OutboxItem.channel_id) == channel_id)
        self._session.exec(told.values(key="aside", thread_key="", notice="gone", args={}))
        there = select(PostedMessage).where(PostedMessage.channel_id == channel_id)
        found = [self._renamed(posted) for posted in self._session.exec(there).all()]
        self._session.flush()
        return found

    def set_one_aside(self, key: str, now: datetime) -> str | None:
        """The same for one message; None where it does not stand anywhere."""
        posted = self.posted(key)
        if posted is not None:
            self._held_lane(posted.channel_id)
        waits = (col(OutboxItem.key) == key) & col(OutboxItem.done_at).is_(None)
        end = update(OutboxItem).where(waits)
        self._session.exec(end.values(done_at=now, given_up="set-aside"))
        return self._renamed(posted) if posted is not None else None

    def _renamed(self, posted: PostedMessage) -> str:
        key = f"aside:{posted.channel_id}:{posted.ts}"
        if posted.key != key:
            self._session.delete(posted)
            self._session.add(PostedMessage(key=key, channel_id=posted.channel_id, ts=posted.ts))
        return key

    def waiting(self) -> int:
        """How many messages wait."""
        return len(
            self._session.exec(select(OutboxItem.id).where(col(OutboxItem.done_at).is_(None))).all()
        )

    def next_due(self) -> datetime | None:
        """When the next channel's turn is."""
        return self._session.exec(NEXT_DUE).first()

    def _due_lane(self, now: datetime, first: str) -> Lane | None:
        return self._session.exec(DUE_LANE, params={"now": now, "first": first}).first()

    def _has_turn(
        self, lane: Lane, calls: Collection[Means], now: datetime, rates: Mapping[Means, Rate]
    ) -> bool:
        """Whether the channel may send now, for which so many calls are made; else it is due when
        it may, and has that turn for sure."""
        turn = now
        for means in [] if lane.has_turn else calls:
            if means in rates:  # each from the turn of the one before: they are made together
                turn = max(turn, self._paces.book(means, turn, rates[means]))
        lane.has_turn = turn > now
        if lane.has_turn:
            lane.due_at = turn
        self._session.flush()
        return not lane.has_turn

    def _put_aside(self, item: OutboxItem, why: str, now: datetime) -> None:
        """Keep what cannot be shown just now; of the same message the newest is enough."""
        latest = self.latest(item.key)
        aside = latest is not None and latest.status is MessageStatus.GIVEN_UP
        if latest is not None and aside and latest.notice == item.notice:
            latest.args = item.args
        else:
            item.happened(MessageEvent.GIVEN_UP, now, why)
            self._session.add(item)
        self._session.flush()

    def _waiting(self, key: str) -> OutboxItem | None:
        return self._session.exec(WAITING, params={"key": key}).first()

    def _first(self, channel_id: str) -> OutboxItem | None:
        return self._session.exec(FIRST, params={"channel": channel_id}).first()

    def _put_together(self, item: OutboxItem) -> None:
        """Have a message that has not begun be shown as it was asked for last; what asked for the
        same right after it needs no turn of its own."""
        if item.attempts:
            return
        for later in self._session.exec(ALL_WAITING, params={"key": item.key}).all():
            if not _is_same(later, item):
                return
            if later is not item:
                item.args = later.args
                self._session.delete(later)

    def _open_lanes(self, now: datetime) -> None:
        """Channels that are told something for the first time take their turn from now on."""
        for channel_id in self._session.exec(WITHOUT_LANE).all():
            self._lane(channel_id, now)

    def _lane(self, channel_id: str, now: datetime) -> Lane:
        """A channel's lane, held until the transaction ends."""
        lane = self._held_lane(channel_id)
        if lane is not None:
            return lane
        try:
            with self._session.begin_nested():
                self._session.add(Lane(channel_id=channel_id, due_at=now))
        except IntegrityError:  # another transaction made it first
            pass
        return self._session.get_one(Lane, channel_id, with_for_update=True)

    def _held_lane(self, channel_id: str) -> Lane | None:
        """A channel's lane, if it has one, held as `_lane` does: before its messages, as whoever
        sends them does, so that two never wait for each other."""
        return self._session.get(Lane, channel_id, with_for_update=True)

    def _free_lane(self, claimed: Claimed, due_at: datetime) -> None:
        ended = {"leased_until": None, "claim": claimed.turn + 1}
        self._change_lane(claimed, due_at=due_at, **ended)

    def _change_lane(self, claimed: Claimed, **changed: Any) -> None:
        """Change the lane of what was claimed, which this transaction holds from then on. The
        channel may have another id than it had."""
        item = self._session.get(OutboxItem, claimed.item.id)
        channel_id = item.channel_id if item is not None else ""
        own = (col(Lane.channel_id) == channel_id) & (col(Lane.claim) == claimed.turn)
        if not self._session.exec(update(Lane).where(own).values(**changed)).rowcount:
            raise ClaimLost


def _is_same(asked: OutboxItem, again: OutboxItem) -> bool:
    """Whether two requests for one message show the same notice in the same place."""
    return (asked.channel_id, asked.notice) == (again.channel_id, again.notice)
