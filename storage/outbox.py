"""Messages on their way to Slack."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, delete, select, update

from storage.statuses import MessageEvent
from storage.tables import Channel, Lane, OutboxItem, PostedMessage


@dataclass(frozen=True)
class Claimed:
    """The next message of a channel, taken by one worker. `posted` is where its key already stands
    in Slack, `parent` the message whose thread it belongs to."""

    item: OutboxItem
    posted: PostedMessage | None
    parent: PostedMessage | None


class OutboxRepository:
    """The queue of messages: in order within a channel, one channel at a time per worker."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def show(
        self,
        channel_id: str,
        key: str,
        notice: str,
        args: dict[str, Any],
        now: datetime,
        thread_key: str = "",
    ) -> None:
        """Have the message `key` show `notice`: posted, or updated if it stands already. While an
        earlier request for the same key and notice has not begun, it is enough: a notice is
        rendered when it is sent. In a closed channel, and nowhere (""), nothing is shown."""
        if not channel_id:
            return
        channel = self._session.get(Channel, channel_id)
        if channel is not None and channel.closed:
            return
        self._open_lane(channel_id, now)
        waiting = self._waiting(key)
        if waiting is not None and waiting.notice == notice and waiting.attempts == 0:
            waiting.args = args
        else:
            self._session.add(
                OutboxItem(
                    channel_id=channel_id,
                    key=key,
                    notice=notice,
                    args=args,
                    created_at=now,
                    thread_key=thread_key,
                )
            )
        self._session.flush()

    def claim_next(self, now: datetime, lease: timedelta) -> Claimed | None:
        """Take the first waiting message of a channel whose turn it is; that channel rests until
        the lease ends or `sent`, `later` or `give_up` is called."""
        while (lane := self._due_lane(now)) is not None:
            item = self._first(lane.channel_id)
            if item is None:
                lane.due_at = None
                self._session.flush()
                continue
            lane.leased_until = now + lease
            item.happened(MessageEvent.CLAIMED, now)
            self._session.flush()
            parent = self.posted(item.thread_key) if item.thread_key else None
            return Claimed(item, self.posted(item.key), parent)
        return None

    def posted(self, key: str) -> PostedMessage | None:
        """Where the message `key` stands in Slack."""
        return self._session.get(PostedMessage, key)

    def knows(self, key: str) -> bool:
        """Whether the message `key` stands in Slack, or is on its way there."""
        return self.posted(key) is not None or self._waiting(key) is not None

    def sent(self, item: OutboxItem, ts: str | None, now: datetime, rest: timedelta) -> None:
        """The message was shown (`ts`) or taken away (None); the channel's next may go after
        `rest`."""
        if ts is None:
            self._session.exec(delete(PostedMessage).where(col(PostedMessage.key) == item.key))
        else:
            self._session.merge(PostedMessage(key=item.key, channel_id=item.channel_id, ts=ts))
        self._finish(item, MessageEvent.SENT, now)
        self._free_lane(item.channel_id, now + rest)

    def later(self, item: OutboxItem, due_at: datetime, not_sent: bool = False) -> None:
        """The message stays first in its channel and is tried again at `due_at`; `not_sent` when it
        is certain that this attempt did not reach the channel."""
        if not_sent:
            self._session.get_one(OutboxItem, item.id).attempts -= 1
        self._free_lane(item.channel_id, due_at)

    def give_up(self, item: OutboxItem, reason: str, now: datetime) -> None:
        """The message can never be sent (`reason`: Slack's error); the channel goes on without
        it."""
        self._finish(item, MessageEvent.GIVEN_UP, now, reason)
        self._free_lane(item.channel_id, now)

    def drop(self, channel_id: str, reason: str, now: datetime) -> None:
        """Nothing that waits for the channel is sent any more."""
        waits = (col(OutboxItem.channel_id) == channel_id) & col(OutboxItem.done_at).is_(None)
        self._session.exec(update(OutboxItem).where(waits).values(done_at=now, given_up=reason))

    def posted_as(self, key: str, new_key: str) -> None:
        """The message that was known as `key` has another name from now on."""
        self._session.exec(
            update(PostedMessage).where(col(PostedMessage.key) == key).values(key=new_key)
        )

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
        waits = (col(OutboxItem.key) == key) & col(OutboxItem.done_at).is_(None)
        end = update(OutboxItem).where(waits)
        self._session.exec(end.values(done_at=now, given_up="set-aside"))
        posted = self.posted(key)
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
        lanes = (
            select(Lane.due_at)
            .where(col(Lane.due_at).is_not(None))
            .order_by(col(Lane.due_at))
            .limit(1)
        )
        return self._session.exec(lanes).first()

    def _due_lane(self, now: datetime) -> Lane | None:
        free = col(Lane.leased_until).is_(None) | (col(Lane.leased_until) < now)
        due = select(Lane).where(col(Lane.due_at) <= now, free).order_by(col(Lane.due_at)).limit(1)
        return self._session.exec(due.with_for_update(skip_locked=True)).first()

    def _finish(
        self, item: OutboxItem, event: MessageEvent, now: datetime, reason: str = ""
    ) -> None:
        self._session.get_one(OutboxItem, item.id).happened(event, now, reason)

    def _waiting(self, key: str) -> OutboxItem | None:
        found = select(OutboxItem).where(OutboxItem.key == key, col(OutboxItem.done_at).is_(None))
        return self._session.exec(found.order_by(col(OutboxItem.id).desc())).first()

    def _first(self, channel_id: str) -> OutboxItem | None:
        found = select(OutboxItem).where(
            OutboxItem.channel_id == channel_id, col(OutboxItem.done_at).is_(None)
        )
        return self._session.exec(found.order_by(col(OutboxItem.id)).limit(1)).first()

    def _open_lane(self, channel_id: str, now: datetime) -> None:
        lane = self._session.get(Lane, channel_id, with_for_update=True) or self._new_lane(
            channel_id
        )
        if lane.due_at is None:
            lane.due_at = now

    def _new_lane(self, channel_id: str) -> Lane:
        try:
            with self._session.begin_nested():
                self._session.add(Lane(channel_id=channel_id))
        except IntegrityError:  # another transaction made it first
            pass
        return self._session.get_one(Lane, channel_id, with_for_update=True)

    def _free_lane(self, channel_id: str, due_at: datetime) -> None:
        lane = self._session.get_one(Lane, channel_id, with_for_update=True)
        lane.leased_until = None
        lane.due_at = due_at
