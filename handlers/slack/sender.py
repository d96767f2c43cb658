"""Carries the outbox's messages to Slack."""

from datetime import timedelta
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.common.texts import whole_number
from bot.messages.delivery import ChannelBusy, ChannelRefuses, ChannelUnreachable
from bot.messages.outgoing import Outgoing
from handlers.cards.kit import cut_markup
from handlers.slack.presenter import Presenter

EVENT_TYPE = "maildesk_message"
HISTORY_SCOPES = ("channels:history", "groups:history")
MAY_PASS = frozenset(
    {
        "internal_error",
        "fatal_error",
        "service_unavailable",
        "request_timeout",
        "accesslimited",
        "team_added_to_org",
    }
)
"""Slack errors after which the same request may succeed
(docs.slack.dev/reference/methods/chat.postMessage)."""

LOOK_BACK = 50
MAX_TEXT_LENGTH = 4000
"""What Slack takes as a message's text (docs.slack.dev/reference/methods/chat.postMessage)."""


class SlackSender:
    """The `Sender` of the outbox, over Slack's Web API."""

    def __init__(self, client: WebClient, presenter: Presenter) -> None:
        self._client = client
        self._presenter = presenter

    def show(self, message: Outgoing, ts: str | None, thread_ts: str | None) -> str:
        """Post the message, or update the one at `ts`; where it stands now."""
        drawn = self._presenter.draw(message.notice, message.args)
        text = cut_markup(drawn.text, MAX_TEXT_LENGTH)
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
        """Remove the message at `ts`, unless somebody did already."""
        try:
            self._call("chat.delete", {"channel": message.channel_id, "ts": ts})
        except ChannelRefuses as error:
            if str(error) != "message_not_found":
                raise

    def find(self, message: Outgoing, thread_ts: str | None) -> str | None:
        """Look an earlier attempt up by its metadata, where the app may read the channel's
        history."""
        where: dict[str, Any] = {
            "channel": message.channel_id,
            "include_all_metadata": True,
            "limit": LOOK_BACK,
        }
        try:
            if thread_ts:
                found = self._call("conversations.replies", where | {"ts": thread_ts})
            else:
                found = self._call("conversations.history", where)
        except ChannelRefuses:  # without the optional scope it may appear twice, never not at all
            return None
        for posted in found["messages"]:
            payload = (posted.get("metadata") or {}).get("event_payload", {})
            if payload.get("item") == message.id:
                return str(posted["ts"])
        return None

    def _call(self, method: str, content: dict[str, Any]) -> dict[str, Any]:
        try:
            response = self._client.api_call(method, json=content)
        except SlackApiError as error:
            raise _meaning(error) from None
        except (SlackClientError, OSError) as error:
            raise ChannelUnreachable(type(error).__name__) from None
        assert isinstance(response.data, dict)
        return response.data


def _meaning(error: SlackApiError) -> Exception:
    response = error.response
    name = str(response.get("error", "unknown"))
    if response.status_code == 429 or name in ("ratelimited", "rate_limited"):
        return ChannelBusy(
            timedelta(seconds=whole_number(str(response.headers.get("Retry-After"))) or 1)
        )
    if response.status_code >= 500 or name in MAY_PASS:
        return ChannelUnreachable(name)
    return ChannelRefuses(name)
