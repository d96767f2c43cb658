"""What Slack's refusals are about: the table in `refusals.toml`."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from slack_sdk.errors import SlackApiError

from bot.messages.refusals import Subject

EVERY = "every"
"""The part of the table that holds for each method."""

RATE_LIMITS = ("ratelimited", "rate_limited")
NO_JSON = "no_json"
"""What an answer is called here that is no JSON: a page for people, of a proxy or an outage."""

UNDECODED = " "
"""Slack's words for errors have no spaces; slack_sdk puts a sentence there when it cannot read the
answer (`slack_sdk.web.internal_utils`)."""


@cache
def table() -> Mapping[str, Mapping[str, Subject]]:
    """What each error is about, by the method that answers with it."""
    text = Path(__file__).with_name("refusals.toml").read_text("utf-8")
    return {
        method: {error: Subject(subject) for subject, errors in row.items() for error in errors}
        for method, row in tomllib.loads(text).items()
    }


def error_of(refusal: SlackApiError) -> str:
    """Slack's word for why it refused; never a text that a server made up."""
    name = str(refusal.response.get("error") or "")
    if not name or UNDECODED in name or len(name) > 80:
        return NO_JSON
    return name


def said(error: Exception) -> str:
    """Slack's word for why it refused; else the kind of what went wrong."""
    return error_of(error) if isinstance(error, SlackApiError) else type(error).__name__


def about(refusal: SlackApiError) -> Subject:
    """What a refusal is about, by the method that was called and Slack's word."""
    error = error_of(refusal)
    status = _status(refusal)
    if status == 429 or status >= 500:
        return Subject.PASSING
    # Who answers in Slack's place (a proxy) answers every call so
    if error == NO_JSON:
        return Subject.INSTALLATION
    rows = table()
    of_method = rows.get(_method(refusal), {})
    return of_method.get(error) or rows[EVERY].get(error, Subject.UNKNOWN)


def wait_of(refusal: SlackApiError) -> int:
    """For how many seconds Slack asks to wait; 0 where it does not ask."""
    if _status(refusal) != 429 and error_of(refusal) not in RATE_LIMITS:
        return 0
    said = str(_headers(refusal).get("Retry-After", ""))
    return max(1, int(said)) if said.isascii() and said.isdecimal() and len(said) < 6 else 1


def _method(refusal: SlackApiError) -> str:
    return str(getattr(refusal.response, "api_url", "")).rpartition("/")[2]


def _status(refusal: SlackApiError) -> int:
    return int(getattr(refusal.response, "status_code", 200))


def _headers(refusal: SlackApiError) -> Mapping[str, Any]:
    return getattr(refusal.response, "headers", None) or {}
