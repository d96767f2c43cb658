"""The incidents at the practice PagerDuty: what events and people do with them."""

import re
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

SEVERITIES = ("critical", "error", "warning", "info")
ACTIONS = ("trigger", "acknowledge", "resolve")
MAX_KEY = 255
MAX_SUMMARY = 1024


class Status(StrEnum):
    """How an incident stands."""

    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Press(StrEnum):
    """What a person does with an incident."""

    ACKNOWLEDGE = "acknowledge"
    UNACKNOWLEDGE = "unacknowledge"
    ESCALATE = "escalate"
    RESOLVE = "resolve"
    REOPEN = "reopen"


PRESSES: dict[Press, tuple[tuple[Status, ...], Status, str]] = {
    Press.ACKNOWLEDGE: ((Status.TRIGGERED,), Status.ACKNOWLEDGED, "incident.acknowledged"),
    Press.UNACKNOWLEDGE: ((Status.ACKNOWLEDGED,), Status.TRIGGERED, "incident.unacknowledged"),
    Press.ESCALATE: (
        (Status.TRIGGERED, Status.ACKNOWLEDGED),
        Status.TRIGGERED,
        "incident.escalated",
    ),
    Press.RESOLVE: (
        (Status.TRIGGERED, Status.ACKNOWLEDGED),
        Status.RESOLVED,
        "incident.resolved",
    ),
    Press.REOPEN: ((Status.RESOLVED,), Status.TRIGGERED, "incident.reopened"),
}
"""From which statuses each is possible, which follows, and what is told of it
(developer.pagerduty.com/docs/webhooks/webhooks-overview)."""

LABELS = {
    Press.ACKNOWLEDGE: "Acknowledge",
    Press.UNACKNOWLEDGE: "Un-acknowledge",
    Press.ESCALATE: "Escalate",
    Press.RESOLVE: "Resolve",
    Press.REOPEN: "Reopen",
}


@dataclass
class Incident:
    """An incident, and everything that happened to it."""

    number: int
    key: str
    created_at: float
    title: str
    severity: str
    details: dict[str, Any]
    links: list[dict[str, str]]
    status: Status = Status.TRIGGERED
    calls: int = 1
    log: list[str] = field(default_factory=list)
    id: str = field(default_factory=lambda: "P" + secrets.token_hex(4).upper())

    @property
    def presses(self) -> list[tuple[Press, str]]:
        """What people can do with it now, as its buttons say it."""
        return [
            (press, LABELS[press])
            for press, (statuses, _, _) in PRESSES.items()
            if self.status in statuses
        ]


Tell = Callable[[str, Incident, dict[str, Any] | None], None]
"""Tells of what happened: the type of the event, the incident, and who did it."""


class Incidents:
    """All of them, newest last. `told` is called whenever something happened."""

    def __init__(self, clock: Callable[[], float], told: Tell) -> None:
        self._clock = clock
        self._told = told
        self._lock = threading.RLock()
        self.all: list[Incident] = []
        self.version = 0

    def open_with(self, key: str) -> Incident | None:
        """The incident with this key that is not resolved."""
        open_ones = (i for i in self.all if i.key == key and i.status is not Status.RESOLVED)
        return next(open_ones, None)

    def take(self, event: dict[str, Any], agent: dict[str, Any]) -> str:
        """Do what an event asks for; its key. What is acknowledged or resolved and not there is
        dropped (developer.pagerduty.com/docs/events-api-v2/trigger-events)."""
        key = str(event.get("dedup_key") or secrets.token_hex(16))
        with self._lock:
            incident = self.open_with(key)
            match event["event_action"]:
                case "trigger":
                    self._trigger(incident, key, event["payload"], event.get("links", []), agent)
                case "acknowledge" if incident is not None:
                    self._acknowledge(incident, agent)
                case "resolve" if incident is not None:
                    self._change(incident, Status.RESOLVED, "incident.resolved", agent)
            self.version += 1
        return key

    def press(self, incident_id: str, press: Press, agent: dict[str, Any]) -> bool:
        """Somebody does something with an incident; whether that was possible."""
        before, after, told = PRESSES[press]
        with self._lock:
            incident = next((i for i in self.all if i.id == incident_id), None)
            if incident is None or incident.status not in before:
                return False
            if after is Status.TRIGGERED:
                incident.calls += 1
            self._change(incident, after, told, agent)
            self.version += 1
        return True

    def _trigger(
        self,
        incident: Incident | None,
        key: str,
        payload: dict[str, Any],
        links: list[dict[str, str]],
        agent: dict[str, Any],
    ) -> None:
        if incident is not None:  # nobody is called again
            incident.severity = payload["severity"]
            incident.details = payload.get("custom_details", {})
            self._log(incident, f"triggered again: {payload['summary']}")
            return
        details = payload.get("custom_details", {})
        number = len(self.all) + 1
        now = self._clock()
        new = Incident(
            number, key, now, payload["summary"], payload["severity"], details, list(links)
        )
        self.all.append(new)
        self._log(new, "triggered, and somebody is called")
        self._told("incident.triggered", new, agent)

    def _acknowledge(self, incident: Incident, agent: dict[str, Any]) -> None:
        if incident.status is Status.TRIGGERED:
            self._change(incident, Status.ACKNOWLEDGED, "incident.acknowledged", agent)
        else:
            self._log(incident, "acknowledged again")

    def _change(self, incident: Incident, status: Status, told: str, agent: dict[str, Any]) -> None:
        incident.status = status
        self._log(incident, f"{told.removeprefix('incident.')} by {agent['summary']}")
        self._told(told, incident, agent)

    def _log(self, incident: Incident, line: str) -> None:
        at = datetime.fromtimestamp(self._clock(), UTC)
        incident.log.append(f"{at:%H:%M:%S} {line}")


def faults(event: Any) -> list[str]:
    """What is wrong with an event, in the manner of the real thing
    (developer.pagerduty.com/docs/events-api-v2/trigger-events)."""
    if not isinstance(event, dict):
        return ["The event is not an object"]
    found = [*_faults_of_key(event.get("routing_key"))]
    action = event.get("event_action")
    if action not in ACTIONS:
        found.append("'event_action' is invalid (trigger, acknowledge or resolve)")
    key = event.get("dedup_key")
    if action in ("acknowledge", "resolve") and not key:
        found.append("'dedup_key' is missing or blank")
    if key is not None and (not isinstance(key, str) or len(key) > MAX_KEY):
        found.append(f"'dedup_key' is too long (at most {MAX_KEY} characters)")
    if action == "trigger":
        found += [*_faults_of_payload(event.get("payload")), *_faults_of_links(event.get("links"))]
    return found


def _faults_of_key(key: Any) -> list[str]:
    if not isinstance(key, str) or not key:
        return ["'routing_key' is missing or blank"]
    found = []
    if len(key) != 32:
        found.append("Length of 'routing_key' is incorrect (should be 32 characters)")
    if not re.fullmatch(r"[A-Za-z0-9]*", key):
        found.append("'routing_key' cannot contain non-alphanumeric characters.")
    return found


def _faults_of_payload(payload: Any) -> list[str]:
    if not isinstance(payload, dict):
        return ["'payload' is missing or blank"]
    found = [
        f"'payload.{name}' is missing or blank"
        for name in ("summary", "source", "severity")
        if not isinstance(payload.get(name), str) or not payload[name]
    ]
    if len(str(payload.get("summary"))) > MAX_SUMMARY:
        found.append(f"'payload.summary' is too long (at most {MAX_SUMMARY} characters)")
    if payload.get("severity") not in SEVERITIES:
        found.append(f"'payload.severity' is invalid ({', '.join(SEVERITIES)})")
    if not isinstance(payload.get("custom_details", {}), dict):
        found.append("'payload.custom_details' is not an object")
    return found


def _faults_of_links(links: Any) -> list[str]:
    listed = links if isinstance(links, list) else [links]
    right = links is None or all(isinstance(each, dict) and each.get("href") for each in listed)
    return [] if right else ["'links' is invalid: each has an 'href'"]
