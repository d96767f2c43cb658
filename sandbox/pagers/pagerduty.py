"""PagerDuty in the practice world: its Events API v2, a page with its incidents, and its
webhooks."""

import json
import secrets
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from sandbox.pagers.incidents import Incident, Incidents, Press, Status, faults
from sandbox.pagers.moods import TITLES, Mood, Moody
from sandbox.pagers.words import Words
from sandbox.serving import Serving, refuse_other_sites

A_MINUTE = 120
"""So many events of one key are taken in a minute
(developer.pagerduty.com/docs/events-api-v2/rate-limits)."""

MAX_EVENT_BYTES = 512 * 1024
INTEGRATION = {
    "id": "PXMQRWJ",
    "summary": "Maildesk (Events API V2)",
    "type": "inbound_integration_reference",
}
"""Who does what events ask for."""

TEMPLATES = Path(__file__).parents[1] / "templates"


class PagerDutyStandIn:
    """PagerDuty on a loopback port. `people` are on call there; `events` are those that it took, in
    order."""

    def __init__(self, clock: Callable[[], float], people: Sequence[str], port: int = 0) -> None:
        self._clock = clock
        self._people = people
        self.routing_key = secrets.token_hex(16)
        self.words = Words(secrets.token_hex(24))
        self.moody = Moody()
        self.events: list[dict[str, Any]] = []
        self.incidents = Incidents(clock, self._tell)
        self._times: deque[float] = deque()
        app = Flask("pagerduty", template_folder=str(TEMPLATES), static_folder=None)
        app.add_url_rule("/v2/enqueue", view_func=self._enqueue, methods=["POST"])
        app.add_url_rule("/", "page", view_func=self._page)
        app.add_url_rule("/version", "version", view_func=lambda: str(self.incidents.version))
        app.add_url_rule("/press", view_func=self._press, methods=["POST"])
        app.add_url_rule("/mood", "mood", view_func=self._change_mood, methods=["POST"])
        refuse_other_sites(app)
        self._serving = Serving(app, port)
        self.url = f"http://127.0.0.1:{self._serving.port}"
        self.events_url = f"{self.url}/v2/enqueue"

    def start(self) -> None:
        """Begin to answer."""
        self.words.start()
        self._serving.start()

    def stop(self) -> None:
        """Stop answering."""
        self.moody.stop()
        self.words.stop()
        self._serving.stop()

    def press(self, incident: Incident, press: Press, person: str = "") -> bool:
        """Somebody does something with an incident; whether that was possible."""
        return self.incidents.press(incident.id, press, _user(person or self._people[0]))

    def _enqueue(self) -> Response:
        answer = self.moody.meet()
        if answer is not None:
            return answer
        if self._is_too_much():
            return _refusal(429, "throttle exceeded", ["Too many events: please wait"])
        event = _read(request.get_data()[: MAX_EVENT_BYTES + 1])
        found = faults(event)
        if not found and event["routing_key"] != self.routing_key:
            found = ["Invalid routing key"]
        if found:
            return _refusal(400, "invalid event", found)
        key = self.incidents.take(event, INTEGRATION)
        self.events.append(event)  # last: who waits for it finds its incident
        response = jsonify(status="success", message="Event processed", dedup_key=key)
        response.status_code = 202
        return response

    def _is_too_much(self) -> bool:
        now = self._clock()
        while self._times and self._times[0] <= now - 60:
            self._times.popleft()
        self._times.append(now)
        return len(self._times) > A_MINUTE

    def _tell(self, what: str, incident: Incident, agent: dict[str, Any] | None) -> None:
        at = datetime.fromtimestamp(self._clock(), UTC)
        self.words.send(
            {
                "id": str(uuid.uuid4()),
                "event_type": what,
                "resource_type": "incident",
                "occurred_at": f"{at:%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z",
                "agent": agent,
                "client": None,
                "data": self._as_told(incident),
            }
        )

    def _as_told(self, incident: Incident) -> dict[str, Any]:
        created = datetime.fromtimestamp(incident.created_at, UTC)
        return {
            "id": incident.id,
            "type": "incident",
            "html_url": f"{self.url}/#{incident.id}",
            "number": incident.number,
            "status": incident.status,
            "incident_key": incident.key,
            "created_at": f"{created:%Y-%m-%dT%H:%M:%SZ}",
            "title": incident.title,
            "urgency": "high",
            "resolve_reason": None,
        }

    def _page(self) -> str:
        told = {"incidents": self.incidents.all[::-1], "people": self._people, "open": Status}
        version = self.incidents.version
        return render_template(
            "pagerduty.html", **told, mood=self.moody.mood, moods=TITLES, version=version
        )

    def _press(self) -> AnyResponse:
        asked = request.form
        self.incidents.press(asked["incident"], Press(asked["do"]), _user(asked["as"]))
        return redirect("/", 303)

    def _change_mood(self) -> AnyResponse:
        self.moody.mood = Mood(request.form["mood"])
        return redirect("/", 303)


def _user(name: str) -> dict[str, Any]:
    initials = "".join(word[0] for word in name.split()).upper()
    return {"id": f"PUSER{initials}", "summary": name, "type": "user_reference"}


def _read(body: bytes) -> Any:
    try:
        return json.loads(body) if len(body) <= MAX_EVENT_BYTES else None
    except ValueError:
        return None


def _refusal(status: int, what: str, errors: list[str]) -> Response:
    response = jsonify(status=what, message="Event object is invalid", errors=errors)
    response.status_code = status
    return response
