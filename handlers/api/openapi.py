"""The description of the API (OpenAPI 3.1), made of the same rows of data as the calls are."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from bot.api.event_shapes import SHAPES
from bot.api.refusals import Code
from handlers.api.problems import MEDIA_TYPE, Problem, words
from handlers.api.routes import LONGEST_NAME, NAME, REPLAYED, Route

Json = dict[str, Any]

PATH = "/openapi.json"
TEMPLATE = "#/components/schemas/{model}"
ALWAYS = (
    Code.OFF,
    Code.NO_KEY,
    Code.NO_SCOPE,
    Code.NO_NETWORK,
    Code.TOO_MANY_TRIES,
    Code.TOO_MANY_CALLS,
    Code.NOT_FOUND,
    Code.INVALID,
    Code.AWAY,
    Code.OURS,
)
"""What every call may be refused with."""

WITH_A_BODY = (Code.NOT_JSON, Code.TOO_LARGE)
LIMITS = {
    "RateLimit-Limit": "How many calls the key has in a minute.",
    "RateLimit-Remaining": "How many of them are left.",
    "RateLimit-Reset": "In how many seconds it has all of them again.",
}
NAMED = re.compile(r"\{(\w+)\}")


def document(routes: Sequence[Route], server: str) -> Json:
    """The description.

    Args:
        server: the address that the paths are below.
    """
    paths: Json = {PATH: {"get": _of_itself()}}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Maildesk", "version": "1", "description": "What docs/api.md explains."},
        "servers": [{"url": server}],
        "paths": paths,
        "webhooks": dict(_webhooks()),
        "components": {
            "schemas": _schemas(routes),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(route: Route) -> Json:
    said: Json = {
        "operationId": route.name,
        "summary": route.summary,
        "security": [{"key": [route.scope.value]}],
        "parameters": [*_in_path(route), *_in_query(route), *_in_headers(route)],
        "responses": dict(_responses(route)),
    }
    if route.body is not None:
        content = {"application/json": {"schema": _reference(route.body)}}
        said["requestBody"] = {"required": True, "content": content}
    return said


def _of_itself() -> Json:
    """This document is a call, too, which needs no key."""
    content = {"application/json": {"schema": {"type": "object"}}}
    return {
        "operationId": "getDescription",
        "summary": "This description",
        "responses": {
            "200": {"description": HTTPStatus.OK.phrase, "content": content},
            **dict(_problems((Code.OFF, Code.INVALID, Code.AWAY, Code.OURS))),
        },
    }


def _webhooks() -> Iterator[tuple[str, Json]]:
    """Each type of event, and how it is posted."""
    taken = {"2XX": {"description": "You have it; it is not sent again."}}
    for kind, shape in SHAPES.items():
        schema = {"allOf": [_reference(shape), {"properties": {"type": {"const": kind}}}]}
        posted = {"required": True, "content": {"application/json": {"schema": schema}}}
        summary = (shape.__doc__ or "").partition("\n")[0]
        yield kind, {"post": {"summary": summary, "requestBody": posted, "responses": taken}}


def _in_path(route: Route) -> Iterator[Json]:
    for name in NAMED.findall(route.path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _in_query(route: Route) -> Iterator[Json]:
    if route.query is None:
        return
    described = route.query.model_json_schema(ref_template=TEMPLATE)
    for name, schema in described["properties"].items():
        required = name in described.get("required", ())
        yield {"name": name, "in": "query", "required": required, "schema": _given(schema)}


def _in_headers(route: Route) -> Iterator[Json]:
    if route.named:
        schema = {"type": "string", "pattern": "^[ -~]+$", "maxLength": LONGEST_NAME}
        about = "The same again for the same call, which is then done once."
        yield {"name": NAME, "in": "header", "required": True, "description": about} | {
            "schema": schema
        }


def _given(schema: Json) -> Json:
    """What may be said, if anything is: what is left out of an address is no null."""
    kinds = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    if not kinds:
        return {name: value for name, value in schema.items() if name != "title"}
    (kind,) = kinds
    return dict(kind)


def _responses(route: Route) -> Iterator[tuple[str, Json]]:
    headers: Json = {
        name: {"description": about, "schema": {"type": "integer"}}
        for name, about in LIMITS.items()
    }
    if route.named:
        replayed = "Whether this is the answer of a call that was done before."
        headers[REPLAYED] = {"description": replayed, "schema": {"type": "boolean"}}
    content = {"application/json": {"schema": _reference(route.gives)}}
    phrase = HTTPStatus(route.status).phrase
    yield str(route.status), {"description": phrase, "headers": headers, "content": content}
    if route.method == "GET":
        yield "304", {"description": "What If-None-Match names is how it stands still."}
    with_body = WITH_A_BODY if route.body is not None else ()
    yield from _problems((*ALWAYS, *with_body, *route.refuses))


def _problems(codes: Iterable[Code]) -> Iterator[tuple[str, Json]]:
    """The problems, those of a status together."""
    by_status: dict[int, list[Code]] = {}
    for code in codes:
        by_status.setdefault(words()[code].status, []).append(code)
    content = {MEDIA_TYPE: {"schema": _reference(Problem)}}
    for status, those in sorted(by_status.items()):
        told = "; ".join(f"`{code}`: {words()[code].title}" for code in those)
        yield str(status), {"description": told, "content": content}


def _reference(model: type[BaseModel]) -> Json:
    return {"$ref": TEMPLATE.format(model=model.__name__)}


def _schemas(routes: Sequence[Route]) -> Mapping[str, Json]:
    """What is asked, answered and posted, by name; what a query may hold stands at its parameters,
    and the words that it refers to here."""
    Mode = Literal["validation", "serialization"]
    wanted: list[tuple[type[BaseModel], Mode]] = [(Problem, "validation")]
    wanted += [(shape, "serialization") for shape in SHAPES.values()]
    for route in routes:
        wanted.append((route.gives, "serialization"))
        wanted += [(each, "validation") for each in (route.body, route.query) if each is not None]
    _, described = models_json_schema(list(dict.fromkeys(wanted)), ref_template=TEMPLATE)
    found: Mapping[str, Json] = described["$defs"]
    return found
