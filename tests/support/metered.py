"""A Slack that counts: each method, when it was called, and no call beyond what its tier allows."""

from bisect import bisect_right
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.slack_response import SlackResponse

from sandbox.slack.methods import METHODS, Tiers
from tests.support.fast_ports import FakeSlack, Payload
from tests.support.simulated import Simulation

ANSWERS_AFTER = timedelta(milliseconds=150)
GIVES_UP_AFTER = timedelta(seconds=3)
"""How long a call takes, and how long one for which there is no answer."""

MINUTE = timedelta(minutes=1)


class MeteredSlack(FakeSlack):
    """Counts calls at the simulated time, refuses what is too much as Slack does (429), and may be
    out of order for a while. What was posted is not kept: in a week that is much."""

    def __init__(self, simulation: Simulation) -> None:
        super().__init__()
        self._simulation = simulation
        self._tiers = Tiers()
        self._numbers_of_messages = 0
        self.called: dict[str, list[datetime]] = defaultdict(list)
        self.refused: Counter[str] = Counter()
        self.is_out = False

    def api_call(self, api_method: str, **call: Any) -> SlackResponse:
        """Answer a call, after a moment."""
        now = self._simulation.now
        self.called[api_method].append(now)
        if self.is_out:
            self._simulation.sleep(GIVES_UP_AFTER)
            raise TimeoutError("no answer")
        self._meter(api_method, now.timestamp())
        self._simulation.sleep(ANSWERS_AFTER)
        content = {**(call.get("params") or {}), **(call.get("json") or {})}
        return self._answer(api_method, {"ok": True, **self._do(api_method, content)})

    def most_a_minute(self, method: str) -> tuple[int, datetime]:
        """The most calls of a method that came within any sixty seconds, and when these began."""
        times = self.called[method]
        counts = [(bisect_right(times, at + MINUTE) - n, at) for n, at in enumerate(times)]
        return max(counts, key=lambda found: found[0])

    def _meter(self, method: str, now: float) -> None:
        if self._tiers.count(method, now) <= METHODS[method].a_minute:
            return
        self.refused[method] += 1
        headers = {"Retry-After": str(self._tiers.refuse(method, now))}
        answer = self._answer(method, {"ok": False, "error": "ratelimited"}, 429, headers)
        raise SlackApiError("ratelimited", answer)

    def _do(self, method: str, content: Payload) -> Payload:
        match method.split(".")[0]:
            case "views":
                return {"view": {"id": "V1"}}
            case "chat":
                self._numbers_of_messages += 1
                return {"ts": content.get("ts", f"{self._numbers_of_messages}.0")}
        if method in ("conversations.history", "conversations.replies"):
            return {"messages": []}  # what was lost did not arrive
        return super()._do(method, content)
