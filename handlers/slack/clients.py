"""The clients of Slack's Web API, by how much patience each may have.

Each takes the address of the Web API, the bot's token, the ways out, and where its calls are
counted.
"""

from slack_sdk import WebClient
from slack_sdk.http_retry.builtin_handlers import (
    ConnectionErrorRetryHandler,
    RateLimitErrorRetryHandler,
)

from bot.common.tallies import Tallies
from bot.common.ways_out import WaysOut
from handlers.slack.counting import CountingClient

NO_DETOUR = WaysOut()
INTERACTIVE_SECONDS = 3
BACKGROUND_SECONDS = 20


def interactive(
    url: str, token: str, ways: WaysOut = NO_DETOUR, tallies: Tallies | None = None
) -> WebClient:
    """For answering people, and for looking up who they are: Slack gives three seconds, so that no
    rate limit is waited for. Nothing is repeated unseen: what Slack did although its answer was
    lost would be done twice, and a question has an older answer to go on with."""
    client = _client(url, token, ways, tallies, INTERACTIVE_SECONDS)
    client.retry_handlers = []
    return client


def background(
    url: str, token: str, ways: WaysOut = NO_DETOUR, tallies: Tallies | None = None
) -> WebClient:
    """For looking up files, and for filling windows that wait: where Slack asks us to
    wait (429), it waits as long as Slack says and asks once more."""
    client = _client(url, token, ways, tallies, BACKGROUND_SECONDS)
    client.retry_handlers = [ConnectionErrorRetryHandler(), RateLimitErrorRetryHandler()]
    return client


def for_the_outbox(
    url: str, token: str, ways: WaysOut = NO_DETOUR, tallies: Tallies | None = None
) -> WebClient:
    """For the outbox, which alone decides when a message is tried again: a post that was repeated
    unseen could stand in the channel twice."""
    client = _client(url, token, ways, tallies, BACKGROUND_SECONDS)
    client.retry_handlers = []
    return client


def _client(
    url: str, token: str, ways: WaysOut, tallies: Tallies | None, timeout: int
) -> WebClient:
    base = url.rstrip("/") + "/"
    client = CountingClient(token, base_url=base, timeout=timeout, ssl=ways.trust())
    client.tallies = tallies or Tallies()
    # Not by the constructor: where it is given none, it takes one from the environment
    client.proxy = ways.proxy_to(url)
    return client
