"""The clients of Slack's Web API, by how much patience each may have.

Each takes the address of the Web API, the bot's token and the ways out.
"""

from slack_sdk import WebClient
from slack_sdk.http_retry.builtin_handlers import (
    ConnectionErrorRetryHandler,
    RateLimitErrorRetryHandler,
)

from bot.common.ways_out import WaysOut

NO_DETOUR = WaysOut()
INTERACTIVE_SECONDS = 3
BACKGROUND_SECONDS = 20


def interactive(url: str, token: str, ways: WaysOut = NO_DETOUR) -> WebClient:
    """For answering people, and for looking up who they are: Slack gives three seconds, so that no
    rate limit is waited for. Nothing is repeated unseen: what Slack did although its answer was
    lost would be done twice, and a question has an older answer to go on with."""
    client = _client(url, token, ways, INTERACTIVE_SECONDS)
    client.retry_handlers = []
    return client


def background(url: str, token: str, ways: WaysOut = NO_DETOUR) -> WebClient:
    """For looking up files, and for filling windows that wait: where Slack asks us to
    wait (429), it waits as long as Slack says and asks once more."""
    client = _client(url, token, ways, BACKGROUND_SECONDS)
    client.retry_handlers = [ConnectionErrorRetryHandler(), RateLimitErrorRetryHandler()]
    return client


def for_the_outbox(url: str, token: str, ways: WaysOut = NO_DETOUR) -> WebClient:
    """For the outbox, which alone decides when a message is tried again: a post that was repeated
    unseen could stand in the channel twice."""
    client = _client(url, token, ways, BACKGROUND_SECONDS)
    client.retry_handlers = []
    return client


def _client(url: str, token: str, ways: WaysOut, timeout: int) -> WebClient:
    client = WebClient(token, base_url=url.rstrip("/") + "/", timeout=timeout, ssl=ways.trust())
    # Not by the constructor: where it is given none, it takes one from the environment
    client.proxy = ways.proxy_to(url)
    return client
