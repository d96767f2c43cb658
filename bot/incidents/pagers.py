"""Telling pagers of incidents: in order under each fingerprint, within each pager's limits, tried
again until it is certain."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import structlog
from pydantic import ValidationError

from bot.common.clock import Clock
from bot.incidents.facts import IncidentFacts
from bot.incidents.posting import Letter, PagerBusy, PagerRefuses, PagerUnreachable, Poster
from bot.incidents.roads import Road, Telling
from bot.messages import notices
from storage.claims import ClaimLost
from storage.database import Store, Transaction
from storage.pages import ClaimedPage
from storage.tables import Page

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=30)
"""How long a lane is its worker's, unless the worker says before that it is still at it. A worker
that is killed leaves the page first in its lane, and perhaps at the pager, which knows it again by
its key."""

FIRST_WAIT = timedelta(seconds=2)
MAX_WAIT = timedelta(minutes=5)
MAX_AGE = timedelta(days=1)
MAX_ATTEMPTS = 500
"""An outage of a pager ends before its pages do; what is given up is told in Slack, where the alert
stands all the same."""

MAX_FAULTS = 5
"""So many attempts a page has that we cannot write: that does not pass."""

LATE = timedelta(minutes=10)
"""On-call is told of a pager that has not taken a page for so long."""


class PagerDelivery:
    """Empties the queue of one pager. A pager that does not answer delays nobody else: each has its
    own turns, and what it is told of other incidents goes on."""

    def __init__(
        self, store: Store, clock: Clock, road: Road, poster: Poster, alert_channel: str
    ) -> None:
        self._store = store
        self._clock = clock
        self._road = road
        self._poster = poster
        self._alert_channel = alert_channel
        self._in_hand: ClaimedPage | None = None

    @property
    def name(self) -> str:
        """Whom it tells."""
        return self._road.pager

    def deliver_next(self) -> int:
        """Tell the pager of the next page; 0 where none is due, or it did not go well and there is
        time to breathe. May take seconds."""
        claimed = self._claim()
        if claimed is None:
            return 0
        self._in_hand = claimed
        try:
            return self._try(claimed)
        except ClaimLost:
            log.warning("pager.turn_lost", pager=self.name, page=claimed.page.id)
            return 0
        finally:
            self._in_hand = None

    def keep(self) -> None:
        """What is in hand stays so for another lease."""
        claimed = self._in_hand
        if claimed is not None:
            with suppress(ClaimLost):  # whoever posts it will find out
                self._confirm(claimed)

    def hand_back(self) -> None:
        """Let others have what is in hand. The pager may have it by now."""
        claimed = self._in_hand
        if claimed is not None:
            log.info("pager.handed_back", pager=self.name, page=claimed.page.id)
            with suppress(ClaimLost), self._store.transaction() as tx:
                tx.pages.later(claimed, self._clock.now(), heard=True)

    def _confirm(self, claimed: ClaimedPage) -> None:
        """See that the page is still ours, and keep it so for another lease."""
        with self._store.transaction() as tx:
            tx.pages.keep(claimed, self._clock.now() + LEASE)

    def _try(self, claimed: ClaimedPage) -> int:
        try:
            return self._deliver(claimed)
        except PagerBusy as busy:
            self._busy(claimed, busy.wait)
        except PagerUnreachable as error:
            self._again(claimed, error.reason, error.heard)
        except PagerRefuses as refusal:
            return self._refused(claimed, refusal.reason)
        except (ValidationError, ValueError, TypeError, LookupError) as error:
            log.exception("pager.failed", pager=self.name, page=claimed.page.id)
            self._fault(claimed, type(error).__name__)
        return 0

    def next_due(self) -> datetime | None:
        """When the next page's turn is."""
        with self._store.reading() as tx:
            return tx.pages.next_due(self._road.pager)

    def _claim(self) -> ClaimedPage | None:
        now = self._clock.now()
        road = self._road
        with self._store.transaction() as tx:
            due = tx.pages.next_due(road.pager)
            if due is None or due > now or not tx.paces.may_go(road.means, now, road.rate, left=1):
                return None
            return tx.pages.claim_next(road.pager, now, LEASE)

    def _deliver(self, claimed: ClaimedPage) -> int:
        now = self._clock.now()
        if now - claimed.page.created_at > MAX_AGE or claimed.page.attempts > MAX_ATTEMPTS:
            self._give_up(claimed, "pager.silent", "too late")
            return 1
        telling = self._telling(claimed)
        letters = self._road.letters(telling, now)
        self._post(claimed, letters, now)
        with self._store.transaction() as tx:
            if letters:
                tx.pages.sent(claimed, self._road.standing(telling), self._clock.now())
            else:
                tx.pages.left_out(claimed, self._clock.now())
        return 1

    def _telling(self, claimed: ClaimedPage) -> Telling:
        facts = IncidentFacts.model_validate(claimed.page.facts)
        later = [IncidentFacts.model_validate(page.facts) for page in claimed.behind]
        return Telling(claimed, facts, later, self._alert(claimed.page))

    def _alert(self, page: Page) -> str:
        """Where the alert stands in Slack (docs.slack.dev: deep linking)."""
        with self._store.reading() as tx:
            posted = tx.outbox.posted(notices.alert_key_of(page.incident_id))
        if posted is None:
            return ""
        where = f"channel={posted.channel_id}&message_ts={posted.ts}"
        return f"https://slack.com/app_redirect?{where}"

    def _post(self, claimed: ClaimedPage, letters: Sequence[Letter], now: datetime) -> None:
        """Post in order. Once one of several has arrived, it is not known how things stand
        there."""
        for number, letter in enumerate(letters):
            self._confirm(claimed)
            try:
                self._poster.post(letter, now)
            except PagerBusy as busy:
                if not number:
                    raise
                self._slow_down(busy.wait)
                raise PagerUnreachable("busy", heard=True) from None
            except PagerUnreachable as error:
                raise PagerUnreachable(error.reason, error.heard or number > 0) from None
            if number:
                self._book()

    def _book(self) -> None:
        with self._store.transaction() as tx:
            tx.paces.book(self._road.means, self._clock.now(), self._road.rate)

    def _slow_down(self, wait: timedelta) -> datetime:
        until = self._clock.now() + wait
        with self._store.transaction() as tx:
            tx.paces.slow_down(self._road.means, until, self._road.rate)
        return until

    def _busy(self, claimed: ClaimedPage, wait: timedelta) -> None:
        log.warning("pager.busy", pager=self.name, page=claimed.page.id)
        until = self._slow_down(wait)
        with self._store.transaction() as tx:
            tx.pages.later(claimed, until, heard=False)
            self._complain(tx, claimed.page, "busy")

    def _again(self, claimed: ClaimedPage, reason: str, heard: bool) -> None:
        log.warning("pager.unreachable", pager=self.name, page=claimed.page.id, error=reason)
        due = self._clock.now() + _wait(claimed.page.attempts)
        with self._store.transaction() as tx:
            tx.pages.later(claimed, due, heard)
            self._complain(tx, claimed.page, reason)

    def _complain(self, tx: Transaction, page: Page, reason: str) -> None:
        if self._clock.now() - page.created_at >= LATE:
            self._tell(tx, "pager.silent", reason)

    def _refused(self, claimed: ClaimedPage, reason: str) -> int:
        log.error("pager.refuses", pager=self.name, page=claimed.page.id, reason=reason)
        self._give_up(claimed, "pager.refuses", reason)
        return 1

    def _fault(self, claimed: ClaimedPage, reason: str) -> None:
        if claimed.page.attempts >= MAX_FAULTS:
            self._give_up(claimed, "pager.refuses", reason)
            return
        due = self._clock.now() + _wait(claimed.page.attempts)
        with self._store.transaction() as tx:
            tx.pages.later(claimed, due, heard=False)

    def _give_up(self, claimed: ClaimedPage, sentence: str, reason: str) -> None:
        log.error("pager.given_up", pager=self.name, page=claimed.page.id, reason=reason)
        with self._store.transaction() as tx:
            tx.pages.give_up(claimed, reason, self._clock.now())
            self._tell(tx, sentence, reason)

    def _tell(self, tx: Transaction, sentence: str, reason: str) -> None:
        """Tell on-call of a pager that fails, once a day and kind."""
        now = self._clock.now()
        key = f"{sentence}:{self.name}:{now.date()}"
        if tx.channels.first_sight(key, now):
            values = {"pager": self.name, "reason": reason}
            notices.tell(tx, self._alert_channel, key, sentence, now, **values)


def _wait(attempts: int) -> timedelta:
    return min(FIRST_WAIT * (1 << min(attempts - 1, 10)), MAX_WAIT)
