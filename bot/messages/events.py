"""Slack's events, kept as work to do."""

from typing import Any

import structlog

from bot.common.clock import Clock
from bot.common.jobs import HandleEvent
from storage.database import Conflict, DatabaseAway, Store

log = structlog.get_logger(__name__)

SUBJECTS = {
    "channel_archive": "archive",
    "group_archive": "archive",
    "channel_unarchive": "archive",
    "group_unarchive": "archive",
    "channel_deleted": "archive",
    "group_deleted": "archive",
    "channel_shared": "share",
    "channel_unshared": "share",
    "channel_left": "left",
    "group_left": "left",
}
"""What of a channel an event is about: of two about the same, the later one holds."""


ANY_EVENT = "event"
"""Known from the first event on: Slack sends none before it has verified the address."""


class Events:
    """Takes events in, each once."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def take_in(self, event_id: str, event: dict[str, Any]) -> bool:
        """Keep an event for the worker. One that Slack repeats is known by its id, or by its time
        and person where it comes under two. False where it cannot be kept just now: then Slack is
        to send it again."""
        try:
            self._keep(event_id, event)
        except (Conflict, DatabaseAway) as error:
            log.warning("event.not_kept", type=event.get("type"), error=str(error))
            return False
        return True

    def _keep(self, event_id: str, event: dict[str, Any]) -> None:
        now = self._clock.now()
        with self._store.transaction() as tx:
            tx.channels.first_sight(ANY_EVENT, now)
            new = tx.channels.first_sight(event_id, now)
            moment = _moment(event)
            if new and moment:
                new = tx.channels.first_sight(moment, now)
            if new:
                tx.jobs.add(HandleEvent(event=event), now)

    def came(self) -> bool:
        """Whether Slack has sent an event yet."""
        with self._store.reading() as tx:
            return tx.channels.was_seen(ANY_EVENT)

    def is_overtaken(self, event: dict[str, Any], *others: str) -> bool:
        """Whether a later event about the same was taken in before this one's turn; `others`: what
        else of the channel speaks against it, as `SUBJECTS` or `joined` names it."""
        if not _moment(event):
            return False
        with self._store.reading() as tx:
            return any(
                tx.channels.newest_sight(_about(event, subject)) > _about(event, subject, at=True)
                for subject in (_subject(event), *others)
            )


def joined(user: str) -> str:
    """That this person came into a channel."""
    return f"joined {user}"


def _subject(event: dict[str, Any]) -> str:
    subject = SUBJECTS.get(event["type"])
    if subject is None and event["type"] == "member_joined_channel":
        return joined(str(event.get("user")))
    return subject or f"{event['type']} {event.get('user')}"


def _about(event: dict[str, Any], subject: str, at: bool = False) -> str:
    """The key of everything that is heard about one thing in a channel, or of what is heard now."""
    key = f"{event['channel']}:{subject}:"
    return f"{key}{event['event_ts']}:{event['type']}" if at else key


def _moment(event: dict[str, Any]) -> str:
    """The key of an event that is about a channel and says when it was; else empty."""
    told = isinstance(event.get("channel"), str) and isinstance(event.get("event_ts"), str)
    return _about(event, _subject(event), at=True) if told else ""
