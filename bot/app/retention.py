"""The daily forgetting of what nobody asks for any more."""

from collections.abc import Mapping
from datetime import timedelta

import structlog

from bot.api import requests
from bot.common.clock import Clock
from bot.common.stop import Stop
from bot.diagnosis.failures import RATED_FOR
from bot.signin import presses
from storage.database import Store

log = structlog.get_logger(__name__)

EVERY = timedelta(days=1)
BATCH = 500
"""So many rows are forgotten in one transaction, so that nobody waits for long."""

MOST_BATCHES = 100
"""So many batches of a kind are forgotten in a day; the rest in the days after."""

USUAL = timedelta(days=30)
"""How long messages that were sent, events, changes, and what pagers were told are kept."""


SECRETS = timedelta(hours=1)
"""How long what was secret of a login link or a sign-in is kept when that is over; long enough for
clocks that differ."""


class Retention:
    """Forgets each kind of rows when its time has come; `kept` says how long each is, None for
    ever."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        keep_evidence: timedelta,
        keep_audit: timedelta | None,
        stop: Stop,
    ) -> None:
        """`keep_evidence`: how long tests are kept, failures of no account, and (30 days at least)
        what is over; `keep_audit` how long the audit is, None for ever."""
        over = max(keep_evidence, USUAL)
        self._store = store
        self._clock = clock
        self._stop = stop
        self.kept: Mapping[str, timedelta | None] = {
            "messages": USUAL,
            "events": USUAL,
            "pages": USUAL,
            "tests": keep_evidence,
            "failures": keep_evidence,
            "audit": keep_audit,
            "changes": USUAL,
            "api_requests": requests.KEPT,
            "link_secrets": SECRETS,
            "sign_in_secrets": SECRETS,
            "presses": presses.OF_A_BROWSER.within,
            "sign_ins": USUAL,
            "links": USUAL,
            "attempts": max(keep_evidence, RATED_FOR),
            "reported_fixes": over,
            "outages": over,
            "setbacks": over,
            "reminders": USUAL,
            "batches": over,
            "incident_entries": over,
            "incident_members": over,
            "silences": over,
            "maintenance": over,
            "last_pages": over,
            "page_lanes": USUAL,
        }

    def sweep(self) -> int:
        """Forget what is due today. Nothing is left for this turn, so that 0 is said."""
        for kind, kept in self.kept.items():
            count = self._forget(kind, kept) if kept is not None else 0
            if count:
                log.info("retention.forgotten", kind=kind, rows=count)
        return 0

    def _forget(self, kind: str, kept: timedelta) -> int:
        before = self._clock.now() - kept
        total = 0
        for _ in range(MOST_BATCHES):
            if self._stop.asked:
                break
            with self._store.transaction() as tx:
                count = tx.retention.kinds[kind](before, BATCH)
            total += count
            if count < BATCH:
                break
        return total
