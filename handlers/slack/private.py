"""What one person is told privately, beside windows: through the address that came with what they
did."""

from http.client import HTTPException

import structlog
from slack_sdk.errors import SlackClientError
from slack_sdk.webhook import WebhookClient

from handlers.cards.kit import Message
from handlers.slack.clients import INTERACTIVE_SECONDS

log = structlog.get_logger(__name__)

UNANSWERED = (SlackClientError, OSError, HTTPException)
"""What is raised where Slack gives no answer, or refuses."""


def respond(response_url: str, message: Message) -> None:
    """Show a message to nobody but the person who acted. Slack takes five within half an hour of
    what they did; nothing is sent twice, since that would stand there twice."""
    webhook = WebhookClient(response_url, timeout=INTERACTIVE_SECONDS, retry_handlers=[])
    try:
        answer = webhook.send(
            text=message.text,
            blocks=message.blocks,
            response_type="ephemeral",
            replace_original=False,
        )
    except UNANSWERED as error:
        log.warning("slack.answer_unsure", error=type(error).__name__)
    else:
        if answer.status_code != 200:
            log.warning("slack.answer_refused", status=answer.status_code)
