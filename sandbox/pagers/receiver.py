"""Something else that takes incidents in the practice world: it checks each signed post, and shows
what it got."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from sandbox.pagers.moods import TITLES, Mood, Moody
from sandbox.serving import Serving, refuse_other_sites

TOLERANCE = 300
"""By so many seconds a post may be older or newer than now (standardwebhooks.com)."""

PREFIX = "whsec_"
TEMPLATES = Path(__file__).parents[1] / "templates"


@dataclass(frozen=True)
class Got:
    """A post: what it holds, whether it is signed by who says so and fresh, and whether it was got
    before."""

    content: dict[str, Any]
    signed: bool
    repeated: bool
    headers: dict[str, str]
    body: bytes


class AlertReceiver:
    """The receiver on a loopback port. `got` is every post that it took, in order."""

    def __init__(self, clock: Callable[[], float], port: int = 0) -> None:
        self._clock = clock
        self.secret = PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
        self.moody = Moody()
        self.got: list[Got] = []
        self._token = secrets.token_hex(16)
        app = Flask("receiver", template_folder=str(TEMPLATES), static_folder=None)
        app.add_url_rule("/in/<token>", view_func=self._take, methods=["POST"])
        app.add_url_rule("/", "page", view_func=self._page)
        app.add_url_rule("/version", "version", view_func=lambda: str(len(self.got)))
        app.add_url_rule("/mood", "mood", view_func=self._change_mood, methods=["POST"])
        refuse_other_sites(app)
        self._serving = Serving(app, port)
        self.url = f"http://127.0.0.1:{self._serving.port}"
        self.hook_url = f"{self.url}/in/{self._token}"

    def start(self) -> None:
        """Begin to answer."""
        self._serving.start()

    def stop(self) -> None:
        """Stop answering."""
        self.moody.stop()
        self._serving.stop()

    @property
    def changes(self) -> list[str]:
        """What happened to incidents, each change once."""
        return [got.content["type"] for got in self.got if got.signed and not got.repeated]

    def _take(self, token: str) -> Response:
        answer = self.moody.meet()
        if answer is not None:
            return answer
        body = request.get_data()
        if token != self._token or not self._is_signed(body):
            response = jsonify(ok=False, error="This is not signed as it should be.")
            response.status_code = 401
            return response
        content = json.loads(body)
        before = any(got.content["id"] == content["id"] for got in self.got)
        self.got.append(Got(content, True, before, dict(request.headers), body))
        return jsonify(ok=True)

    def _is_signed(self, body: bytes) -> bool:
        """As Standard Webhooks has it."""
        message_id = request.headers.get("webhook-id", "")
        sent_at = request.headers.get("webhook-timestamp", "")
        if not sent_at.isdigit() or abs(int(sent_at) - self._clock()) > TOLERANCE:
            return False
        key = base64.b64decode(self.secret.removeprefix(PREFIX))
        content = f"{message_id}.{sent_at}.".encode() + body
        ours = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
        given = request.headers.get("webhook-signature", "").split(" ")
        return any(hmac.compare_digest(f"v1,{ours}", each) for each in given)

    def _page(self) -> str:
        shown = [
            (got, json.dumps(got.content, indent=2, ensure_ascii=False)) for got in self.got[::-1]
        ]
        facts = {"mood": self.moody.mood, "moods": TITLES, "version": len(self.got)}
        return render_template("receiver.html", got=shown, **facts)

    def _change_mood(self) -> AnyResponse:
        self.moody.mood = Mood(request.form["mood"])
        return redirect("/", 303)
