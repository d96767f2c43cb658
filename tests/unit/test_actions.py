"""Every button, form and shortcut has one listener, and every listener something that calls it."""

import ast
import json
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import SecretStr
from slack_sdk import WebClient

from bot.common.tallies import Tallies
from bot.common.texts import whole_number
from handlers import cards
from handlers.cards.actions import ActionId, FormId, ShortcutId
from handlers.slack.payloads import Press
from handlers.slack_app import SlackSide
from tests.support.rows import every

CARDS = Path(cards.__file__).parent
DECLARED = [*ActionId, *FormId, *ShortcutId]


def listened_to() -> list[str]:
    """What listeners are registered for, as the app does it."""
    nothing: Any = SimpleNamespace()
    return SlackSide(
        nothing, WebClient("xoxb-1"), nothing, SecretStr("secret"), lambda: None, Tallies(), nothing
    ).listeners.names


@cache
def made_by_cards() -> frozenset[str]:
    """The IDs that some card uses."""
    used = set()
    for path in CARDS.glob("*.py"):
        if path.name == "actions.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                used.add(f"{node.value.id}.{node.attr}")
    return frozenset(used)


def test_what_a_card_can_make_has_exactly_one_listener_and_the_other_way_round() -> None:
    assert sorted(listened_to()) == sorted(DECLARED)


@every("declared", [*ActionId, *FormId])
def test_every_button_and_form_is_on_a_card(declared: StrEnum) -> None:
    assert f"{type(declared).__name__}.{declared.name}" in made_by_cards()


def test_every_shortcut_is_in_the_manifest() -> None:
    manifest = json.loads(Path("manifest.json").read_text())
    shortcuts = manifest["features"]["shortcuts"]
    assert [each["callback_id"] for each in shortcuts] == [*ShortcutId]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("7", 7),
        ("007", 7),
        ("", 0),
        ("-7", 0),
        ("7.5", 0),
        ("seven", 0),
        ("²", 0),
        ("٧", 0),
        ("2147483647", 2**31 - 1),
        ("2147483648", 0),
        ("9" * 19, 0),
    ],
)
def test_a_number_that_slack_sends_is_read_or_is_none(text: str, read: int) -> None:
    assert whole_number(text) == read


@pytest.mark.parametrize(
    ("value", "page"),
    [("C0ACME:3", ("C0ACME", 3)), ("C0ACME", ("C0ACME", 0)), ("C0ACME:x", ("C0ACME", 0))],
)
def test_a_button_that_turns_pages_names_a_channel_and_a_page(
    value: str, page: tuple[str, int]
) -> None:
    body = {
        "user": {"id": "U0CAROL", "team_id": "T0ACME"},
        "trigger_id": "1",
        "actions": [{"type": "button", "value": value}],
    }
    assert Press.parse(body, WebClient()).page == page
