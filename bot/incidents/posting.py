"""Posting to a pager: one request, bounded in time, with no redirect followed and nothing of it in
any error."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Protocol

import requests
from urllib3.exceptions import NewConnectionError

from bot.common.redaction import hiding, redact
from bot.common.ways_out import WaysOut

CONNECT_SECONDS = 5
ANSWER_SECONDS = 10
DEADLINE_SECONDS = 20.0
"""The whole request, however slowly the answer drips."""

MAX_ANSWER = 2000
"""So much is read of an answer that refuses something."""

MAX_WORDS = 200
"""So much of it is repeated."""

LONGEST_WAIT = timedelta(hours=1)
USUAL_WAIT = timedelta(seconds=30)
"""What PagerDuty suggests where it says nothing
(developer.pagerduty.com/docs/events-api-v2/rate-limits)."""

PASSING = frozenset({408, 425})
"""Statuses below 500 that say nothing of what was posted."""

TOO_MANY = 429


class PagerBusy(Exception):
    """The pager wants nothing for a while, and did not take this."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"for {wait}")
        self.wait = wait


class PagerUnreachable(Exception):
    """No proper answer came. `heard`: the pager may have taken it all the same."""

    def __init__(self, reason: str, heard: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.heard = heard


class PagerRefuses(Exception):
    """The pager will never take this; `reason` is its word, without secrets."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Letter:
    """What is posted. `secrets` are what no log and no error may repeat."""

    url: str = field(repr=False)
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)


class Poster(Protocol):
    """Posts letters to pagers."""

    def post(self, letter: Letter, now: datetime) -> None:
        """Post one, which takes seconds at most.

        Raises:
            PagerBusy: the pager wants nothing for a while.
            PagerUnreachable: no proper answer.
            PagerRefuses: the pager will never take it.
        """
        ...


class HttpPoster:
    """Posts over HTTP, by the ways out of the settings."""

    def __init__(self, ways: WaysOut, deadline: float = DEADLINE_SECONDS) -> None:
        """`deadline`: after so many seconds an answer is waited for no longer."""
        self._ways = ways
        self._deadline = deadline

    def post(self, letter: Letter, now: datetime) -> None:
        """Post one."""
        in_time(lambda: self._post(letter, now), self._deadline)

    def _post(self, letter: Letter, now: datetime) -> None:
        with hiding(*letter.secrets):  # urllib3 logs addresses
            self._send(letter, now)

    def _send(self, letter: Letter, now: datetime) -> None:
        try:
            with requests.Session() as session:
                self._ways.prepare(session, self._ways.trust())
                with session.post(
                    letter.url,
                    data=letter.body,
                    headers=dict(letter.headers),
                    timeout=(CONNECT_SECONDS, ANSWER_SECONDS),
                    stream=True,
                    allow_redirects=False,
                ) as answer:
                    _heed(answer, now)
        except (requests.RequestException, OSError) as error:
            # An error's text has the address in it, which may be a secret
            raise PagerUnreachable(type(error).__name__, heard=_was_connected(error)) from None


def _was_connected(error: Exception) -> bool:
    """Whether there was a connection: what was sent before it broke may have arrived."""
    cause = getattr(error.args[0], "reason", None) if error.args else None
    return not isinstance(error, requests.ConnectTimeout) and not isinstance(
        cause, NewConnectionError
    )


def in_time(work: Callable[[], None], seconds: float) -> None:
    """Do `work` within so many seconds. A server may answer one byte at a time and keep within
    every time-out of a socket, so the limit stands apart from those."""
    done: Future[None] = Future()

    def run() -> None:
        try:
            work()
            done.set_result(None)
        except BaseException as error:
            done.set_exception(error)

    threading.Thread(target=run, name="pager", daemon=True).start()
    try:
        done.result(seconds)
    except TooLate:
        raise PagerUnreachable("TooLate", heard=True) from None


def _heed(answer: requests.Response, now: datetime) -> None:
    status = answer.status_code
    if 200 <= status < 300:
        return
    if status == TOO_MANY:
        raise PagerBusy(retry_after(answer.headers.get("Retry-After", ""), now))
    if status >= 500 or status in PASSING:
        raise PagerUnreachable(f"HTTP {status}", heard=True)
    raise PagerRefuses(_word(answer))


def retry_after(text: str, now: datetime) -> timedelta:
    """How long somebody asks to wait: seconds or a date, an hour at most; the usual where it says
    neither (RFC 9110, 10.2.3)."""
    try:
        wait = timedelta(seconds=int(text))
    except (ValueError, OverflowError):
        wait = _until(text, now)
    return min(wait, LONGEST_WAIT) if wait > timedelta() else USUAL_WAIT


def _until(text: str, now: datetime) -> timedelta:
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return USUAL_WAIT
    return (at if at.tzinfo else at.replace(tzinfo=UTC)) - now


def _word(answer: requests.Response) -> str:
    """What an answer says, in one line without secrets."""
    chunk = next(answer.iter_content(MAX_ANSWER), b"")
    words = " ".join(redact(chunk.decode("utf-8", "replace")).split())[:MAX_WORDS]
    return f"HTTP {answer.status_code} {words}".strip()
