"""Health and metrics for whoever watches the service."""

import hmac

from flask import Blueprint, Response, abort, request
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from pydantic import SecretStr

from bot.diagnosis.health import Health
from bot.messages.events import Events

NO_EVENT = (
    "Slack has sent no event yet: at api.slack.com/apps, Event Subscriptions, is the Request URL "
    "verified?\n"
)


def health_pages(health: Health, events: Events, metrics_token: SecretStr) -> Blueprint:
    """`/healthz` (the process lives), `/readyz` (the database takes what is written, and Slack
    what the app sends; and whether Slack has sent an event yet), `/metrics` (what waits).

    Args:
        metrics_token: who sends it as ``Authorization: Bearer …`` is shown the metrics; for
            everybody else, and where it is empty, there is no such page.
    """
    blueprint = Blueprint("health", __name__)
    registry = CollectorRegistry()
    waiting = Gauge("maildesk_outbox_waiting", "Messages that wait to be sent", registry=registry)
    alerts = Gauge("maildesk_incidents_open", "Open incidents", registry=registry)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        return Response("ok\n", mimetype="text/plain")

    @blueprint.get("/readyz")
    def readyz() -> Response:
        if not health.ready():
            return Response("the database does not answer\n", 503, mimetype="text/plain")
        refused = health.refused()
        if refused:
            return Response(f"Slack refuses the app: {refused}\n", 503, mimetype="text/plain")
        said = "" if events.came() else NO_EVENT
        return Response(f"ok\n{said}", mimetype="text/plain")

    @blueprint.get("/metrics")
    def metrics() -> Response:
        if not _may_read_metrics(metrics_token):
            abort(404)
        load = health.load()
        waiting.set(load.messages)
        alerts.set(load.incidents)
        return Response(generate_latest(registry), mimetype="text/plain; version=0.0.4")

    return blueprint


def _may_read_metrics(token: SecretStr) -> bool:
    expected = token.get_secret_value()
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    # compared in constant time, so that the token cannot be found character by character
    right = hmac.compare_digest(given.strip().encode(), expected.encode())
    return bool(expected) and scheme.lower() == "bearer" and right
