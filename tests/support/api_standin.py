"""A stand-in for Maildesk's API, as its contract has it, for tests of who calls it. It takes nothing
that the contract does not know."""

import json
from typing import Any

from flask import Flask, Response, jsonify, request

from sandbox.serving import Serving

KEY = "mdk_practice"
PAGE = 2
"""So many of a list are on a page, so that there are further ones."""


def account(ref: str, changed_at: str = "2026-11-30T10:00:00Z", **facts: Any) -> dict[str, Any]:
    """An account, live unless `facts` say otherwise."""
    return {
        "ref": ref,
        "external_id": None,
        "name": f"Account {ref}",
        "state": "live",
        "owner": "nobody",
        "since": "2026-11-30T09:00:00Z",
        "next_step": "Nothing to do.",
        "customer": {"id": "1", "name": "Acme Marine"},
        "address": "info@acme.example",
        "username": "info@acme.example",
        "sender_name": "Acme Marine",
        "sender_email": "info@acme.example",
        "shared_mailbox": None,
        "folders": [
            {"role": "inbox", "name": "INBOX", "id": None},
            {"role": "sent", "name": "Gesendete Elemente", "id": None},
        ],
        "last_test": None,
        "failure": None,
        "usable": True,
        "changed_at": changed_at,
    } | facts


def event(id: str, about: dict[str, Any], type: str = "account.live") -> dict[str, Any]:
    """An event about an account."""
    at = about["changed_at"]
    return {"id": id, "type": type, "timestamp": at, "data": {"account": about}}


class ApiStandIn:
    """The API on a loopback port. `asked` is what was asked for, in order; with `answer` set, that
    is answered to everything."""

    def __init__(self) -> None:
        self.accounts: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.token: dict[str, Any] = {}
        self.asked: list[str] = []
        self.answer: Response | None = None
        app = Flask("api")
        app.add_url_rule("/api/v1/accounts", view_func=self._list_accounts)
        app.add_url_rule("/api/v1/events", view_func=self._list_events)
        app.add_url_rule("/api/v1/accounts/<ref>/token", view_func=self._hand_out, methods=["POST"])
        app.before_request(self._look)
        self._serving = Serving(app)
        self.url = f"http://127.0.0.1:{self._serving.port}/api/v1"

    def start(self) -> None:
        """Begin to answer."""
        self._serving.start()

    def stop(self) -> None:
        """Stop answering."""
        self._serving.stop()

    def _look(self) -> Response | None:
        self.asked.append(f"{request.method} {request.full_path.rstrip('?')}")
        if self.answer is not None:
            return self.answer
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return problem(401, "The key is missing or wrong", code="unauthorized")
        unknown = set(request.args) - {"limit", "cursor", "after"}
        return problem(400, f"Unknown: {sorted(unknown)}") if unknown else None

    def _list_accounts(self) -> Response:
        begin = int(request.args.get("cursor", 0))
        more = begin + PAGE < len(self.accounts)
        page = self.accounts[begin : begin + PAGE]
        return jsonify(accounts=page, next=str(begin + PAGE) if more else None)

    def _list_events(self) -> Response:
        ids = [each["id"] for each in self.events]
        after = request.args.get("after")
        if after is not None and after not in ids:
            return problem(400, "No such event", code="bad_cursor")
        page = self.events[ids.index(after) + 1 if after else 0 :][:PAGE]
        return jsonify(events=page, next=page[-1]["id"] if page else None)

    def _hand_out(self, ref: str) -> Response:
        assert request.get_json().keys() == {"for"}
        return jsonify(self.token | {"for": request.get_json()["for"]})


def problem(status: int, title: str, **members: str) -> Response:
    """A problem after RFC 9457."""
    told = {"type": "about:blank", "title": title, "status": status} | members
    return Response(json.dumps(told), status, mimetype="application/problem+json")
