"""Slack's answers, counted: by method, and by what was answered."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from bot.common.tallies import SLACK_CALLS, Tallies
from handlers.slack.refusals import error_of

OK = "ok"


class CountingClient(WebClient):
    """A client of the Web API whose calls are counted."""

    tallies: Tallies

    def api_call(self, api_method: str, *args: Any, **kwargs: Any) -> SlackResponse:
        """Call a method; see `WebClient.api_call`."""
        with self._counted(api_method):
            return super().api_call(api_method, *args, **kwargs)

    @contextmanager
    def _counted(self, method: str) -> Iterator[None]:
        try:
            yield
        except SlackApiError as error:
            self.tallies.count(SLACK_CALLS, method, error_of(error))
            raise
        except Exception as error:
            self.tallies.count(SLACK_CALLS, method, type(error).__name__)
            raise
        self.tallies.count(SLACK_CALLS, method, OK)
