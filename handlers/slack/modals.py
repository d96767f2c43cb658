"""How windows are opened, replaced and filled."""

from dataclasses import dataclass
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from handlers.cards.kit import Block

CLOSED_MEANWHILE = ("not_found", "expired_trigger_id")
"""Slack errors that say that nobody has the window open any more."""


@dataclass(frozen=True)
class Windows:
    """Opens windows for somebody who just did something. `view_id` is the window in which they did
    it, if it was in one."""

    client: WebClient
    trigger: str
    view_id: str = ""

    def open(self, view: Block) -> str:
        """Show a window, on top of the one they are in, and say its id. Once for each trigger, and
        within three seconds."""
        call = self.client.views_push if self.view_id else self.client.views_open
        opened: dict[str, Any] = call(trigger_id=self.trigger, view=view)["view"]
        return str(opened["id"])

    def replace(self, view: Block) -> None:
        """Show another window in the place of the one they are in."""
        self.client.views_update(view_id=self.view_id, view=view)


def fill(client: WebClient, view_id: str, view: Block) -> None:
    """Show a window in the place of one that waits for it; one that was closed meanwhile is
    forgotten."""
    try:
        client.views_update(view_id=view_id, view=view)
    except SlackApiError as error:
        if error.response["error"] not in CLOSED_MEANWHILE:
            raise
