"""Health and metrics for whoever watches the service."""

import hmac

from flask import Blueprint, Response, abort, request

from bot.common.live_secrets import Secret
from bot.diagnosis.health import Health
from bot.diagnosis.measures import Measures
from bot.messages.events import Events
from handlers.web.metrics import text

NO_EVENT = (
    "Slack has sent no event yet: at api.slack.com/apps, Event Subscriptions, is the Request URL "
    "verified?\n"
)


def health_pages(
    health: Health, events: Events, measures: Measures, metrics_token: Secret
) -> Blueprint:
    """`/healthz` (the process lives), `/readyz` (the database takes what is written and has our
    tables, the worker does everything in time, and Slack takes what the app sends; and whether
    Slack has sent an event yet), `/metrics` (what waits, and what is counted).

    Args:
        metrics_token: who sends it as ``Authorization: Bearer …`` is shown the metrics; for
            everybody else, and where it is empty, there is no such page.
    """
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        return Response("ok\n", mimetype="text/plain")

    @blueprint.get("/readyz")
    def readyz() -> Response:
        problem = _problem(health)
        if problem:
            return Response(f"{problem}\n", 503, mimetype="text/plain")
        said = "" if events.came() else NO_EVENT
        return Response(f"ok\n{said}", mimetype="text/plain")

    @blueprint.get("/metrics")
    def metrics() -> Response:
        if not _may_read_metrics(metrics_token):
            abort(404)
        return Response(text(measures), mimetype="text/plain; version=0.0.4")

    return blueprint


def _problem(health: Health) -> str:
    """Why nothing should be sent here, in one line; empty where nothing speaks against it."""
    if not health.ready():
        return "the database does not answer"
    behind = health.behind()
    if behind:
        return f"the database is at migration {behind}, which is too old: run maildesk migrate"
    late = health.late()
    if late:
        return f"no worker has done this in time: {', '.join(late)}"
    refused = health.refused()
    return f"Slack refuses the app: {refused}" if refused else ""


def _may_read_metrics(token: Secret) -> bool:
    expected = token.get_secret_value()
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    # compared in constant time, so that the token cannot be found character by character
    right = hmac.compare_digest(given.strip().encode(), expected.encode())
    return bool(expected) and scheme.lower() == "bearer" and right
