"""How the Slack stand-in treats a bot: loaded options, shortcuts, slow listeners, events that are
not taken."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask, request
from slack_bolt import Ack, App, BoltResponse
from slack_bolt.adapter.flask import SlackRequestHandler
from slack_sdk import WebClient

from bot.app.web_server import WebServer
from tests.support.practice import new_practice
from tests.support.slack import SlackPerson

LABEL = {"type": "plain_text", "text": "Folder"}
SELECT = {"type": "external_select", "action_id": "folder", "min_query_length": 0}
FIELD = {"type": "input", "block_id": "folder", "label": LABEL, "element": SELECT}
VIEW = {"type": "modal", "callback_id": "sent", "title": LABEL, "submit": LABEL, "blocks": [FIELD]}


class TinyBot:
    """A bot of a few listeners, in the practice world."""

    __test__ = False

    def __init__(self) -> None:
        self.practice = new_practice()
        self.practice.start()
        office = self.practice.office
        client = WebClient(office.bot_token, base_url=self.practice.slack.api_url)
        self.app = App(client=client, signing_secret=office.signing_secret)
        self.retries: list[str] = []
        self.challenges = 0
        self.verifies = True
        self.chosen: list[dict[str, Any]] = []
        web, handler = Flask("tiny", static_folder=None), SlackRequestHandler(self.app)

        def slack_events() -> Any:
            if request.is_json and "challenge" in request.get_json():
                self.challenges += 1
                return (request.get_json()["challenge"], 200) if self.verifies else ("", 200)
            if request.is_json:
                self.retries.append(request.headers.get("x-slack-retry-num", "0"))
                return ("", 500) if len(self.retries) == 1 else ("", 200)
            return handler.handle(request)

        web.add_url_rule("/slack/events", view_func=slack_events, methods=["POST"])
        self._server = WebServer("127.0.0.1", 0)
        self._server.start(web)
        self.practice.deliver_to(f"http://127.0.0.1:{self._server.port}")

    def person(self, user: str) -> SlackPerson:
        return SlackPerson(self.practice.slack.url, user)

    def stop(self) -> None:
        self._server.stop()
        self.practice.stop()


@pytest.fixture
def tiny() -> Iterator[TinyBot]:
    running = TinyBot()
    yield running
    running.stop()


def test_a_shortcut_opens_a_window_whose_options_are_loaded(tiny: TinyBot) -> None:
    def on_shortcut(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=VIEW)

    def on_options(ack: Ack, payload: dict[str, Any]) -> None:
        names = [name for name in ("Inbox", "Sent") if payload["value"].lower() in name.lower()]
        ack(
            options=[
                {"text": {"type": "plain_text", "text": name}, "value": name} for name in names
            ]
        )

    def on_sent(ack: Ack, view: dict[str, Any]) -> None:
        ack()
        tiny.chosen.append(view["state"]["values"]["folder"]["folder"]["selected_option"])

    tiny.app.shortcut("connect")(on_shortcut)
    tiny.app.options("folder")(on_options)
    tiny.app.view("sent")(on_sent)
    carol, vera = tiny.person("U0CAROL"), tiny.person("U0VERA")
    assert carol._post("shortcut", callback_id="connect")["error"] == "not_available"
    assert vera._post("shortcut", callback_id="connect")["ok"]
    window = vera.window("Folder")
    loaded = vera._post(
        "options", view_id=window.id, block_id="folder", action_id="folder", query="se"
    )["options"]
    assert [option["value"] for option in loaded] == ["Sent"]
    assert vera._post("submit", view_id=window.id, values={"folder": {"folder": loaded[0]}})["ok"]
    assert tiny.chosen == loaded


def test_a_bot_that_takes_over_three_seconds_is_reported(tiny: TinyBot) -> None:
    never = threading.Event()

    def slow(next: Callable[[], BoltResponse]) -> BoltResponse:
        never.wait(4)  # before Bolt's own three seconds begin, at whose end it would say 404
        return next()

    tiny.app.use(slow)
    assert tiny.person("U0VERA").slash("C0ACME", "help")["error"] == "operation_timeout"
    assert tiny.practice.office.complaints[-1]["problem"] == "operation_timeout"
    assert "operation_timeout" in tiny.person("U0VERA").notices()[-1]


def test_an_event_that_is_not_taken_is_sent_again_with_its_number(tiny: TinyBot) -> None:
    vera = tiny.person("U0VERA")
    vera.say("C0ACME", "@Maildesk help")
    vera.say("C0DESK", "something else, so that the page moves on")
    end = threading.Event()
    for _ in range(100):
        if len(tiny.retries) >= 2 or end.wait(0.05):
            break
    assert tiny.retries == ["0", "1"]
    assert tiny.challenges == 1, "asked once, before the first event"


def test_whoever_configures_the_address_sees_whether_it_is_taken(tiny: TinyBot) -> None:
    tiny.verifies = False
    assert not tiny.practice.slack.delivery.is_configured()
    tiny.verifies = True
    assert tiny.practice.slack.delivery.is_configured()
    assert tiny.practice.slack.delivery.is_configured()
    assert tiny.challenges == 2, "once it is given back it is not asked for again"


def test_an_address_that_does_not_give_the_challenge_back_hears_of_no_event(tiny: TinyBot) -> None:
    tiny.verifies = False
    vera = tiny.person("U0VERA")
    vera.say("C0ACME", "@Maildesk help")
    end = threading.Event()
    for _ in range(200):
        if tiny.practice.office.complaints or end.wait(0.05):
            break
    refused = {"kind": "url_verification", "problem": "the challenge was not given back"}
    assert tiny.practice.office.complaints == [refused]
    assert tiny.challenges == 1 and tiny.retries == []
