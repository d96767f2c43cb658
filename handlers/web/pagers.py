"""Where PagerDuty tells what people do there."""

import json
from typing import Any

import structlog
from flask import Blueprint, Response, abort, request

from bot.common.live_secrets import Secret
from bot.incidents.pager_words import PagerWords
from bot.incidents.signatures import is_pagerdutys
from handlers.slack.incoming import MAX_DEPTH, is_deeper

log = structlog.get_logger(__name__)

MAX_BODY_BYTES = 256 * 1024
"""PagerDuty sends nothing larger (developer.pagerduty.com/docs/webhooks/webhook-behavior)."""

SIGNATURE = "X-PagerDuty-Signature"
TAKEN_IN = 202


def pager_pages(words: PagerWords, secret: Secret) -> Blueprint:
    """`POST /pagerduty/webhook`. Nothing is read that PagerDuty has not signed. Whatever it has
    signed is accepted, also what is not understood: PagerDuty stops sending to an address that
    refuses three posts."""
    blueprint = Blueprint("pagers", __name__)

    @blueprint.post("/pagerduty/webhook")
    def heard() -> Response:
        request.max_content_length = MAX_BODY_BYTES
        body = request.get_data()
        signature = request.headers.get(SIGNATURE, "")
        if not is_pagerdutys(secret.get_secret_value(), body, signature):
            abort(401)
        words.heed(_read(body))
        return Response(status=TAKEN_IN)

    return blueprint


def _read(body: bytes) -> Any:
    """What a body holds; nothing where that cannot be read."""
    try:
        posted = json.loads(body)
    except (ValueError, RecursionError):
        log.warning("pager.unreadable")
        return None
    return None if is_deeper(posted, MAX_DEPTH) else posted
