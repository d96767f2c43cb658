"""Health and metrics for whoever watches the service."""

from flask import Blueprint, Response
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from bot.diagnosis.health import Health


def health_pages(health: Health) -> Blueprint:
    """`/healthz` (the process lives), `/readyz` (the database answers), `/metrics` (what waits)."""
    blueprint = Blueprint("health", __name__)
    registry = CollectorRegistry()
    waiting = Gauge("maildesk_outbox_waiting", "Messages that wait to be sent", registry=registry)
    alerts = Gauge("maildesk_incidents_open", "Open incidents", registry=registry)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        return Response("ok\n", mimetype="text/plain")

    @blueprint.get("/readyz")
    def readyz() -> Response:
        if health.ready():
            return Response("ok\n", mimetype="text/plain")
        return Response("the database does not answer\n", 503, mimetype="text/plain")

    @blueprint.get("/metrics")
    def metrics() -> Response:
        load = health.load()
        waiting.set(load.messages)
        alerts.set(load.incidents)
        return Response(generate_latest(registry), mimetype="text/plain; version=0.0.4")

    return blueprint
