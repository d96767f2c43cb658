"""What one person is told privately, beside windows: through the address that came with what they
did."""

import json
from http.client import HTTPException

import structlog
from slack_sdk.errors import SlackClientError

from bot.common.ways_out import WaysOut
from handlers.cards.kit import Message
from handlers.slack.clients import INTERACTIVE_SECONDS, NO_DETOUR
from handlers.slack.kept_connections import KeptConnections

log = structlog.get_logger(__name__)

UNANSWERED = (SlackClientError, OSError, HTTPException)
"""What is raised where Slack gives no answer, or refuses."""

OK = 200


class PrivateAnswers:
    """Shows messages to nobody but the person who acted."""

    def __init__(self, ways: WaysOut = NO_DETOUR) -> None:
        """`ways`: how requests leave this machine."""
        self._connections = KeptConnections(ways, INTERACTIVE_SECONDS)

    def show(self, response_url: str, message: Message) -> None:
        """Show a message. Slack takes five within half an hour of what the person did; nothing is
        sent twice, since that would stand there twice."""
        body = {
            "text": message.text,
            "blocks": message.blocks,
            "response_type": "ephemeral",
            "replace_original": False,
        }
        try:
            status = self._connections.post(response_url, json.dumps(body).encode())
        except UNANSWERED as error:
            log.warning("slack.answer_unsure", error=type(error).__name__)
        else:
            if status != OK:
                log.warning("slack.answer_refused", status=status)
