"""How each pager is told of an incident: which requests it takes, and how the incident stands there
afterwards."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from bot.incidents.facts import IncidentFacts
from bot.incidents.posting import Letter
from storage.paces import Rate
from storage.pages import ClaimedPage
from storage.vocabulary import Means, PageChange, Pager, Standing

JSON = {"Content-Type": "application/json", "User-Agent": "Maildesk"}


@dataclass(frozen=True)
class Telling:
    """A page whose turn it is.

    Attributes:
        facts: how the incident was then; `later`: how it was at each page that waits behind.
        alert: the address of its alert in Slack; empty where none stands there yet.
    """

    claimed: ClaimedPage
    facts: IncidentFacts
    later: Sequence[IncidentFacts]
    alert: str

    @property
    def change(self) -> PageChange:
        """What happened to the incident."""
        return PageChange(self.claimed.page.change)


class Road(Protocol):
    """The way to one pager."""

    @property
    def pager(self) -> Pager:
        """Which it is."""
        ...

    @property
    def means(self) -> Means:
        """By what its calls are counted."""
        ...

    @property
    def rate(self) -> Rate:
        """How often it may be called."""
        ...

    def letters(self, telling: Telling, now: datetime) -> Sequence[Letter]:
        """What it is sent, in order; nothing where it has no need of this."""
        ...

    def standing(self, telling: Telling) -> Standing:
        """How the incident stands there once it has all of that."""
        ...


@dataclass(frozen=True)
class AlertLinks:
    """Where more about an incident is found."""

    public_url: str

    def handbook(self, cause: str) -> str:
        """The page about a cause; empty where none is known."""
        return f"{self.public_url}/errors/{cause}" if cause else ""


def letter(url: str, content: dict[str, Any], secrets: tuple[str, ...], **headers: str) -> Letter:
    """A letter with this content as JSON."""
    return Letter(url, as_bytes(content), {**JSON, **headers}, secrets)


def as_bytes(content: dict[str, Any]) -> bytes:
    """Content as it is posted."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


EVERY = timedelta(seconds=0.6)
"""With the burst below, 120 calls in any minute: what PagerDuty takes of one key
(developer.pagerduty.com/docs/events-api-v2/rate-limits)."""

USUAL_RATE = Rate(EVERY, burst=19)
