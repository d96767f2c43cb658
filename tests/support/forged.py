"""Payloads that no button of ours makes: what somebody who speaks to Slack's door by hand would
send. Slack signs them like every other."""

import json
import time
from urllib.parse import urlencode

import requests
from slack_sdk.signature import SignatureVerifier

from tests.support.world import BotWorld


def forged_press(
    world: BotWorld, team: str, user: str, channel: str, name: str, value: str
) -> None:
    """Press the button `name`, with this value, whether or not it stands anywhere, and wait until
    the bot has done what it does then."""
    signed_press(world, team, user, channel, name, value)
    world.hear_out()


def signed_press(
    world: BotWorld, team: str, user: str, channel: str, name: str, value: str
) -> None:
    """Press the button `name`; Slack hears in time that the bot has heard of it."""
    office = world.practice.office
    action = {"action_id": name, "block_id": "b", "type": "button", "value": value}
    payload = {
        "type": "block_actions",
        "user": {"id": user, "team_id": team},
        "team": {"id": "T0LUMEN"},
        "channel": {"id": channel},
        "trigger_id": office.new_trigger(user),
        "actions": [action],
    }
    body = urlencode({"payload": json.dumps(payload)})
    at = str(int(time.time()))
    signer = SignatureVerifier(office.signing_secret)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": at,
        "X-Slack-Signature": signer.generate_signature(timestamp=at, body=body) or "",
    }
    answer = requests.post(f"{world.url}/slack/events", data=body, headers=headers, timeout=60)
    assert answer.status_code == 200, answer.text
