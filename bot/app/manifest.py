"""The app's manifest (`manifest.json`), made from what the bot listens to and calls.

What it says is of docs.slack.dev/reference/app-manifest. The addresses in it are of nobody's host:
whoever installs the app writes their own in.
"""

import json
from pathlib import Path
from typing import Any

from bot.doctor import slack
from handlers import events
from handlers.cards.actions import ShortcutId
from handlers.commands import SUBCOMMANDS
from handlers.slack.payloads import COMMAND
from handlers.slack_app import PATH

FILE = Path(__file__).parents[2] / "manifest.json"
ADDRESS = f"https://maildesk.example{PATH}"

SHORTCUTS = {
    ShortcutId.ERROR_LOOK_UP: (
        "Look up Microsoft error",
        "Say what the error in this message means",
    )
}
"""How Slack shows each: its name and what it does."""


def manifest() -> dict[str, Any]:
    """What Slack is to know of the app."""
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {
            "name": "Maildesk",
            "description": "Connects Microsoft 365 mailboxes and keeps them connected",
            "background_color": "#17324d",
        },
        "features": _features(),
        "oauth_config": {"scopes": _scopes()},
        "settings": _settings(),
    }


def written() -> str:
    """The manifest as it stands in its file."""
    return json.dumps(manifest(), indent=2) + "\n"


def _features() -> dict[str, Any]:
    return {
        "app_home": {
            "home_tab_enabled": True,
            "messages_tab_enabled": False,
            "messages_tab_read_only_enabled": True,
        },
        "bot_user": {"display_name": "maildesk", "always_online": True},
        "shortcuts": [_shortcut(each) for each in ShortcutId],
        "slash_commands": [
            {
                "command": COMMAND,
                "url": ADDRESS,
                "description": "Connect Microsoft 365 mailboxes and see how they are doing",
                "usage_hint": " | ".join(SUBCOMMANDS),
                "should_escape": True,
            }
        ],
    }


def _shortcut(shortcut: ShortcutId) -> dict[str, str]:
    name, description = SHORTCUTS[shortcut]
    return {
        "name": name,
        "type": "message",
        "callback_id": str(shortcut),
        "description": description,
    }


def _scopes() -> dict[str, list[str]]:
    """Slack wants the optional ones among the others, too."""
    optional = slack.optional_scopes()
    return {"bot": sorted([*slack.scopes(), *optional]), "bot_optional": sorted(optional)}


def _settings() -> dict[str, Any]:
    return {
        "event_subscriptions": {"request_url": ADDRESS, "bot_events": sorted(events.WANTED)},
        "interactivity": {"is_enabled": True, "request_url": ADDRESS},
        "org_deploy_enabled": False,
        "socket_mode_enabled": False,
        "token_rotation_enabled": False,
    }


if __name__ == "__main__":
    FILE.write_text(written(), encoding="utf-8")
