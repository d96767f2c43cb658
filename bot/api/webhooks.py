"""Telling the vendor's product what changed, by webhooks after Standard Webhooks 1.0: in order for
each account, tried again for three days, and then kept until somebody has it sent anew."""

import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import structlog
from standardwebhooks import Webhook

from bot.api.events import as_bytes, event_of
from bot.api.posting import Answer, WebhookPoster
from bot.common.clock import Clock
from bot.common.live_secrets import Secret
from bot.common.stop import Stop
from bot.common.tallies import WEBHOOKS, Tallies
from bot.incidents.posting import LONGEST_WAIT, retry_after
from bot.messages import notices
from storage.changes import GONE, ClaimedChange
from storage.claims import ClaimLost
from storage.database import Store, Transaction

log = structlog.get_logger(__name__)

THREADS = 4
"""So many posts are under way at a time in a process: a slow receiver keeps nobody else waiting."""

LEASE = timedelta(seconds=30)
"""How long a change is its worker's, unless the worker says before that it is still at it. A worker
that is killed leaves it to be posted again, under the same ID."""

FIRST_WAIT = timedelta(seconds=5)
MAX_WAIT = timedelta(minutes=30)
PATIENCE = timedelta(days=3)
"""So long a change is tried."""

FEWEST_ATTEMPTS = 10
"""And so often: three days in which we did not work ourselves say nothing of the receiver."""

TAKES_OTHERS = PATIENCE / 2
"""A receiver that took something within so long is not away: what it does not take is at fault."""

JITTER = 0.25
"""By so large a part of itself a wait differs, so that what failed together does not come back
together."""

UNWRITTEN = "it cannot be written"

HEEDED = (429, 503)
"""The statuses with which a receiver says how long it wants nothing (RFC 9110, 10.2.3)."""

JSON = {"Content-Type": "application/json", "User-Agent": "Maildesk"}


class WebhookDelivery:
    """Empties the queue of changes: any number of lanes side by side, in each one change after the
    other."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        poster: WebhookPoster,
        secret: Secret,
        support_channel: str,
        tallies: Tallies,
        stop: Stop,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`secret`: by which each post is signed; two, with a comma between, while one replaces the
        other."""
        self._store = store
        self._clock = clock
        self._poster = poster
        self._secret = secret
        self._support_channel = support_channel
        self._tallies = tallies
        self._stop = stop
        self._chance = chance
        self._in_hand: dict[int, ClaimedChange] = {}

    def claim(self, limit: int) -> Sequence[ClaimedChange]:
        """Take up to `limit` changes whose turn it is."""
        now = self._clock.now()
        with self._store.transaction() as tx:
            claimed = tx.changes.claim_due(now, limit, LEASE)
        self._in_hand |= {each.change.id: each for each in claimed}
        return claimed

    def deliver(self, claimed: ClaimedChange) -> None:
        """Post a change, and then whatever is due, until nothing is. Each takes seconds at most."""
        going: Sequence[ClaimedChange] = [claimed]
        while going:
            self._deliver(going[0])
            going = () if self._stop.asked else self.claim(1)

    def keep(self) -> None:
        """What is in hand stays so for another lease."""
        for each in list(self._in_hand.values()):
            with suppress(ClaimLost), self._store.transaction() as tx:
                tx.changes.keep(each, self._clock.now() + LEASE)

    def hand_back(self) -> None:
        """Let others have what is in hand. The receiver may have it by now."""
        for each in list(self._in_hand.values()):
            with suppress(ClaimLost), self._store.transaction() as tx:
                tx.changes.hand_back(each)

    def _deliver(self, claimed: ClaimedChange) -> None:
        try:
            self._try(claimed)
        except ClaimLost:
            log.info("webhook.turn_lost", change=claimed.change.public_id)
        finally:
            self._in_hand.pop(claimed.change.id, None)

    def _try(self, claimed: ClaimedChange) -> None:
        letter = self._letter(claimed)
        if letter is None:
            with self._store.transaction() as tx:
                tx.changes.leave_out(claimed, self._clock.now(), UNWRITTEN)
                self._tell(tx, "webhooks.left_out", UNWRITTEN)
            return
        answer = self._poster.post(*letter)
        self._tallies.count(WEBHOOKS, answer.kind)
        if answer.taken:
            with self._store.transaction() as tx:
                tx.changes.delivered(claimed, self._clock.now())
            return
        log.warning("webhook.not_taken", change=claimed.change.public_id, reason=answer.words)
        self._not_taken(claimed, answer)

    def _letter(self, claimed: ClaimedChange) -> tuple[bytes, dict[str, str]] | None:
        """The body and its headers; None where it cannot be written, which does not pass."""
        change = claimed.change
        try:
            with self._store.reading() as tx:
                body = as_bytes(event_of(change, tx.changes.mentioned([change]).get(change.id, [])))
            return body, JSON | self._signed(change.public_id, body)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            log.exception("webhook.not_in_words", change=change.public_id)
            return None

    def _signed(self, message_id: str, body: bytes) -> dict[str, str]:
        now = self._clock.now()
        signers = map(Webhook, self._secret.get_secret_value().split(","))
        signatures = [each.sign(message_id, now, body.decode()) for each in signers]
        return {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signatures),
        }

    def _not_taken(self, claimed: ClaimedChange, answer: Answer) -> None:
        now = self._clock.now()
        since = claimed.change.tried_since or now
        with self._store.transaction() as tx:
            if answer.gone:
                self._stop_sending(tx, claimed, GONE)
            elif now - since < PATIENCE or claimed.change.attempts < FEWEST_ATTEMPTS:
                due = now + self._wait(claimed.change.attempts, answer, now)
                tx.changes.later(claimed, due, answer.words)
            elif tx.changes.delivered_since(now - TAKES_OTHERS):
                # Others were taken meanwhile: it is this one that the receiver does not take
                tx.changes.leave_out(claimed, now, answer.words)
                self._tell(tx, "webhooks.left_out", answer.words)
            else:
                self._stop_sending(tx, claimed, answer.words)

    def _stop_sending(self, tx: Transaction, claimed: ClaimedChange, reason: str) -> None:
        log.error("webhook.stopped", change=claimed.change.public_id, reason=reason)
        if tx.changes.stop(claimed, self._clock.now(), reason):
            self._tell(tx, "webhooks.stopped", reason)

    def _tell(self, tx: Transaction, sentence: str, reason: str) -> None:
        """Tell support, once a day and kind."""
        now = self._clock.now()
        key = f"{sentence}:{now.date()}"
        if tx.channels.first_sight(key, now):
            notices.tell(tx, self._support_channel, key, sentence, now, reason=reason)

    def _wait(self, attempts: int, answer: Answer, now: datetime) -> timedelta:
        usual = min(FIRST_WAIT * (1 << min(attempts - 1, 10)), MAX_WAIT)
        usual *= 1 + JITTER * (2 * self._chance() - 1)
        if answer.status not in HEEDED or not answer.retry_after:
            return usual
        return min(max(usual, retry_after(answer.retry_after, now)), LONGEST_WAIT)
