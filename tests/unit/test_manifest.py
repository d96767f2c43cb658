"""The Slack app's manifest: within Slack's limits, and exactly what the bot listens to and calls."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from handlers import commands, events

MANIFEST = Path(__file__).parents[2] / "manifest.json"
OURS = "https://maildesk.example"

SCOPES_OF_EVENTS = {
    "app_home_opened": frozenset[str](),
    "app_mention": frozenset({"app_mentions:read"}),
    "member_joined_channel": frozenset({"channels:read", "groups:read"}),
    "member_left_channel": frozenset({"channels:read", "groups:read"}),
    **dict.fromkeys(
        ("channel_shared", "channel_unshared", "channel_id_changed"), frozenset({"channels:read", "groups:read"})
    ),
    **{f"channel_{what}": frozenset({"channels:read"}) for what in ("archive", "unarchive", "deleted", "left")},
    **{f"group_{what}": frozenset({"groups:read"}) for what in ("archive", "unarchive", "deleted", "left")},
}
"""docs.slack.dev/reference/events"""

SCOPES_OF_CALLS = {
    "chat.postMessage": "chat:write",
    "conversations.members": "channels:read",
    "usergroups.users.list": "usergroups:read",
    "users.info": "users:read",
}
"""docs.slack.dev/reference/methods; every call of the bot that needs a scope which no event needs already"""


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    """The manifest."""
    parsed: dict[str, Any] = json.loads(MANIFEST.read_text())
    return parsed


def test_only_parts_that_slack_knows_are_there(manifest: dict[str, Any]) -> None:
    assert manifest.keys() == {"_metadata", "display_information", "features", "oauth_config", "settings"}
    assert manifest["features"].keys() == {"app_home", "bot_user", "shortcuts", "slash_commands"}
    assert manifest["settings"].keys() == {
        "event_subscriptions",
        "interactivity",
        "org_deploy_enabled",
        "socket_mode_enabled",
        "token_rotation_enabled",
    }


def test_names_and_texts_are_within_slacks_limits(manifest: dict[str, Any]) -> None:
    shown = manifest["display_information"]
    assert 1 <= len(shown["name"]) <= 35
    assert 1 <= len(shown["description"]) <= 140
    assert re.fullmatch(r"#[0-9a-f]{6}", shown["background_color"])
    assert re.fullmatch(r"[a-z0-9._-]{1,80}", manifest["features"]["bot_user"]["display_name"])


def test_the_slash_command_is_the_one_that_the_bot_answers(manifest: dict[str, Any]) -> None:
    (command,) = manifest["features"]["slash_commands"]
    assert command["command"] == commands.NAME
    assert re.fullmatch(r"/[a-z0-9_-]{1,31}", command["command"])
    assert command["should_escape"] is True
    assert len(command["description"]) <= 2000
    assert len(command["usage_hint"]) <= 1000


def test_the_shortcut_is_within_slacks_limits(manifest: dict[str, Any]) -> None:
    (shortcut,) = manifest["features"]["shortcuts"]
    assert shortcut["type"] == "message" and shortcut["callback_id"] == "error.message"
    assert len(shortcut["name"]) <= 24 and len(shortcut["description"]) <= 150


def test_the_hint_names_every_subcommand(manifest: dict[str, Any]) -> None:
    hint = manifest["features"]["slash_commands"][0]["usage_hint"]
    names = commands.Commands(None, None, None).names  # type: ignore[arg-type]  # only its table is looked at
    assert frozenset(hint.split(" | ")) == names


def test_the_events_are_exactly_those_that_the_bot_listens_to(manifest: dict[str, Any]) -> None:
    """Bolt answers 404 to others, and Slack ends the subscription of an app that fails too often."""
    assert sorted(manifest["settings"]["event_subscriptions"]["bot_events"]) == sorted(events.WANTED)


def test_no_scope_is_missing_and_none_is_too_many(manifest: dict[str, Any]) -> None:
    asked = manifest["oauth_config"]["scopes"]["bot"]
    needed = {"commands", *SCOPES_OF_CALLS.values()}.union(*(SCOPES_OF_EVENTS[name] for name in events.WANTED))
    assert sorted(asked) == sorted(needed)


def test_every_address_is_the_one_that_the_bot_serves(manifest: dict[str, Any]) -> None:
    addresses = re.findall(r"https?://[^\"]+", MANIFEST.read_text())
    assert addresses
    assert set(addresses) == {f"{OURS}/slack/events"}
