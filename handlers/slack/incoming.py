"""A post that claims to be Slack's: whether it is, and Bolt's view of it."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from flask import Request
from slack_bolt import BoltRequest
from slack_bolt.adapter.flask.handler import to_bolt_request
from slack_bolt.request.internals import parse_body
from slack_sdk.signature import SignatureVerifier
from werkzeug.exceptions import BadRequest

MAX_DEPTH = 64
"""So many objects and lists may stand within each other. Slack's deepest, a window's blocks with
rich text, have about twenty; Python's own limit would be an error of ours."""


def is_signed(verifier: SignatureVerifier, incoming: Request) -> bool:
    """Whether Slack signed these bytes within five minutes. The body is only read, not parsed."""
    headers = incoming.headers
    at = headers.get("X-Slack-Request-Timestamp", "")
    signature = headers.get("X-Slack-Signature", "")
    try:
        return bool(verifier.is_valid(incoming.get_data(), at, signature))
    except (ValueError, TypeError, OverflowError):  # no UTF-8, or a time that is no number
        return False


def bolt_request(incoming: Request) -> BoltRequest:
    """Bolt's view of a request. Bolt 1.30 takes every form with the word "payload" in it for an
    interaction and loses a slash command whose text has it; those are read again as the forms that
    they are.

    Raises:
        BadRequest: what was posted is no object, or has too much within each other.
    """
    _check_shape(incoming)
    bolt = to_bolt_request(incoming)
    if "payload" not in bolt.raw_body:
        return bolt
    form = dict(parse_qsl(bolt.raw_body, keep_blank_values=True))
    if "command" in form and "payload" not in form:
        bolt = BoltRequest(body=bolt.raw_body.replace("payload", "%70ayload"), headers=bolt.headers)
        bolt.raw_body = incoming.get_data(as_text=True)
    return bolt


def kind_of(posted: Mapping[str, Any]) -> str:
    """What Slack sent, in a word: a command, an interaction or an event."""
    if "command" in posted:
        return "command"
    return (
        "event" if "event" in posted or posted.get("type") == "url_verification" else "interaction"
    )


def _check_shape(incoming: Request) -> None:
    try:
        posted = parse_body(incoming.get_data(as_text=True), incoming.content_type)
    except (ValueError, RecursionError):
        raise BadRequest from None
    if not isinstance(posted, dict) or is_deeper(posted, MAX_DEPTH):
        raise BadRequest


def is_deeper(value: Any, levels: int) -> bool:
    """Whether more than so many objects and lists stand within each other."""
    layer = [value]
    for _ in range(levels + 1):
        layer = [inner for outer in layer for inner in _inside(outer)]
        if not layer:
            return False
    return True


def _inside(value: Any) -> Iterable[Any]:
    match value:
        case dict():
            return value.values()
        case list():
            return value
        case _:
            return ()
