"""Carries the outbox's messages to Slack."""

from collections.abc import Callable, Collection
from datetime import timedelta
from http.client import HTTPException
from typing import Any

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.messages.outgoing import Outgoing
from bot.messages.refusals import (
    BlocksRefused,
    ChannelBusy,
    ChannelRefuses,
    ChannelUnreachable,
    PageInstead,
    Subject,
    ThreadUnreadable,
)
from handlers.cards.kit import Message, cut_markup
from handlers.cards.newer import newer_kinds, without
from handlers.cards.plain import plain_form
from handlers.slack.presenter import Presenter
from handlers.slack.refusals import NO_JSON, about, error_of, wait_of

log = structlog.get_logger(__name__)

EVENT_TYPE = "maildesk_message"
LOOK_BACK = 50
LONGEST_THREAD = 999
"""As many messages as Slack gives at once. It begins with a thread's oldest
(docs.slack.dev/reference/methods/conversations.replies)."""

MAX_TEXT_LENGTH = 4000
"""What Slack takes as a message's text (docs.slack.dev/reference/methods/chat.postMessage)."""


class SlackSender:
    """The `Sender` of the outbox, over Slack's Web API."""

    def __init__(
        self, client: WebClient, presenter: Presenter, refused: Callable[[], Collection[str]]
    ) -> None:
        """`refused` says which kinds of newer blocks are not worth a try."""
        self._client = client
        self._presenter = presenter
        self._refused = refused

    def show(
        self,
        message: Outgoing,
        ts: str | None,
        thread_ts: str | None,
        left_out: Collection[str] = (),
    ) -> str:
        """Post the message, or update the one at `ts`, without newer blocks of the kinds `left_out`
        and those that are known to be refused; where it stands now."""
        drawn = self._draw(message)
        if newer_kinds(drawn):
            drawn = without(drawn, {*left_out, *self._refused()})
        kinds = newer_kinds(drawn)
        try:
            return self._put(message, drawn, ts, thread_ts)
        except ChannelRefuses as refusal:
            if refusal.about is Subject.CONTENT and kinds:
                raise BlocksRefused(refusal.error, kinds) from None
            raise

    def show_plainly(self, message: Outgoing, ts: str | None, thread_ts: str | None) -> str:
        """The same as text alone: no buttons, and nothing else that has a form."""
        return self._put(message, plain_form(self._draw(message)), ts, thread_ts)

    def _draw(self, message: Outgoing) -> Message:
        return self._presenter.draw(message.notice, message.args)

    def _put(self, message: Outgoing, drawn: Message, ts: str | None, thread_ts: str | None) -> str:
        text = cut_markup(drawn.text, MAX_TEXT_LENGTH)
        message.confirm()
        content: dict[str, Any] = {
            "channel": message.channel_id,
            "text": text,
            "blocks": drawn.blocks,
        }
        if ts is not None:
            self._call("chat.update", content | {"ts": ts})
            return ts
        content |= {"thread_ts": thread_ts} if thread_ts else {}
        content |= {"unfurl_links": False, "unfurl_media": False}
        metadata = {"event_type": EVENT_TYPE, "event_payload": {"item": message.id}}
        return str(self._call("chat.postMessage", content | {"metadata": metadata})["ts"])

    def take_away(self, message: Outgoing, ts: str) -> None:
        """Remove the message at `ts`."""
        message.confirm()
        self._call("chat.delete", {"channel": message.channel_id, "ts": ts})

    def find(self, message: Outgoing, thread_ts: str | None) -> str | None:
        """Look an earlier attempt up by its metadata, where the app may read the channel's
        history."""
        try:
            if thread_ts:
                return self._find_in_thread(message, thread_ts)
            where = {"include_all_metadata": True, "limit": LOOK_BACK}
            return _ours(message, self._read("conversations.history", message, where))
        except ChannelRefuses as refusal:
            if refusal.about is Subject.INSTALLATION:
                raise
            # Without the optional scope it may appear twice, never not at all
            log.warning("outbox.may_stand_twice", item=message.id, reason=refusal.error)
            return None

    def _find_in_thread(self, message: Outgoing, thread_ts: str) -> str | None:
        since = f"{message.earliest.timestamp():.6f}"
        where = {"ts": thread_ts, "oldest": since, "limit": LONGEST_THREAD}
        where |= {"include_all_metadata": True}
        try:
            return _ours(message, self._read("conversations.replies", message, where))
        except ChannelRefuses as refusal:
            if refusal.about is Subject.INSTALLATION:
                raise
        raise ThreadUnreadable(self._newest_reply(message, thread_ts))

    def _newest_reply(self, message: Outgoing, thread_ts: str) -> str:
        """The thread's newest reply, as its head says; empty where there is none."""
        only = {"oldest": thread_ts, "latest": thread_ts, "inclusive": True, "limit": 1}
        heads = self._read("conversations.history", message, only)
        return next((str(head.get("latest_reply") or "") for head in heads), "")

    def _read(self, method: str, message: Outgoing, where: dict[str, Any]) -> list[dict[str, Any]]:
        found = self._call(method, where | {"channel": message.channel_id})["messages"]
        assert isinstance(found, list)
        return found

    def _call(self, method: str, content: dict[str, Any]) -> dict[str, Any]:
        try:
            response = self._client.api_call(method, json=content)
        except SlackApiError as error:
            raise _meaning(error) from None
        except (SlackClientError, OSError, HTTPException) as error:
            raise ChannelUnreachable(type(error).__name__) from None
        assert isinstance(response.data, dict)
        return response.data


def _ours(message: Outgoing, found: list[dict[str, Any]]) -> str | None:
    """Where the message stands among those that were found."""
    for posted in found:
        payload = (posted.get("metadata") or {}).get("event_payload", {})
        if payload.get("item") == message.id:
            return str(posted["ts"])
    return None


def _meaning(error: SlackApiError) -> Exception:
    wait = wait_of(error)
    if wait:
        return ChannelBusy(timedelta(seconds=wait))
    subject = about(error)
    word = error_of(error)
    if subject is Subject.PASSING:
        return PageInstead(word) if word == NO_JSON else ChannelUnreachable(word)
    return ChannelRefuses(subject, word)
