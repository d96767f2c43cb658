"""Slack's events: stored before they are acknowledged, handled by the worker.

Bolt acknowledges an event before its listener runs, so a listener that fails would lose it. Here a
middleware stores it, Bolt says yes to Slack, and the worker does the rest; a repetition is told by
its id.
"""

from collections.abc import Callable
from typing import Any

import structlog
from slack_bolt import App, BoltRequest, BoltResponse
from slack_bolt.middleware import Middleware
from slack_sdk import WebClient

from bot.common.jobs import HandleEvent
from bot.common.people import Person
from bot.common.refusals import SlackBusy
from bot.messages.events import joined
from bot.services import Services
from handlers.cards.kit import Message
from handlers.commands import Commands
from handlers.features.answers import Told, answer_to
from handlers.features.home import HomeTab, read
from handlers.features.own_channels import is_ours
from handlers.slack.directory import SlackDirectory
from handlers.slack.listeners import Listeners
from handlers.slack.payloads import Command
from handlers.slack.private import UNANSWERED
from handlers.slack.refusals import said
from handlers.text.asking import Question

log = structlog.get_logger(__name__)

CLOSES = {
    "channel_archive": "archived",
    "group_archive": "archived",
    "channel_deleted": "deleted",
    "group_deleted": "deleted",
    "channel_left": "left",
    "group_left": "left",
    "channel_unshared": "unshared",
}
REOPENS = {
    "channel_unarchive": ("archived",),
    "group_unarchive": ("archived",),
    "channel_shared": ("unshared",),
}
FOLLOWED = (*CLOSES, *REOPENS, "channel_id_changed")
"""What becomes of channels (docs.slack.dev/reference/events)."""

WANTED = (
    "app_mention",
    "app_home_opened",
    "member_joined_channel",
    "member_left_channel",
    *FOLLOWED,
)

NOT_KEPT = 503
"""Slack sends again what is not answered well, three times within an hour
(docs.slack.dev/apis/events-api, retries); over Socket Mode it is then not acknowledged."""

NEEDS = {
    "app_mention": ("channel", "user", "ts"),
    "app_home_opened": ("user",),
    "member_joined_channel": ("channel", "user"),
    "channel_id_changed": ("old_channel_id", "new_channel_id"),
}
"""Without what an event can be nothing to us; every other has its channel."""


class Taking(Middleware):
    """Stores every wanted event that comes in."""

    def __init__(self, services: Services, nudge: Callable[[], None]) -> None:
        self._services = services
        self._nudge = nudge

    def process(
        self, *, req: BoltRequest, resp: BoltResponse, next: Callable[[], BoltResponse]
    ) -> BoltResponse | None:
        """Store an event, and go on; anything else passes."""
        body = req.body
        event = body.get("event")
        if body.get("type") == "event_callback" and isinstance(event, dict) and is_for_us(event):
            if not self._services.events.take_in(str(body["event_id"]), kept(event)):
                return BoltResponse(status=NOT_KEPT)
            self._nudge()
        return next()


def register(app: App, services: Services, nudge: Callable[[], None]) -> None:
    """Have every wanted event stored that comes in."""
    app.use(Taking(services, nudge))
    for name in WANTED:
        app.event(name)(lambda: None)  # or Bolt would answer that nobody listens


def is_for_us(event: dict[str, Any]) -> bool:
    """Whether there is anything to do about an event: it is whole, and a mention is of a person.
    Apps and workflows mention us too, with no `user` or with a `bot_id`; answering them could go on
    for ever."""
    needed = NEEDS.get(str(event.get("type")), ("channel",))
    whole = event.get("type") in WANTED and all(isinstance(event.get(n), str) for n in needed)
    of_an_app = bool(event.get("bot_id") or event.get("subtype") == "bot_message")
    return whole and not (event["type"] == "app_mention" and of_an_app)


def kept(event: dict[str, Any]) -> dict[str, Any]:
    """An event as it is stored: of a Home tab that was shown before not what stood on it, which
    Slack sends along, but what it was about."""
    view = event.get("view")
    if not isinstance(view, dict):
        return event
    return event | {"view": {"private_metadata": view.get("private_metadata")}}


class Events:
    """Handles stored events."""

    def __init__(
        self,
        services: Services,
        client: WebClient,
        listeners: Listeners,
        commands: Commands,
        directory: SlackDirectory,
        home_tab: HomeTab,
    ) -> None:
        self._services = services
        self._client = client
        self._listeners = listeners
        self._commands = commands
        self._directory = directory
        self._home_tab = home_tab

    def do(self, work: HandleEvent) -> None:
        """Do the job of a stored event."""
        event = work.event
        if not is_for_us(event):
            return
        match event["type"]:
            case "app_mention":
                self._mention(event)
            case "app_home_opened":
                self._home(event)
            case "member_joined_channel" | "member_left_channel":
                self._directory.forget(event["channel"])
                self._greet(event)
            case _:
                self._follow(event)

    def _follow(self, event: dict[str, Any]) -> None:
        customers = self._services.customers
        what = event["type"]
        if what == "channel_id_changed":
            customers.renumber(event["old_channel_id"], event["new_channel_id"])
        elif what in REOPENS:
            if not self._services.events.is_overtaken(event):
                customers.reopen(event["channel"], REOPENS[what])
            if what == "channel_shared":
                team = str(event.get("connected_team_id") or "")
                self._services.circles.shared_with(event["channel"], team)
        # With `is_ext_shared` it is still shared with others
        elif not event.get("is_ext_shared") and not self._is_over(event):
            customers.close(event["channel"], CLOSES[what])

    def _is_over(self, event: dict[str, Any]) -> bool:
        """Whether we have heard before its turn that what closed the channel is over."""
        left = CLOSES[event["type"]] == "left"
        others = [joined(self._directory.bot_user())] if left else []
        return self._services.events.is_overtaken(event, *others)

    def _mention(self, event: dict[str, Any]) -> None:
        command = Command.of_mention(event, self._client)
        thread = str(event.get("thread_ts") or "")
        asked_at = str(event["ts"])

        unasked: list[SlackBusy] = []

        def answer(message: Message) -> None:
            self._privately(command, message, thread)

        def work() -> None:
            try:
                told = answer_to(self._services, command, self._commands.names)
            except SlackBusy as busy:
                unasked.append(busy)
            else:
                self._do(command, told, answer, asked_at, thread)

        self._listeners.guard(command.person, "mention", work, answer)
        for busy in unasked:  # nothing was done yet, so that it is done when Slack says who asks
            raise busy

    def _do(
        self,
        command: Command,
        told: Told | None,
        answer: Callable[[Message], None],
        asked_at: str,
        thread: str,
    ) -> None:
        ours = is_ours(self._services, command.channel)
        if told is None or (ours and told["about"] == Question.HELP):
            self._commands.do(command, answer)
        else:
            self._services.answers.answer(command.channel, asked_at, thread, told)

    def _privately(self, command: Command, message: Message, thread: str) -> None:
        """Ephemeral, in the thread where it was asked; whether people of another workspace see it
        is not documented."""
        content: dict[str, Any] = {
            "channel": command.channel,
            "user": command.person.user,
            "text": message.text,
            "blocks": message.blocks,
        }
        if thread:
            content["thread_ts"] = thread
        try:
            self._client.api_call("chat.postEphemeral", json=content)
        except UNANSWERED as error:
            log.warning("mention.answer_failed", error=said(error))

    def _home(self, event: dict[str, Any]) -> None:
        if event.get("tab", "home") != "home":
            return
        person = Person(self._directory.vendor_team(), event["user"])
        shown = event.get("view") or {}
        self._home_tab.show(person, read(str(shown.get("private_metadata") or "")))

    def _greet(self, event: dict[str, Any]) -> None:
        if event["type"] != "member_joined_channel" or not self._directory.is_bot(event["user"]):
            return
        if not self._services.events.is_overtaken(event, "left"):
            self._services.customers.came_in(event["channel"])
