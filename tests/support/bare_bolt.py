"""A bare Bolt app on the same web server as ours: `python -m tests.support.bare_bolt` acknowledges
`/maildesk` on PORT, and if it is started with "answers" says by its response address what ours says
to a customer who asks for help."""

import os
import sys
import threading

from flask import Flask, Response, request
from slack_bolt import Ack, App, Respond
from slack_bolt.adapter.flask import SlackRequestHandler
from slack_sdk import WebClient

from bot.app.web_server import WebServer
from bot.views.audience import Role
from handlers.cards.help import help_message


def bare(client: WebClient, signing_secret: str, answers: bool) -> Flask:
    """The app."""
    answer = help_message(Role.CUSTOMER)
    bolt = App(name="bare", client=client, signing_secret=signing_secret)

    @bolt.command("/maildesk")
    def command(ack: Ack, respond: Respond) -> None:
        ack()
        if answers:
            respond(answer.text, answer.blocks)

    web = Flask("bare")
    handler = SlackRequestHandler(bolt)

    @web.post("/slack/events")
    def slack_events() -> Response:
        return handler.handle(request)

    return web


def main() -> None:
    """Serve it until the process is ended."""
    client = WebClient(os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"])
    web = bare(client, os.environ["SLACK_SIGNING_SECRET"], "answers" in sys.argv)
    WebServer("127.0.0.1", int(os.environ["PORT"])).start(web)
    threading.Event().wait()


if __name__ == "__main__":
    main()
