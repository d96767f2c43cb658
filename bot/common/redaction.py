"""Taking secrets out of text: the one place that everything passes which is logged, stored or
shown."""

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

LONGEST = 20_000
"""Longer texts are cut first, so that the cost stays bounded."""

HIDDEN = "[hidden]"

SECRET_NAMES = (
    r"access_token|refresh_token|id_token|client_secret|client_assertion|code_verifier|assertion|"
    r"password|passwd|secret|code|cookie|set-cookie|authorization|token|signing_secret|"
    r"client_info|device_code|user_code|session_state"
)
_NAME = re.compile(rf"^(?:[a-z]+[_-])*(?:{SECRET_NAMES})$", re.I)
_PATTERNS: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    # name = value, "name": "value", 'name': 'value', name=value& – whatever the quotes
    (
        re.compile(
            rf"""(?P<keep>(?<![\w-])(?:{SECRET_NAMES})\\?["']?\s*[:=]\s*\\?["']?)"""
            rf"""(?:Bearer\s+|Basic\s+)?[^\s"'&,;}}<>\\]{{6,}}""",
            re.I,
        ),
        rf"\g<keep>{HIDDEN}",
    ),
    # a login link's secret is in its path
    (re.compile(r"""(?P<keep>(?:/|%2F)login(?:/|%2F))[^\s"'<>]{8,}""", re.I), rf"\g<keep>{HIDDEN}"),
    # what follows may be an ordinary word ("basic authentication is disabled")
    (
        re.compile(
            r"(?P<keep>\b(?i:Bearer|Basic)\s+)(?![A-Za-z][a-z]+(?:[\s.,;:!?)]|$))"
            r"[A-Za-z0-9._~+/=-]{8,}"
        ),
        rf"\g<keep>{HIDDEN}",
    ),
    # wherever they begin: a server may put anything directly before them
    (
        # JWT and JWE. What only begins like one is matched too, so that it is read only once
        re.compile(r"eyJ[A-Za-z0-9_-]{8,}+(?P<parts>(?:\.[A-Za-z0-9_-]*){0,4})"),
        lambda match: HIDDEN if match["parts"] else match[0],
    ),
    (
        re.compile(r"(?:0|1)\.A[A-Za-z0-9_-]{20,}(?:\.[A-Za-z0-9_-]+)*"),
        HIDDEN,
    ),  # Entra's opaque tokens and codes
    (
        re.compile(r"\bM\.[CR]\d*_[A-Z0-9]+\.[^\s\"'&]{10,}"),
        HIDDEN,
    ),  # personal accounts' codes and tokens
    (re.compile(r"x(?:ox[a-z]|app)-[A-Za-z0-9-]{6,}"), HIDDEN),  # Slack's tokens
)
_FOLD = r"(?:\s|\\r|\\n)+"
_BASE64 = re.compile(
    r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{24,}"
    rf"(?:{_FOLD}[A-Za-z0-9+/_-]{{24,}})*(?:{_FOLD}[A-Za-z0-9+/_-]+)?={{0,2}}"
)
"""A run of base64, over lines or words; the short word after it may be its end."""
_SASL = re.compile(r"user=[^\x01\s]{1,320}(?:\x01|\^A|\\x01)auth=.*", re.I | re.S)
_SIGNS = re.compile(
    r"[=:]|login|bearer|basic|eyJ|[01]\.A|M\.[CR]|xox|xapp|[A-Za-z0-9+/_-]{24}|.{200}", re.I | re.S
)
"""Each of the patterns here needs one of these. Most of what is logged has none, and every line
that anybody waits for goes through here."""

_LONG_RUN = re.compile(r"(?<![A-Za-z0-9._~+/-])[A-Za-z0-9._~+/-]{200,}={0,2}")


_KNOWN: ContextVar[tuple[str, ...]] = ContextVar("known_secrets", default=())


@contextmanager
def hiding(*secrets: str) -> Iterator[None]:
    """Until the end of the block, what this thread has redacted is without these secrets, too, by
    which nobody would know them: an address that is a secret, which libraries log."""
    before = _KNOWN.set((*_KNOWN.get(), *filter(None, secrets)))
    try:
        yield
    finally:
        _KNOWN.reset(before)


def redact(text: str) -> str:
    """`text` without its secrets; identifiers that support needs (trace ids, numbers, addresses)
    stay."""
    text = text[:LONGEST]
    for secret in _KNOWN.get():
        text = text.replace(secret, HIDDEN)
    return _without_secrets(text) if _SIGNS.search(text) else text


def _without_secrets(text: str) -> str:
    text = _SASL.sub(HIDDEN, text)
    text = _BASE64.sub(_hide_encoded, text)
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return _LONG_RUN.sub(HIDDEN, text)


def redact_value(value: Any) -> Any:
    """A value of any shape without its secrets: by the names of its fields and by its content."""
    match value:
        case str():
            return redact(value)
        case bytes():
            return redact(value.decode("utf-8", "replace"))
        case Mapping():
            return {key: _field(str(key), item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [redact_value(item) for item in value]
        case BaseException():
            return f"{type(value).__name__}: {redact(str(value))}"
        case None | bool() | int() | float():
            return value
        case _:
            return redact(str(value))


def _field(name: str, value: Any) -> Any:
    return HIDDEN if _NAME.match(name) and isinstance(value, str | bytes) else redact_value(value)


def _hide_encoded(match: re.Match[str]) -> str:
    run = re.sub(_FOLD, "", match[0])
    for start in range(4):  # a run may begin in the middle of a longer one
        plain = _decode(run[start:])
        if b"auth=Bearer" in plain or (b"user=" in plain and b"\x01" in plain):
            return HIDDEN
    return match[0]


def _decode(run: str) -> bytes:
    run = run.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(run[: len(run) // 4 * 4])
    except (binascii.Error, ValueError):
        return b""
