"""What a window says when the job that it waits for failed."""

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.common.jobs import FailedJob
from bot.messages.refusals import Subject
from bot.services import Services
from handlers.cards.home import message_window
from handlers.slack.listeners import unexpected
from handlers.slack.modals import fill
from handlers.slack.refusals import about


def tell_window(services: Services, client: WebClient, failed: FailedJob) -> bool:
    """End the window with a sentence and an error ID. Whether that was done: where Slack was busy,
    the job is tried again first."""
    if not failed.last and _is_trouble_of_slack(failed.error):
        return False
    ref = services.own_errors.record(failed.kind, failed.error).failure.ref
    fill(client, failed.view_id, message_window("problem.title", unexpected(ref)))
    return True


def _is_trouble_of_slack(error: Exception) -> bool:
    """Whether Slack could not show the window just now; not whether it refused what was in it."""
    return isinstance(error, SlackApiError) and about(error) is not Subject.CONTENT
