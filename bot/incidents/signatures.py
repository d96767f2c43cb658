"""Signatures of what goes between us and pagers: an HMAC-SHA256 over the very bytes."""

import base64
import hashlib
import hmac

PREFIX = "whsec_"
"""How a secret of Standard Webhooks begins (standardwebhooks.com)."""

MAX_SIGNATURES = 10
"""So many of a request are looked at: PagerDuty sends two while a secret is replaced."""


def signed(secret: str, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers by which a receiver knows that a post is ours, and not an old one (Standard
    Webhooks 1.0)."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    content = b".".join([message_id.encode(), str(timestamp).encode(), body])
    digest = hmac.new(key, content, hashlib.sha256).digest()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def is_pagerdutys(secret: str, body: bytes, header: str) -> bool:
    """Whether PagerDuty signed these bytes: one of the signatures, of which there are several while
    its secret is replaced, is by ours (developer.pagerduty.com/docs/webhooks/webhook-signatures).
    Each is compared in constant time."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    ours = f"v1={digest}".encode()
    given = header.encode("utf-8", "replace").split(b",", MAX_SIGNATURES)[:MAX_SIGNATURES]
    return any(hmac.compare_digest(ours, each.strip()) for each in given)
