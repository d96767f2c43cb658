"""How windows are opened, replaced and filled."""

from dataclasses import dataclass
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.common.refusals import Refused, SlackBusy
from bot.messages.refusals import Subject
from handlers.cards.kit import Block
from handlers.slack.private import UNANSWERED
from handlers.slack.refusals import about, error_of

FULL = "push_limit_reached"
"""No further window fits on the others (docs.slack.dev/reference/methods/views.push)."""


class TooLate(Refused):
    """The window can not be opened any more: Slack gives three seconds for that, once."""

    def __init__(self) -> None:
        super().__init__("problem.too_late")


class WindowUnsure(Exception):
    """Slack gave no answer: whether the window was opened is not known."""


@dataclass(frozen=True)
class Windows:
    """Opens windows for somebody who just did something. `view_id` is the window in which they did
    it, if it was in one."""

    client: WebClient
    trigger: str
    view_id: str = ""

    def open(self, view: Block) -> str:
        """Show a window, on top of the one they are in, and say its id. Once for each trigger, and
        within three seconds. Where as many lie on each other as Slack allows (three), it takes the
        place of the one they are in.

        Raises:
            TooLate: the three seconds are over, or the trigger was used.
            SlackBusy: Slack does not do it just now.
            WindowUnsure: it gave no answer.
        """
        call = self.client.views_push if self.view_id else self.client.views_open
        try:
            opened: dict[str, Any] = call(trigger_id=self.trigger, view=view)["view"]
        except SlackApiError as error:
            if error_of(error) != FULL:
                raise why_not(error) from None
            self.replace(view)
            return self.view_id
        except UNANSWERED as error:
            raise WindowUnsure(type(error).__name__) from None
        return str(opened["id"])

    def replace(self, view: Block) -> None:
        """Show another window in the place of the one they are in, unless they have closed it.

        Raises:
            SlackBusy: Slack does not do it just now.
            WindowUnsure: it gave no answer.
        """
        try:
            fill(self.client, self.view_id, view)
        except SlackApiError as error:
            raise why_not(error) from None
        except UNANSWERED as error:
            raise WindowUnsure(type(error).__name__) from None


def why_not(error: SlackApiError) -> Exception:
    """What a refusal of Slack's to show something means for whoever waits for it; the error itself
    where it is ours."""
    match about(error):
        case Subject.TARGET:
            return TooLate()
        case Subject.PASSING | Subject.INSTALLATION:
            return SlackBusy()
        case _:
            return error


def fill(client: WebClient, view_id: str, view: Block) -> None:
    """Show a window in the place of one that waits for it; one that was closed meanwhile is
    forgotten."""
    try:
        client.views_update(view_id=view_id, view=view)
    except SlackApiError as error:
        if about(error) is not Subject.TARGET:
            raise
