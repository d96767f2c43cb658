"""Microsoft's answers, counted: by what was asked for, and by the status."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
import structlog

from bot.common.tallies import MICROSOFT_CALLS, REFRESHES, Tallies

log = structlog.get_logger(__name__)

MAX_TRACE = 40

KINDS = {
    "token": "token",
    "openid-configuration": "discovery",
    "instance": "discovery",
    "keys": "keys",
    "authorize": "authorize",
}
"""What is asked for, by the last part of the address."""


def count(tallies: Tallies, url: str, data: object, answer: requests.Response | Exception) -> None:
    """An answer came, or what was raised instead of one."""
    kind = KINDS.get(urlsplit(url).path.rpartition("/")[2], "other")
    failed = isinstance(answer, Exception)
    status = type(answer).__name__ if isinstance(answer, Exception) else str(answer.status_code)
    tallies.count(MICROSOFT_CALLS, kind, status)
    traced = {} if isinstance(answer, Exception) else _trace(answer)
    log.info("microsoft.called", what=kind, status=status, **traced)
    if isinstance(data, Mapping) and data.get("grant_type") == "refresh_token":
        word = status if failed or not isinstance(answer, requests.Response) else _word(answer)
        tallies.count(REFRESHES, word)


def _trace(answer: requests.Response) -> dict[str, str]:
    """By which Microsoft's support finds the call."""
    found = answer.headers.get("x-ms-request-id", "")[:MAX_TRACE]
    return {"request_id": found} if found else {}


def _word(answer: requests.Response) -> str:
    """Of a token endpoint's answer: ok, or OAuth's word for what is wrong."""
    try:
        said: Any = answer.json()
    except ValueError:
        said = None
    error = said.get("error", "ok") if isinstance(said, dict) else f"HTTP {answer.status_code}"
    return error if isinstance(error, str) and error in KNOWN else "other"


KNOWN = frozenset(
    {
        "ok",
        "invalid_grant",
        "invalid_client",
        "invalid_request",
        "invalid_scope",
        "interaction_required",
        "temporarily_unavailable",
        "unauthorized_client",
    }
)
"""The words of RFC 6749, 5.2, and of entra-docs; a server's own are not counted one by one."""
