"""Slack's limits on messages and windows, as one validator: what slack_sdk's models refuse, and the
gaps that they leave."""

import json
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from sandbox.slack import newer
from sandbox.slack.elements import IN_ACTIONS, IN_INPUTS, IN_SECTIONS, element, image, text

Json = dict[str, Any]

BLOCKS = {"message": 50, "modal": 100, "home": 100}
EVERYWHERE = frozenset(BLOCKS)
SURFACES = {
    "section": EVERYWHERE,
    "header": EVERYWHERE,
    "divider": EVERYWHERE,
    "context": EVERYWHERE,
    "actions": EVERYWHERE,
    "image": EVERYWHERE,
    "input": EVERYWHERE,
    "rich_text": EVERYWHERE,
    "markdown": frozenset({"message"}),
    "table": frozenset({"message", "home"}),
    "data_visualization": frozenset({"message", "home"}),
}
"""Which blocks stand where, of those that the bot may use:
docs.slack.dev/reference/block-kit/blocks."""

VIEW_LIMIT = 250_000
"""The bytes of a view as it is sent (docs.slack.dev/reference/methods/views.open)."""

MESSAGE_LIMIT = 4000
MARKDOWN_LIMIT = 12_000
"""All markdown blocks of a message together."""

WITHOUT_MODEL = frozenset({"data_visualization"})
"""Blocks for which slack_sdk has no class."""


def problems(surface: str, payload: Json) -> list[str]:
    """Everything that Slack would refuse in a ``message``, ``modal`` or ``home`` payload."""
    found = list(_frame(surface, payload))
    blocks = payload.get("blocks") or []
    found += newer.together(blocks)
    if len(blocks) > BLOCKS[surface]:
        found.append(f"{len(blocks)} blocks")
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(ids) != len(set(ids)):
        found.append("a block_id stands twice")
    for number, block in enumerate(blocks):
        found += [
            f"block {number} ({block.get('type')}): {problem}" for problem in _block(surface, block)
        ]
    return found + [f"slack_sdk: {problem}" for problem in _models(surface, payload, blocks)]


def _frame(surface: str, payload: Json) -> Iterator[str]:
    if surface == "message":
        yield from _message(payload)
        return
    size = len(json.dumps(payload))
    if size > VIEW_LIMIT:
        yield f"{size} bytes"
    if payload.get("type") != surface:
        yield f"type is {payload.get('type')}, not {surface}"
    if len(payload.get("private_metadata", "")) > 3000:
        yield "private_metadata over 3000"
    for name in ("callback_id", "external_id"):
        if len(payload.get(name, "")) > 255:
            yield f"{name} over 255"
    if surface == "modal":
        yield from _modal(payload)


def _message(payload: Json) -> Iterator[str]:
    if not payload.get("text"):
        yield "no top-level text: screen readers and notifications have nothing to say"
    if len(payload.get("text") or "") > MESSAGE_LIMIT:
        yield f"text over {MESSAGE_LIMIT}"
    markdown = [
        block.get("text", "")
        for block in payload.get("blocks") or []
        if block.get("type") == "markdown"
    ]
    if sum(map(len, markdown)) > MARKDOWN_LIMIT:
        yield f"markdown over {MARKDOWN_LIMIT}"


def _modal(payload: Json) -> Iterator[str]:
    yield from text(payload.get("title"), 24, "title", plain=True)
    for name in ("submit", "close"):
        if name in payload:
            yield from text(payload[name], 24, name, plain=True)
    if (
        any(block.get("type") == "input" for block in payload.get("blocks") or [])
        and "submit" not in payload
    ):
        yield "an input needs a submit"


def _block(surface: str, block: Json) -> Iterator[str]:
    kind = str(block.get("type"))
    if surface not in SURFACES.get(kind, frozenset()):
        yield "not allowed here"
        return
    if len(block.get("block_id", "")) > 255:
        yield "block_id over 255"
    yield from CHECK_OF.get(kind, _nothing)(block)


def _section(block: Json) -> Iterator[str]:
    if "text" not in block and not block.get("fields"):
        yield "neither text nor fields"
    if "text" in block:
        yield from text(block["text"], 3000, "text")
    fields = block.get("fields", [])
    if len(fields) > 10:
        yield "more than 10 fields"
    for field in fields:
        yield from text(field, 2000, "field")
    if "accessory" in block:
        yield from element(block["accessory"], IN_SECTIONS)


def _header(block: Json) -> Iterator[str]:
    yield from text(block.get("text"), 150, "text", plain=True)


def _context(block: Json) -> Iterator[str]:
    parts = block.get("elements", [])
    if not 1 <= len(parts) <= 10:
        yield f"{len(parts)} elements"
    for part in parts:
        yield from image(part) if part.get("type") == "image" else text(part, 3000, "element")


def _actions(block: Json) -> Iterator[str]:
    parts = block.get("elements", [])
    if not 1 <= len(parts) <= 25:
        yield f"{len(parts)} elements"
    ids = [part.get("action_id") for part in parts]
    if len(ids) != len(set(ids)):
        yield "an action_id stands twice"
    for part in parts:
        yield from element(part, IN_ACTIONS)


def _input(block: Json) -> Iterator[str]:
    yield from text(block.get("label"), 2000, "label", plain=True)
    if "hint" in block:
        yield from text(block["hint"], 2000, "hint", plain=True)
    yield from element(block.get("element"), IN_INPUTS)


def _nothing(_block: Json) -> Iterator[str]:
    return iter(())


CHECK_OF: dict[str, Callable[[Json], Iterator[str]]] = {
    "section": _section,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "input": _input,
    "image": image,
    "table": newer.table,
    "data_visualization": newer.chart,
}


def _models(surface: str, payload: Json, blocks: Sequence[Json]) -> Iterator[str]:
    """What slack_sdk's own models refuse: of a window the first thing, of a message the first in
    each block."""
    known = [block for block in blocks if block.get("type") not in WITHOUT_MODEL]
    if surface == "message":
        for block in known:
            yield from _of_block(json.dumps(block))
        return
    yield from _refused(_draw_view, payload | {"blocks": known})


@lru_cache(maxsize=4096)
def _of_block(block: str) -> tuple[str, ...]:
    """What they refuse of a block, as JSON: the same blocks are read again and again."""
    return tuple(_refused(_draw_block, json.loads(block)))


def _draw_block(block: Json) -> None:
    _known([Block.parse(block)])[0].to_dict()


def _draw_view(payload: Json) -> None:
    view = View(**payload)
    _known(view.blocks or [])
    view.to_dict()


def _known(blocks: Sequence[Block | None]) -> list[Block]:
    known = [block for block in blocks if block is not None]
    if len(known) < len(blocks):
        raise SlackObjectFormationError("a type of block that it does not know")
    return known


def _refused(draw: Callable[[Json], None], payload: Json) -> Iterator[str]:
    try:
        draw(payload)
    except SlackObjectFormationError as refusal:
        yield str(refusal)
    except (
        TypeError,
        AttributeError,
        KeyError,
        ValueError,
    ) as slip:  # its constructors, given another shape
        yield f"cannot read it: {slip}"
