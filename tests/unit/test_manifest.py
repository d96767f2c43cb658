"""The Slack app's manifest: within Slack's limits, and exactly what the bot listens to and
calls."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from bot.app.manifest import written
from handlers import events
from handlers.commands import SUBCOMMANDS
from handlers.slack import payloads

MANIFEST = Path(__file__).parents[2] / "manifest.json"
SCHEMA = Path(__file__).parents[1] / "data" / "manifest.schema.json"
OURS = "https://maildesk.example"

SCOPES_OF_EVENTS = {
    "app_home_opened": frozenset[str](),
    "app_mention": frozenset({"app_mentions:read"}),
    "member_joined_channel": frozenset({"channels:read", "groups:read"}),
    "member_left_channel": frozenset({"channels:read", "groups:read"}),
    **dict.fromkeys(
        ("channel_shared", "channel_unshared", "channel_id_changed"),
        frozenset({"channels:read", "groups:read"}),
    ),
    **{
        f"channel_{what}": frozenset({"channels:read"})
        for what in ("archive", "unarchive", "deleted", "left")
    },
    **{
        f"group_{what}": frozenset({"groups:read"})
        for what in ("archive", "unarchive", "deleted", "left")
    },
}
"""docs.slack.dev/reference/events"""

SCOPES_OF_CALLS = {
    "chat.postMessage": "chat:write",
    "conversations.members": "channels:read",
    "files.info": "files:read",
    "usergroups.users.list": "usergroups:read",
    "users.info": "users:read",
}
"""docs.slack.dev/reference/methods; every call of the bot that needs a scope which no event needs
already"""


OPTIONAL = {"channels:history", "groups:history"}
"""conversations.history and conversations.replies, by which a message whose sending was not
confirmed is looked up; the bot does without. Slack wants them among the others, too."""

MISTAKES: dict[str, tuple[str, Any]] = {
    "a name that is too long": ("display_information.name", "x" * 36),
    "no name": ("display_information.name", ""),
    "a description that is too long": ("display_information.description", "x" * 141),
    "a long description that is too short": ("display_information.long_description", "x" * 174),
    "a colour by name": ("display_information.background_color", "navy"),
    "a bot with capitals": ("features.bot_user.display_name", "Maildesk"),
    "a bot with a long name": ("features.bot_user.display_name", "x" * 81),
    "a command without its slash": ("features.slash_commands.0.command", "maildesk"),
    "a command that is too long": ("features.slash_commands.0.command", "/" + "x" * 32),
    "a hint that is too long": ("features.slash_commands.0.usage_hint", "x" * 1001),
    "an address that is none": ("features.slash_commands.0.url", "maildesk.example/slack/events"),
    "a switch that is a word": ("features.slash_commands.0.should_escape", "true"),
    "no commands": ("features.slash_commands", []),
    "a shortcut with a long name": ("features.shortcuts.0.name", "x" * 25),
    "a shortcut with a long description": ("features.shortcuts.0.description", "x" * 151),
    "a shortcut of another type": ("features.shortcuts.0.type", "channel"),
    "scopes as a word": ("oauth_config.scopes.bot", "chat:write"),
    "a scope that is too long": ("oauth_config.scopes.bot", ["x" * 51]),
    "a scope twice": ("oauth_config.scopes.bot", ["commands", "commands"]),
    "too many events": (
        "settings.event_subscriptions.bot_events",
        [f"event_{n}" for n in range(101)],
    ),
    "an address that is too long": (
        "settings.event_subscriptions.request_url",
        "https://" + "x" * 3493,
    ),
    "a switch that is a number": ("settings.socket_mode_enabled", 0),
    "a part of another name": ("display_informations", {}),
    "a name of another name": ("display_information.title", "Maildesk"),
    "a feature of another name": ("features.slash_command", []),
    "a setting of another name": ("settings.socket_mode", False),
    "a scope of another kind": ("oauth_config.scopes.bots", []),
    "a command with another key": ("features.slash_commands.0.name", "/maildesk"),
}
"""What Slack would refuse: what goes wrong, and where what is written."""

NEEDED = (
    "display_information",
    "display_information.name",
    "features.bot_user.display_name",
    "features.shortcuts.0.callback_id",
    "features.slash_commands.0.description",
    "settings.interactivity.is_enabled",
)


@pytest.fixture(scope="module")
def schema() -> Draft7Validator:
    """Slack's rules for manifests."""
    return Draft7Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def place(manifest: dict[str, Any], path: str) -> tuple[Any, Any]:
    """What holds a part of the manifest, and under which name or number."""
    *outer, last = (int(step) if step.isdigit() else step for step in path.split("."))
    holder: Any = manifest
    for step in outer:
        holder = holder[step]
    return holder, last


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    """The manifest."""
    parsed: dict[str, Any] = json.loads(MANIFEST.read_text())
    return parsed


def test_the_manifest_is_made_from_what_the_code_declares() -> None:
    assert MANIFEST.read_text("utf-8") == written(), "run `make docs`"


def test_the_manifest_is_what_slack_takes(
    manifest: dict[str, Any], schema: Draft7Validator
) -> None:
    Draft7Validator.check_schema(schema.schema)
    assert [f"{error.json_path}: {error.message}" for error in schema.iter_errors(manifest)] == []


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_the_manifest_is_found(
    mistake: str, manifest: dict[str, Any], schema: Draft7Validator
) -> None:
    path, written = MISTAKES[mistake]
    wrong = copy.deepcopy(manifest)
    holder, last = place(wrong, path)
    holder[last] = written
    assert not schema.is_valid(wrong)


@pytest.mark.parametrize("path", NEEDED)
def test_a_part_that_slack_needs_is_missed(
    path: str, manifest: dict[str, Any], schema: Draft7Validator
) -> None:
    wrong = copy.deepcopy(manifest)
    holder, last = place(wrong, path)
    del holder[last]
    assert not schema.is_valid(wrong)


def test_every_object_of_the_schema_refuses_other_keys() -> None:
    """A key with a slip in it is found wherever it stands."""
    objects = []

    def collect(part: dict[str, Any]) -> dict[str, Any]:
        objects.extend([part] if part.get("type") == "object" else [])
        return part

    json.loads(SCHEMA.read_text(encoding="utf-8"), object_hook=collect)
    assert len(objects) > 10 and all(part["additionalProperties"] is False for part in objects)


def test_only_parts_that_slack_knows_are_there(manifest: dict[str, Any]) -> None:
    assert manifest.keys() == {
        "_metadata",
        "display_information",
        "features",
        "oauth_config",
        "settings",
    }
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
    assert command["command"] == payloads.COMMAND
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
    assert hint.split(" | ") == [*SUBCOMMANDS]


def test_the_events_are_exactly_those_that_the_bot_listens_to(manifest: dict[str, Any]) -> None:
    """Bolt answers 404 to others, and Slack ends the subscription of an app that fails too
    often."""
    assert sorted(manifest["settings"]["event_subscriptions"]["bot_events"]) == sorted(
        events.WANTED
    )


def test_no_scope_is_missing_and_none_is_too_many(manifest: dict[str, Any]) -> None:
    scopes = manifest["oauth_config"]["scopes"]
    asked = set(scopes["bot"]) - OPTIONAL
    needed = {"commands", *SCOPES_OF_CALLS.values()}.union(
        *(SCOPES_OF_EVENTS[name] for name in events.WANTED)
    )
    assert asked == needed
    assert set(scopes["bot_optional"]) == OPTIONAL


def test_every_address_is_the_one_that_the_bot_serves(manifest: dict[str, Any]) -> None:
    addresses = re.findall(r"https?://[^\"]+", MANIFEST.read_text())
    assert addresses
    assert set(addresses) == {f"{OURS}/slack/events"}
