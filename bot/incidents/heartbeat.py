"""A sign of life to a dead man's switch: somebody outside who alerts when it stays away."""

from collections.abc import Callable

import requests
import structlog

from bot.common.live_secrets import Secret
from bot.common.redaction import hiding
from bot.common.ways_out import WaysOut
from bot.incidents.posting import (
    ANSWER_SECONDS,
    CONNECT_SECONDS,
    DEADLINE_SECONDS,
    PagerUnreachable,
    in_time,
)

log = structlog.get_logger(__name__)


class Heartbeat:
    """Asks an address while everything is done in time; it never learns why it is not asked."""

    def __init__(
        self,
        url: Secret,
        ways: WaysOut,
        late: Callable[[], list[str]],
        deadline: float = DEADLINE_SECONDS,
    ) -> None:
        """`late`: what the worker should have done by now and has not."""
        self._url = url
        self._ways = ways
        self._late = late
        self._deadline = deadline
        self._failed = False

    def beat(self) -> int:
        """Ask once, if nothing is late. Takes seconds at most. A failure is logged once, until it
        goes well again; nothing is left to do afterwards (0)."""
        late = self._late()
        if late:
            log.warning("heartbeat.held_back", late=late)
            return 0
        try:
            in_time(self._ask, self._deadline)
        except PagerUnreachable as error:
            if not self._failed:
                log.error("heartbeat.unheard", reason=error.reason)
            self._failed = True
        else:
            if self._failed:
                log.info("heartbeat.heard_again")
            self._failed = False
        return 0

    def _ask(self) -> None:
        url = self._url.get_secret_value()
        with hiding(url), requests.Session() as session:  # urllib3 logs addresses
            self._ways.prepare(session, self._ways.trust())
            timeout = (CONNECT_SECONDS, ANSWER_SECONDS)
            try:
                answer = session.get(url, timeout=timeout, allow_redirects=False)
            except (requests.RequestException, OSError) as error:
                raise PagerUnreachable(type(error).__name__, heard=False) from None
            if not answer.ok:
                raise PagerUnreachable(f"HTTP {answer.status_code}", heard=True)
