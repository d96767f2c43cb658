"""Whether our clock is right, by what Microsoft's answers say of the time (RFC 9110, 6.6.1).

A clock that is minutes off makes good tokens and assertions look too early or too late, and is
nobody's fault at the mailbox."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests
import structlog

from bot.common.texts import whole_number
from bot.diagnosis.observation import Condition, Observation, Where
from bot.microsoft.identity import LEEWAY, in_time

log = structlog.get_logger(__name__)

TIMED = frozenset({700024, 500133, 50013})
"""AADSTS numbers of assertions outside their time (entra-docs, reference-error-codes)."""


MAX_AGE_SECONDS = 24 * 3600


class ClockCheck:
    """Remembers by how much our clock was `ahead` of Microsoft's at the last answer."""

    def __init__(self) -> None:
        self.ahead = timedelta()
        self._told = False

    def hear(self, response: requests.Response, *_args: Any, **_kwargs: Any) -> None:
        """Take in an answer's `Date`, if it has a proper one."""
        ahead = ahead_of(response)
        if ahead is None:
            return
        self.ahead = ahead
        if self.is_wrong and not self._told:
            log.error("clock.wrong", ahead_seconds=round(self.ahead.total_seconds()))
        self._told = self.is_wrong

    @property
    def is_wrong(self) -> bool:
        """Whether it is further off than Microsoft or we let pass."""
        return abs(self.ahead) > LEEWAY

    def blamed(self, answer: Mapping[str, Any]) -> Observation | None:
        """What to say instead of what a token endpoint's answer seems to say, where it is our clock
        that makes it so."""
        refused = bool(TIMED.intersection(answer.get("error_codes") or []))
        return self._observation() if self.is_wrong and refused else None

    def blamed_for(self, claims: Mapping[str, Any] | None) -> Observation | None:
        """The same for the claims of an ID token that is not good at this time, by our clock."""
        early_or_late = claims is not None and not in_time(claims, datetime.now(UTC))
        return self._observation() if self.is_wrong and early_or_late else None

    def _observation(self) -> Observation:
        minutes = round(abs(self.ahead).total_seconds() / 60)
        where = "ahead of" if self.ahead > timedelta() else "behind"
        text = f"our clock is {minutes} minutes {where} Microsoft's"
        return Observation(Where.TOKEN, step="token", condition=Condition.CLOCK, text=text)


def ahead_of(response: requests.Response) -> timedelta | None:
    """By how much our clock is ahead of whoever gave this answer; None if it does not say."""
    said = _date(response.headers.get("Date", ""))
    if said is None:
        return None
    age = whole_number(response.headers.get("Age", ""))  # so long a cache has kept it
    return datetime.now(UTC) - said - timedelta(seconds=min(age, MAX_AGE_SECONDS))


def _date(header: str) -> datetime | None:
    try:
        said = parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return None
    return said if said.tzinfo is not None else said.replace(tzinfo=UTC)
