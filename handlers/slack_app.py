"""The Bolt app and its two ways in: signed HTTP posts and Socket Mode."""

from collections.abc import Callable
from urllib.parse import parse_qsl

from flask import Blueprint, Request, Response, request
from slack_bolt import App, BoltRequest
from slack_bolt.adapter.flask.handler import to_bolt_request, to_flask_response
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from bot.services import Services
from handlers import events
from handlers.commands import NAME, Commands
from handlers.features import (
    accounts,
    checks,
    diagnosis,
    exchange,
    folders,
    legacy,
    legacy_import,
    reminders,
    setup,
    signin,
    support,
)
from handlers.features.home import HomeTab
from handlers.slack.directory import SlackDirectory
from handlers.slack.listeners import Listeners

MAX_BODY_BYTES = 1024 * 1024
FEATURES = (
    accounts,
    checks,
    diagnosis,
    exchange,
    folders,
    legacy,
    legacy_import,
    reminders,
    setup,
    signin,
    support,
)


class SlackSide:
    """Everything that listens to Slack."""

    def __init__(
        self,
        services: Services,
        client: WebClient,
        directory: SlackDirectory,
        signing_secret: str,
        nudge: Callable[[], None],
    ) -> None:
        self.app = App(
            client=client, signing_secret=signing_secret, token_verification_enabled=False
        )
        self.commands = commands = Commands(services)
        self.listeners = listeners = Listeners(self.app, services, client, nudge)
        events.register(self.app, services, nudge)
        listeners.command(NAME, commands.do)
        for feature in FEATURES:
            feature.register(listeners, services)
        home_tab = HomeTab(services, client)
        home_tab.register(listeners)
        self.events = events.Events(services, client, listeners, commands, directory, home_tab)

    def blueprint(self) -> Blueprint:
        """`POST /slack/events` for commands, interactions and events."""
        blueprint = Blueprint("slack", __name__)

        @blueprint.post("/slack/events")
        def slack_events() -> Response:
            if (request.content_length or 0) > MAX_BODY_BYTES:
                return Response("too large", 413)
            return to_flask_response(self.app.dispatch(bolt_request(request)))

        return blueprint

    def socket(self, app_token: str, client: WebClient) -> SocketModeHandler:
        """A Socket Mode connection, not yet begun."""
        return SocketModeHandler(self.app, app_token, web_client=client)


def bolt_request(incoming: Request) -> BoltRequest:
    """Bolt's view of a request. Bolt 1.30 takes every form with the word "payload" in it for an
    interaction and loses a slash command whose text has it; those are read again as the forms that
    they are."""
    bolt = to_bolt_request(incoming)
    form = dict(parse_qsl(bolt.raw_body, keep_blank_values=True))
    if "command" in form and "payload" not in form:
        bolt = BoltRequest(body=bolt.raw_body.replace("payload", "%70ayload"), headers=bolt.headers)
        bolt.raw_body = incoming.get_data(as_text=True)
    return bolt
