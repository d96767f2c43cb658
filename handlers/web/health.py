"""Health and metrics for whoever watches the service."""

from flask import Blueprint, Response
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy.exc import SQLAlchemyError

from storage.database import Store


def health(store: Store) -> Blueprint:
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
        try:
            with store.transaction() as tx:
                tx.channels.all()
        except SQLAlchemyError:
            return Response("the database does not answer\n", 503, mimetype="text/plain")
        return Response("ok\n", mimetype="text/plain")

    @blueprint.get("/metrics")
    def metrics() -> Response:
        with store.transaction() as tx:
            waiting.set(tx.outbox.waiting())
            alerts.set(len(tx.incidents.all_open()))
        return Response(generate_latest(registry), mimetype="text/plain; version=0.0.4")

    return blueprint
