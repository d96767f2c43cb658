"""The clients of Slack's Web API, by how much patience each may have."""

from slack_sdk import WebClient
from slack_sdk.http_retry.builtin_handlers import (
    ConnectionErrorRetryHandler,
    RateLimitErrorRetryHandler,
)

from bot.config.settings import Settings

INTERACTIVE_SECONDS = 3
BACKGROUND_SECONDS = 20


def interactive(settings: Settings) -> WebClient:
    """For answering people: Slack gives three seconds, so that no rate limit is waited for."""
    return _client(settings, INTERACTIVE_SECONDS)


def background(settings: Settings) -> WebClient:
    """For looking up people and files, and for filling windows that wait: where Slack asks us to
    wait (429), it waits as long as Slack says and asks once more."""
    client = _client(settings, BACKGROUND_SECONDS)
    client.retry_handlers = [ConnectionErrorRetryHandler(), RateLimitErrorRetryHandler()]
    return client


def for_the_outbox(settings: Settings) -> WebClient:
    """For the outbox, which alone decides when a message is tried again: a post that was repeated
    unseen could stand in the channel twice."""
    client = _client(settings, BACKGROUND_SECONDS)
    client.retry_handlers = []
    return client


def _client(settings: Settings, timeout: int) -> WebClient:
    url = settings.slack_api_url.rstrip("/") + "/"
    return WebClient(settings.slack_bot_token.get_secret_value(), base_url=url, timeout=timeout)
