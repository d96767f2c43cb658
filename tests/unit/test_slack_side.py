"""What Slack sends is taken in, whatever Slack answers to our own calls meanwhile."""

import json
import time
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from pydantic import SecretStr
from slack_sdk.signature import SignatureVerifier
from sqlmodel import select
from werkzeug.test import TestResponse

from bot.common.people import Person
from bot.common.tallies import Tallies
from handlers.cards.actions import ActionId
from handlers.slack_app import SlackSide
from storage.tables import Job
from tests.support.fast import ACME, CAROL, FastBot

pytestmark = pytest.mark.delivery

SECRET = "fast"
DOWN = 20


class Door:
    """The way in for what Slack sends, while Slack does not say who we are."""

    def __init__(self) -> None:
        self.bot = bot = FastBot()
        for _ in range(DOWN):
            bot.slack.fails_next("auth.test", "ratelimited", status=429, retry_after=1)
        bot.slack.base_url = "http://127.0.0.1:1/"
        unused: Any = None
        self.side = SlackSide(
            bot.services,
            bot.slack,
            bot.directory,
            SecretStr(SECRET),
            lambda: None,
            Tallies(),
            unused,
        )
        web = Flask("door")
        web.register_blueprint(self.side.blueprint())
        self._client = web.test_client()

    def post(self, body: str, kind: str) -> TestResponse:
        """Send something as Slack does."""
        at = str(int(time.time()))
        signature = SignatureVerifier(SECRET).generate_signature(timestamp=at, body=body)
        headers = {
            "X-Slack-Request-Timestamp": at,
            "X-Slack-Signature": str(signature),
            "Content-Type": kind,
        }
        return self._client.post("/slack/events", data=body, headers=headers)


@pytest.fixture(scope="module")
def door() -> Door:
    return Door()


def test_an_event_is_kept_that_comes_before_slack_has_said_who_we_are(door: Door) -> None:
    event = {"type": "member_joined_channel", "channel": ACME, "user": CAROL.user}
    of = {"type": "event_callback", "event_id": "Ev1", "team_id": CAROL.team}
    answer = door.post(json.dumps(of | {"event": event}), "application/json")
    assert (answer.status_code, answer.text) == (200, "")
    with door.bot.store.transaction() as tx:
        job = tx.session.exec(select(Job)).one()
    assert job.args["event"] == event


def test_what_is_pressed_before_is_handed_on_to_us(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed_on: list[Person] = []

    def take(guard: Any, person: Person, *_: Any) -> None:
        handed_on.append(person)

    monkeypatch.setattr(door.side.behind, "submit", take)
    pressed = {
        "type": "block_actions",
        "user": {"id": CAROL.user, "team_id": CAROL.team},
        "team": {"id": "T0LUMEN"},
        "channel": {"id": ACME},
        "trigger_id": "1.1",
        "actions": [
            {"action_id": ActionId.ACCOUNT_ADD, "block_id": "b", "type": "button", "value": ""}
        ],
    }
    body = urlencode({"payload": json.dumps(pressed)})
    answer = door.post(body, "application/x-www-form-urlencoded")
    assert (answer.status_code, answer.text) == (200, "")
    assert handed_on == [CAROL]
