"""A refused call as a problem of RFC 9457."""

import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from flask import Response
from pydantic import BaseModel, ConfigDict

from bot.api.refusals import ApiRefused, Code

MEDIA_TYPE = "application/problem+json"
WORDS = Path(__file__).with_name("problems.toml")
NO_PAGE = "about:blank"
SECONDS = 60
"""So long whoever calls waits, where nothing else is known."""


class WrongField(BaseModel):
    """A field that is not right, and what is wrong with it."""

    model_config = ConfigDict(extra="forbid")

    field: str
    says: str


class Problem(BaseModel):
    """Why a call is refused. `type` is the page of the cause, where it has one."""

    model_config = ConfigDict(extra="forbid")

    type: str
    title: str
    status: int
    detail: str
    code: Code
    error_id: str | None = None
    needs_scope: str | None = None
    state: str | None = None
    errors: list[WrongField] | None = None


@dataclass(frozen=True)
class Words:
    """How a code is told."""

    status: int
    title: str
    detail: str


@cache
def words() -> Mapping[Code, Words]:
    """How each code is told."""
    kept: dict[str, Any] = tomllib.loads(WORDS.read_text("utf-8"))
    return {Code(code): Words(**said) for code, said in kept.items()}


def problem(refused: ApiRefused, public_url: str) -> Response:
    """What whoever calls reads."""
    said = words()[refused.code]
    wrong = [WrongField(field=each.field, says=each.says) for each in refused.wrong]
    members = {name: value for name, value in refused.members.items() if value is not None}
    body = Problem(
        type=f"{public_url}/errors/{refused.cause}" if refused.cause else NO_PAGE,
        title=said.title,
        status=said.status,
        code=refused.code,
        errors=wrong or None,
        **{"detail": said.detail, **members},
    )
    text = json.dumps(body.model_dump(mode="json", exclude_none=True), ensure_ascii=False)
    response = Response(text, said.status, mimetype=MEDIA_TYPE)
    if refused.code is Code.NO_KEY:
        response.headers["WWW-Authenticate"] = "Bearer"
    if refused.retry_after or said.status in (429, 503):
        after = refused.retry_after.total_seconds() if refused.retry_after else SECONDS
        response.headers["Retry-After"] = str(max(1, math.ceil(after)))
    return response
