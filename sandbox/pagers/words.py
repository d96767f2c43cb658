"""The practice PagerDuty's webhooks: signed, in order, tried again."""

import hashlib
import hmac
import json
import queue
import threading
import uuid
from dataclasses import dataclass
from typing import Any

import requests

WAITS = (0.2, 1.0, 5.0, 30.0, 120.0)
"""In seconds: PagerDuty tries for two days
(developer.pagerduty.com/docs/webhooks/webhook-behavior)."""

PATIENCE = 5.0
"""So many seconds an answer may take."""

AGENT = "PagerDuty-Webhook/V3.0"


@dataclass(frozen=True)
class Webhook:
    """One that was sent, and how it was answered; no status where no answer came."""

    event: dict[str, Any]
    status: int


class Words:
    """Sends webhooks to the bot. While a secret is replaced there are two, and each of them
    signs."""

    def __init__(self, secret: str) -> None:
        self.secrets = [secret]
        self.sent: list[Webhook] = []
        self.repeats = 1
        self._url = ""
        self._queue: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._on_the_way = 0
        self._counting = threading.Lock()
        self._stopping = threading.Event()
        self._session = requests.Session()
        self._session.trust_env = False
        self._thread = threading.Thread(target=self._run, name="pagerduty", daemon=True)

    @property
    def on_the_way(self) -> int:
        """How many have not been answered yet."""
        return self._on_the_way

    def deliver_to(self, bot_url: str) -> None:
        """Send them to the bot there."""
        self._url = f"{bot_url}/pagerduty/webhook"

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """Stop sending."""
        self._stopping.set()
        self._queue.put(None)
        if self._thread.is_alive():
            self._thread.join()

    def send(self, event: dict[str, Any]) -> None:
        """Send one, after those before it."""
        with self._counting:
            self._on_the_way += 1
        self._queue.put(event)

    def _run(self) -> None:
        while (event := self._queue.get()) is not None:
            for _ in range(self.repeats):
                self._deliver(event)
            with self._counting:
                self._on_the_way -= 1

    def _deliver(self, event: dict[str, Any]) -> None:
        for wait in (0.0, *WAITS):
            if self._stopping.wait(wait):
                return
            status = self.post(json.dumps({"event": event}).encode())
            self.sent.append(Webhook(event, status))
            if 0 < status < 500 and status != 429:
                return

    def post(self, body: bytes, signature: str | None = None) -> int:
        """Post a body as it is; the status of the answer, 0 where there is none."""
        headers = {
            "Content-Type": "application/json",
            "User-Agent": AGENT,
            "X-PagerDuty-Signature": self.sign(body) if signature is None else signature,
            "X-Webhook-Id": str(uuid.uuid4()),
        }
        try:
            return self._session.post(
                self._url, data=body, headers=headers, timeout=PATIENCE
            ).status_code
        except requests.RequestException:
            return 0

    def sign(self, body: bytes) -> str:
        """The signatures of a body, one for each secret
        (developer.pagerduty.com/docs/webhooks/webhook-signatures)."""
        return ",".join(
            "v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
            for secret in self.secrets
        )
