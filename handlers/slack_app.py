"""The Bolt app and its two ways in: signed HTTP posts and Socket Mode."""

import time
from collections.abc import Callable

from flask import Blueprint, Response, request
from slack_bolt import App
from slack_bolt.adapter.flask.handler import to_flask_response
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.common.correlation import correlated, follow, of_slack
from bot.common.live_secrets import Secret
from bot.common.tallies import ACKNOWLEDGED, Tallies
from bot.services import Services
from handlers import events
from handlers.commands import Commands
from handlers.features import (
    account_list,
    accounts,
    checks,
    customer_page,
    customers,
    desk,
    diagnosis,
    exchange,
    folders,
    incident_list,
    incidents,
    invitations,
    legacy,
    legacy_import,
    maintenance,
    reminders,
    setup,
    signin,
    support,
    timeline,
    unexplained,
)
from handlers.features.home import HomeTab
from handlers.slack.behind import Behind
from handlers.slack.directory import SlackDirectory
from handlers.slack.incoming import bolt_request, is_signed, kind_of
from handlers.slack.listeners import Listeners
from handlers.slack.payloads import COMMAND
from handlers.slack.private import PrivateAnswers

PATH = "/slack/events"
"""Where Slack posts commands, interactions and events."""

FEATURES = (
    account_list,
    accounts,
    checks,
    customer_page,
    customers,
    desk,
    diagnosis,
    exchange,
    folders,
    incident_list,
    incidents,
    invitations,
    legacy,
    legacy_import,
    maintenance,
    reminders,
    setup,
    signin,
    support,
    timeline,
    unexplained,
)


class FreshSocket(SocketModeHandler):
    """A Socket Mode connection that asks Slack for a new address each time it is begun: one that
    could not be reached is good for nothing."""

    tallies: Tallies

    def connect(self) -> None:
        """Connect. Takes seconds; raises whatever kept it from standing."""
        self.client.wss_uri = None
        super().connect()  # type: ignore[no-untyped-call]

    def handle(  # type: ignore[override]
        self, client: SocketModeClient, req: SocketModeRequest
    ) -> None:
        """Have what Slack sent done, and acknowledge it."""
        begun = time.monotonic()
        with correlated(of_slack(req.payload)):
            super().handle(client, req)
        self.tallies.took(ACKNOWLEDGED, time.monotonic() - begun, kind_of(req.payload))


class SlackSide:
    """Everything that listens to Slack."""

    def __init__(
        self,
        services: Services,
        client: WebClient,
        directory: SlackDirectory,
        signing_secret: Secret,
        nudge: Callable[[], None],
        tallies: Tallies,
        private: PrivateAnswers,
    ) -> None:
        """`tallies`: where it is counted how long acknowledgements take."""
        self._signing_secret = signing_secret
        self._tallies = tallies
        self.app = App(
            name="maildesk",  # Bolt would look through the stack for one, which takes long
            # With our token, Bolt would ask Slack who we are before it lets anything through. While
            # Slack does not say that, it takes events and loses them, and asks people in words of
            # its own to install us again. Nothing here uses its client, or needs it to know us.
            client=WebClient(),
            authorize=_let_in,
            signing_secret=signing_secret.get_secret_value(),
            # What is not signed by Slack does not come so far, and Socket Mode signs nothing
            request_verification_enabled=False,
            # No workflow has a step of ours
            attaching_function_token_enabled=False,
            # Each listener acknowledges at once or answers a form, on the thread that waits for it;
            # what takes longer is done behind it
            process_before_response=True,
        )
        self.behind = Behind()
        self.commands = commands = Commands(services)
        self.listeners = listeners = Listeners(
            self.app, services, client, nudge, self.behind, private
        )
        # Bolt asks one listener after the other whether it is meant: commands come most often
        listeners.command(COMMAND, commands.do)
        events.register(self.app, services, nudge)
        for feature in FEATURES:
            feature.register(listeners, services)
        home_tab = HomeTab(services, client)
        home_tab.register(listeners)
        self.events = events.Events(services, client, listeners, commands, directory, home_tab)

    def blueprint(self) -> Blueprint:
        """`PATH` for commands, interactions and events; nothing of it is parsed before its
        signature is known to be Slack's."""
        blueprint = Blueprint("slack", __name__)

        @blueprint.post(PATH)
        def slack_events() -> Response:
            verifier = SignatureVerifier(self._signing_secret.get_secret_value())
            if not is_signed(verifier, request):
                return Response("the signature is not Slack's", 401, mimetype="text/plain")
            begun = time.monotonic()
            posted = bolt_request(request)
            follow(of_slack(posted.body))
            answer = to_flask_response(self.app.dispatch(posted))
            self._tallies.took(ACKNOWLEDGED, time.monotonic() - begun, kind_of(posted.body))
            return answer

        return blueprint

    def socket(self, app_token: str, client: WebClient) -> SocketModeHandler:
        """A Socket Mode connection, not yet begun."""
        handler = FreshSocket(self.app, app_token, web_client=client)
        handler.tallies = self._tallies
        handler.client.proxy = client.proxy  # the constructor may have taken the environment's
        return handler


def _let_in(enterprise_id: str | None, team_id: str | None, user_id: str | None) -> AuthorizeResult:
    """Everybody may come in: each listener asks for the rights of who acts."""
    return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, user_id=user_id)
