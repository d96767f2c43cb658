"""The correlation: one short word in every log line that comes of the same cause, from what Slack
or a browser sent, over the work that was left for a worker, to the calls of Microsoft and to the
error ID."""

import hashlib
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from structlog.contextvars import (
    bind_contextvars,
    bound_contextvars,
    clear_contextvars,
    get_contextvars,
)

FIELD = "correlation"
LENGTH = 12


def current() -> str:
    """The correlation of what is being done in this thread; empty where there is none."""
    return str(get_contextvars().get(FIELD, ""))


@contextmanager
def correlated(word: str = "") -> Iterator[None]:
    """Within this, every log line has the correlation `word`, or a new one."""
    with bound_contextvars(**{FIELD: word or new()}):
        yield


def new() -> str:
    """A new one."""
    return secrets.token_hex(LENGTH // 2)


def of_slack(posted: Mapping[str, Any]) -> str:
    """That of what Slack sent: an event's own ID; of anything else a digest of what tells it apart,
    which would open windows and so is in no log. Empty where nothing does."""
    if isinstance(posted.get("event_id"), str):
        return str(posted["event_id"])
    mark = str(posted.get("trigger_id") or posted.get("response_url") or "")
    return hashlib.sha256(mark.encode()).hexdigest()[:LENGTH] if mark else ""


def of_job(args: Mapping[str, Any]) -> str:
    """That of whoever left the work, as the job's arguments keep it."""
    return str(args.get(FIELD, ""))


def kept() -> dict[str, str]:
    """What a job's arguments keep of it."""
    word = current()
    return {FIELD: word} if word else {}


def follow(word: str) -> None:
    """From now on the lines of this thread have the correlation `word`, if it is one."""
    if word:
        bind_contextvars(**{FIELD: word})


def begin() -> None:
    """A web request begins: whatever this thread did before has nothing to do with it."""
    clear_contextvars()
    bind_contextvars(**{FIELD: new()})
