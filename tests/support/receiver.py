"""The vendor's product as far as webhooks go: strict in what it takes, by the specification's own
library; and the ways in which it may not be well."""

import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from unittest import mock

from standardwebhooks import Webhook

from bot.api.posting import Answer

SECRET = "whsec_" + "a2tr" * 8
OTHER_SECRET = "whsec_" + "bGxs" * 8


def verified(secret: str, body: bytes, headers: Mapping[str, str], now: datetime | None) -> Any:
    """What a post says, if it is by whoever knows the secret, and not an old one.

    Raises:
        standardwebhooks.WebhookVerificationError: it is not.
    """
    if now is None:
        return Webhook(secret).verify(body, dict(headers))
    with mock.patch("standardwebhooks.webhooks.datetime", wraps=datetime) as clock:
        clock.now.side_effect = lambda tz: now
        return Webhook(secret).verify(body, dict(headers))


@dataclass
class Product:
    """What the product took: each event once, since it keeps their IDs; and how often each came."""

    secret: str = SECRET
    events: list[dict[str, Any]] = field(default_factory=list)
    came: Counter[str] = field(default_factory=Counter)

    def take(self, body: bytes, headers: Mapping[str, str], now: datetime | None = None) -> None:
        """Take a post that is in order."""
        event = verified(self.secret, body, headers, now)
        names = {name.lower(): value for name, value in headers.items()}
        assert event == json.loads(body)
        assert event.keys() == {"id", "type", "timestamp", "data"}
        assert names["webhook-id"] == event["id"]
        assert names["content-type"] == "application/json"
        self.came[event["id"]] += 1
        if self.came[event["id"]] == 1:
            self.events.append(event)

    def types(self, ref: str = "") -> list[str]:
        """The types of the events, in order; of one account, where it is named."""
        return [each["type"] for each in self.events if not ref or _ref(each) == ref]


@dataclass
class FakeReceiver:
    """A receiver in the same thread, whose clock the test moves. `answers` are given first, one a
    post; then `usual`."""

    now: Any
    product: Product = field(default_factory=Product)
    usual: Answer = field(default_factory=lambda: Answer(204))
    answers: list[Answer] = field(default_factory=list)
    posts: int = 0

    def post(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """As `HttpWebhooks.post`."""
        self.posts += 1
        answer = self.answers.pop(0) if self.answers else self.usual
        if answer.taken:
            self.product.take(body, headers, self.now())
        return answer


class Receiver:
    """A receiver on a loopback port. While `hold` is not set, it answers nothing."""

    def __init__(self, product: Product | None = None) -> None:
        self.product = product or Product()
        self.mood = "well"
        self.redirected = 0
        self.asked = 0
        self.ended = threading.Event()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/hooks"

    @contextmanager
    def running(self, tls: Any = None) -> Iterator["Receiver"]:
        """Serve within this; by TLS with a context."""
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.ended.set()
            self._server.shutdown()
            self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver._answer(self)

            def do_GET(self) -> None:
                receiver.redirected += 1
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["Content-Length"]))
        with self._lock:
            self.asked += 1
            number = self.asked
            status = self._status(number)
            if 200 <= status < 300 and self.mood not in ("silent", "dripping"):
                self.product.take(body, dict(request.headers.items()))
        if self.mood == "silent":
            self.ended.wait()
        elif self.mood == "dripping":
            self._drip(request)
        else:
            request.send_response(status)
            if status == 302:
                request.send_header("Location", self.url)
            endless = self.mood == "long"
            request.send_header("Content-Length", str(10**9 if endless else 0))
            request.end_headers()
            if endless:
                self._write_on(request)

    def _status(self, number: int) -> int:
        match self.mood:
            case "half":
                return 500 if number % 2 else 200
            case "redirecting":
                return 302
            case "gone":
                return 410
            case "down":
                return 503
        return 200

    def _drip(self, request: BaseHTTPRequestHandler) -> None:
        """One byte of a header after the other, for ever."""
        try:
            request.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not self.ended.wait(0.05):
                request.wfile.write(b"x")
        except OSError:
            pass

    def _write_on(self, request: BaseHTTPRequestHandler) -> None:
        try:
            while not self.ended.is_set():
                request.wfile.write(b"x" * 65536)
        except OSError:
            pass


def _ref(event: dict[str, Any]) -> str:
    return str(event["data"].get("account", {}).get("ref", ""))
