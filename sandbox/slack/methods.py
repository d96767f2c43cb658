"""Every Web API method that the stand-in has: the scopes that it needs, and how often it may be
called.

Scopes as the methods' pages say (docs.slack.dev/reference/methods); how many calls of a method a
workspace takes within a minute, by its tier (docs.slack.dev/apis/web-api/rate-limits).
"""

from collections import defaultdict, deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import ceil

MINUTE = 60
"""In seconds."""

TIER_1 = 1
TIER_2 = 20
TIER_3 = 50
TIER_4 = 100
HUNDREDS = 300
"""What Slack calls "several hundred" or does not put a number to."""


@dataclass(frozen=True)
class Method:
    """`scopes`: any of these is enough, none means that a token is; `a_minute`: so many calls."""

    a_minute: int
    scopes: Collection[str] = ()


READ_CHANNELS = ("channels:read", "groups:read", "im:read", "mpim:read")
READ_HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")

METHODS: Mapping[str, Method] = {
    "apps.connections.open": Method(TIER_1),
    "auth.test": Method(HUNDREDS),
    "chat.delete": Method(TIER_3, ["chat:write"]),
    "chat.postEphemeral": Method(TIER_4, ["chat:write"]),
    "chat.postMessage": Method(HUNDREDS, ["chat:write"]),
    "chat.update": Method(TIER_3, ["chat:write"]),
    "conversations.history": Method(TIER_3, READ_HISTORY),
    "conversations.info": Method(TIER_3, READ_CHANNELS),
    "conversations.members": Method(TIER_4, READ_CHANNELS),
    "conversations.replies": Method(TIER_3, READ_HISTORY),
    "files.info": Method(TIER_4, ["files:read"]),
    "usergroups.users.list": Method(TIER_2, ["usergroups:read"]),
    "users.info": Method(TIER_4, ["users:read"]),
    "views.open": Method(TIER_4),
    "views.publish": Method(TIER_4),
    "views.push": Method(TIER_4),
    "views.update": Method(TIER_4),
}


class Tiers:
    """Counts the calls of each method within the last minute, which hold for a workspace and an
    app, whatever channel they are about."""

    def __init__(self) -> None:
        self._calls: dict[str, deque[float]] = defaultdict(deque)
        self.busiest: dict[str, int] = defaultdict(int)
        """The most calls of each method that came within a minute so far."""

    def count(self, method: str, now: float) -> int:
        """Count a call; how many there were within a minute, with this one."""
        calls = self._calls[method]
        calls.append(now)
        while calls[0] <= now - MINUTE:
            calls.popleft()
        self.busiest[method] = max(self.busiest[method], len(calls))
        return len(calls)

    def refuse(self, method: str, now: float) -> int:
        """The seconds until a call that was refused, and so does not count, may be made."""
        calls = self._calls[method]
        calls.pop()
        return max(1, ceil(calls[0] + MINUTE - now))
