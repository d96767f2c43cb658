"""Delivery to the bot: signed HTTP posts, or envelopes over a WebSocket."""

import hashlib
import hmac
import json
import secrets
import threading
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import requests
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

from sandbox.slack.office import Json, Office

RETRY_SECONDS = (0.0, 60.0, 300.0)
"""Events are tried again at once, after a minute and after five."""


@dataclass(frozen=True)
class Ack:
    """How the bot answered: whether in time and well, and with what."""

    ok: bool
    body: Json
    problem: str = ""


class Delivery:
    """Delivers to the bot by the way that is set up; a connected WebSocket goes first, as in
    Slack."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._url = ""
        self._verified = False
        self._verifying = threading.Lock()
        self._on_the_way = 0
        self._counting = threading.Lock()
        self._session = requests.Session()
        self._session.trust_env = False
        self._sockets: list[ServerConnection] = []
        self.sent_to: list[ServerConnection] = []
        """Which connection got what was sent by WebSocket, in order."""
        self._waiting: dict[str, tuple[threading.Event, list[Json]]] = {}
        self._server: Server = serve(self._socket, "127.0.0.1", 0)
        self.socket_url = f"ws://127.0.0.1:{self._server.socket.getsockname()[1]}/link"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._stopping = threading.Event()

    def start(self) -> None:
        """Begin to take WebSocket connections."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, and close the connections."""
        self._stopping.set()
        self._server.shutdown()
        for connection in list(self._sockets):
            connection.close()

    def deliver_to(self, url: str) -> None:
        """Deliver by HTTP to this address. Events go there once it has answered a challenge, as
        somebody has Slack send it while configuring the address (docs.slack.dev, url_verification);
        commands and interactions go there at once."""
        self._url = url
        self._verified = False

    def is_configured(self) -> bool:
        """Have Slack send the challenge now, if none was given back yet, as whoever configures the
        address does; whether events go there from now on. What kept it is among the complaints."""
        return self._is_verified()

    def command(self, form: Json) -> Ack:
        """A slash command."""
        return self._send(
            "slash_commands", form, urlencode(form), "application/x-www-form-urlencoded"
        )

    def interaction(self, payload: Json) -> Ack:
        """A press, a submission, an options request."""
        body = urlencode({"payload": json.dumps(payload)})
        return self._send("interactive", payload, body, "application/x-www-form-urlencoded")

    def event(self, envelope: Json) -> None:
        """An event, in the background, tried again while the bot does not say yes."""
        self._count(1)
        threading.Thread(target=self._event, args=(envelope,), daemon=True).start()

    @property
    def on_the_way(self) -> int:
        """How many events the bot has not been asked to take even once."""
        return self._on_the_way

    def _count(self, by: int) -> None:
        with self._counting:
            self._on_the_way += by

    def _event(self, envelope: Json) -> None:
        try:
            takes = bool(self._sockets) or self._is_verified()
            reason = self._try_event(envelope, {}) if takes else ""
        finally:
            self._count(-1)
        if reason:
            self._try_again(envelope, reason)

    def _try_again(self, envelope: Json, reason: str) -> None:
        for number, wait in enumerate(RETRY_SECONDS, 1):
            if self._stopping.wait(wait):
                return
            headers = {"x-slack-retry-num": str(number), "x-slack-retry-reason": reason}
            reason = self._try_event(envelope, headers)
            if not reason:
                return

    def _try_event(self, envelope: Json, headers: Json) -> str:
        """Deliver an event once; Slack's word for why it was not taken, empty when it was."""
        ack = self._send("events_api", envelope, json.dumps(envelope), "application/json", headers)
        if ack.ok:
            return ""
        return "http_timeout" if ack.problem == "operation_timeout" else "http_error"

    def _is_verified(self) -> bool:
        """Whether the address has given a challenge back; asked until it does."""
        with self._verifying:
            return self._verified or self._verify()

    def _verify(self) -> bool:
        challenge = secrets.token_hex(16)
        asked = {"token": "practice", "challenge": challenge, "type": "url_verification"}
        ack = self._by_http(json.dumps(asked), "application/json", None)
        given = (ack.body.get("challenge"), ack.body.get("text"))
        self._verified = ack.ok and challenge in given
        if not self._verified:
            problem = ack.problem or "the challenge was not given back"
            self._office.complaints.append({"kind": "url_verification", "problem": problem})
        return self._verified

    def _send(
        self, kind: str, payload: Json, body: str, content_type: str, headers: Json | None = None
    ) -> Ack:
        ack = (
            self._by_socket(kind, payload, headers or {})
            if self._sockets
            else self._by_http(body, content_type, headers)
        )
        if not ack.ok:
            self._office.complaints.append({"kind": kind, "problem": ack.problem})
        return ack

    def _by_http(self, body: str, content_type: str, headers: Json | None) -> Ack:
        stamp = str(int(time.time()))
        mac = hmac.new(
            self._office.signing_secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256
        ).hexdigest()
        signed = {
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": f"v0={mac}",
            "Content-Type": content_type,
        }
        try:
            answer = requests.post(
                f"{self._url}/slack/events",
                data=body.encode(),
                headers=signed | (headers or {}),
                timeout=self._office.patience,
                proxies={"http": ""},
            )
        except requests.Timeout:
            return Ack(False, {}, "operation_timeout")
        except requests.RequestException:
            return Ack(False, {}, "dispatch_failed")
        if answer.status_code != 200:
            return Ack(False, {}, f"dispatch_failed ({answer.status_code})")
        is_json = answer.headers.get("Content-Type", "").startswith("application/json")
        return Ack(
            True,
            answer.json()
            if is_json and answer.text
            else {"text": answer.text}
            if answer.text
            else {},
        )

    def _by_socket(self, kind: str, payload: Json, headers: Json) -> Ack:
        envelope_id, event, answers = secrets.token_hex(8), threading.Event(), list[Json]()
        self._waiting[envelope_id] = (event, answers)
        envelope: dict[str, Any] = {"type": kind, "envelope_id": envelope_id, "payload": payload}
        envelope |= {"accepts_response_payload": kind != "events_api"}
        if headers:
            envelope |= {
                "retry_attempt": int(headers["x-slack-retry-num"]),
                "retry_reason": headers["x-slack-retry-reason"],
            }
        try:
            self._any_socket().send(json.dumps(envelope))
        except (ConnectionClosed, IndexError):
            return Ack(False, {}, "dispatch_failed")
        in_time = event.wait(self._office.patience)
        self._waiting.pop(envelope_id, None)
        return Ack(True, answers[0]) if in_time else Ack(False, {}, "operation_timeout")

    def _any_socket(self) -> ServerConnection:
        """One of the connections, each in its turn; Slack says only that it may be any."""
        connection = list(self._sockets)[-1 - len(self.sent_to) % max(1, len(self._sockets))]
        self.sent_to.append(connection)
        return connection

    def _socket(self, connection: ServerConnection) -> None:
        hello = {
            "type": "hello",
            "num_connections": len(self._sockets) + 1,
            "connection_info": {"app_id": self._office.app_id},
        }
        connection.send(json.dumps(hello))
        self._sockets.append(connection)
        try:
            for text in connection:
                message = json.loads(text)
                waiting = self._waiting.get(message.get("envelope_id", ""))
                if waiting is not None:
                    waiting[1].append(message.get("payload") or {})
                    waiting[0].set()
        except ConnectionClosed:
            pass
        finally:
            self._sockets.remove(connection)
