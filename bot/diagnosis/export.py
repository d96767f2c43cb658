"""Noted causes as rows for the catalogue's files, so that the next release knows them."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from bot.diagnosis.catalogue import APPROVAL, OAUTH, Catalogue, Row
from bot.diagnosis.explainer import is_default, row_of, signature_of
from bot.diagnosis.observation import Observation, Where
from bot.diagnosis.signature import again
from storage.database import Store
from storage.tables import NotedCause, UnexplainedReply

TEXTS = ("title", "customer", "support", "owner", "permanence", "scope")
REFUSED = 550
"""The code in an example of an SMTP reply whose own is not known (RFC 5321, 4.2.3)."""


def rows(store: Store, catalogue: Catalogue) -> str:
    """Every noted cause that a release's catalogue does not explain itself, as TOML."""
    with store.reading() as tx:
        noted = tx.noted.all()
    parts = [_row(catalogue, *each) for each in noted if _is_needed(catalogue, *each)]
    return "\n".join(parts)


def _is_needed(catalogue: Catalogue, noted: NotedCause, reply: UnexplainedReply) -> bool:
    return is_default(catalogue.explain(_example(noted, reply)).cause)


def _example(noted: NotedCause, reply: UnexplainedReply) -> Observation:
    """A reply of the kind in nobody's words."""
    return again(reply.seen, reply.step, noted.phrase)


def _row(catalogue: Catalogue, noted: NotedCause, reply: UnexplainedReply) -> str:
    row = row_of(catalogue, noted, reply)
    if row is None:  # what was chosen is no row of this release
        return f"# {noted.cause}: there is no such row any more\n"
    lines = [f"# noted on {noted.noted_at:%Y-%m-%d}", *_fields(row, noted, reply)]
    if noted.owner is None:
        lines.insert(0, f"# the same as {row.id}: its match and samples may be put into that row")
    return "\n".join([*lines, ""])


def _fields(row: Row, noted: NotedCause, reply: UnexplainedReply) -> Iterator[str]:
    cause = row.id if noted.owner is not None else f"{row.id}-{reply.id}"
    yield "[[row]]"
    yield f"id = {_toml(cause)}"
    yield f"where = {_toml([where.value for where in row.where])}"
    for name in TEXTS:
        yield f"{name} = {_toml(getattr(row, name))}"
    steps = (
        [APPROVAL]
        if row.approval
        else [[str(step.kind), step.text, str(step.who)] for step in row.remedy]
    )
    yield f"remedy = {_toml([APPROVAL] if row.approval else steps)}"
    if row.link:
        yield f"link = {_toml(row.link)}"
    if row.proof:
        yield f"proof = {_toml(row.proof)}"
    yield f"match = [{_toml(signature_of(reply).matcher(noted.phrase))}]"
    yield f"samples = [{_toml(_sample(_example(noted, reply)))}]"


def _sample(seen: Observation) -> dict[str, Any]:
    """An example as the files have it: a reply as its server would send it."""
    numbers = " ".join(f"AADSTS{code}" for code in seen.codes)
    words = " ".join(filter(None, [numbers, seen.enhanced, seen.text])) or "…"
    if seen.where in OAUTH:
        codes = {"error_codes": list(seen.codes)} if seen.codes else {}
        error = {"error": seen.error or "invalid_request", "error_description": words}
        return {**error, **({"suberror": seen.suberror} if seen.suberror else {}), **codes}
    if seen.where is Where.SMTP:
        return {"code": seen.status or REFUSED, "message": words}
    condition = {"condition": seen.condition} if seen.condition else {}
    if seen.where is Where.IMAP:
        return {"text": seen.text, **condition}
    layer = {"layer": seen.layer} if seen.layer else {}
    error = {"error": seen.error} if seen.error else {}
    return {"where": seen.where, **error, "text": seen.text, **condition, **layer}


def _toml(value: Any) -> str:
    """A value as TOML. Its basic strings are JSON's, but for the one sign (DEL) that TOML wants
    escaped (toml.io/en/v1.0.0#string)."""
    match value:
        case Mapping():
            inner = ", ".join(f"{name} = {_toml(each)}" for name, each in value.items())
            return f"{{ {inner} }}"
        case list() | tuple():
            return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
