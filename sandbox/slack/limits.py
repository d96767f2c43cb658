"""Slack's limits on messages and windows, as one validator: what slack_sdk's models check, and the gaps that they leave."""

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

BLOCKS = {"message": 50, "modal": 100, "home": 100}
SURFACES = {
    "section": {"message", "modal", "home"},
    "header": {"message", "modal", "home"},
    "divider": {"message", "modal", "home"},
    "context": {"message", "modal", "home"},
    "actions": {"message", "modal", "home"},
    "image": {"message", "modal", "home"},
    "input": {"message", "modal", "home"},
    "rich_text": {"message", "modal", "home"},
    "markdown": {"message"},
}
ELEMENTS = {
    "button",
    "static_select",
    "external_select",
    "multi_static_select",
    "overflow",
    "checkboxes",
    "radio_buttons",
    "datepicker",
    "plain_text_input",
    "email_text_input",
    "url_text_input",
    "number_input",
    "file_input",
}


def problems(surface: str, payload: Json) -> list[str]:
    """Everything that Slack would refuse in a ``message``, ``modal`` or ``home`` payload."""
    found = list(_frame(surface, payload))
    blocks = payload.get("blocks") or []
    if len(blocks) > BLOCKS[surface]:
        found.append(f"{len(blocks)} blocks")
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(ids) != len(set(ids)):
        found.append("a block_id stands twice")
    for number, block in enumerate(blocks):
        found += [f"block {number} ({block.get('type')}): {problem}" for problem in _block(surface, block)]
    return found


def _frame(surface: str, payload: Json) -> Iterator[str]:
    if surface == "message":
        if not payload.get("text"):
            yield "no top-level text: screen readers and notifications have nothing to say"
        if len(payload.get("text") or "") > 4000:
            yield "text over 4000"
        return
    if len(payload.get("private_metadata", "")) > 3000:
        yield "private_metadata over 3000"
    if len(payload.get("callback_id", "")) > 255:
        yield "callback_id over 255"
    if surface == "modal":
        yield from _text(payload.get("title"), 24, "title", plain=True)
        for name in ("submit", "close"):
            if name in payload:
                yield from _text(payload[name], 24, name, plain=True)
        if any(block.get("type") == "input" for block in payload.get("blocks", [])) and "submit" not in payload:
            yield "an input needs a submit"


def _block(surface: str, block: Json) -> Iterator[str]:
    kind = str(block.get("type"))
    if surface not in SURFACES.get(kind, set()):
        yield "not allowed here"
        return
    if len(block.get("block_id", "")) > 255:
        yield "block_id over 255"
    yield from getattr(_Blocks, kind, _nothing)(block)


class _Blocks:
    @staticmethod
    def section(block: Json) -> Iterator[str]:
        if "text" not in block and not block.get("fields"):
            yield "neither text nor fields"
        if "text" in block:
            yield from _text(block["text"], 3000, "text")
        fields = block.get("fields", [])
        if len(fields) > 10:
            yield "more than 10 fields"
        for field in fields:
            yield from _text(field, 2000, "field")
        if "accessory" in block:
            yield from _element(block["accessory"])

    @staticmethod
    def header(block: Json) -> Iterator[str]:
        yield from _text(block.get("text"), 150, "text", plain=True)

    @staticmethod
    def context(block: Json) -> Iterator[str]:
        elements = block.get("elements", [])
        if not 1 <= len(elements) <= 10:
            yield f"{len(elements)} elements"
        for element in elements:
            yield from _text(element, 3000, "element")

    @staticmethod
    def actions(block: Json) -> Iterator[str]:
        elements = block.get("elements", [])
        if not 1 <= len(elements) <= 25:
            yield f"{len(elements)} elements"
        ids = [element.get("action_id") for element in elements]
        if len(ids) != len(set(ids)):
            yield "an action_id stands twice"
        for element in elements:
            yield from _element(element)

    @staticmethod
    def input(block: Json) -> Iterator[str]:
        yield from _text(block.get("label"), 2000, "label", plain=True)
        if "hint" in block:
            yield from _text(block["hint"], 2000, "hint", plain=True)
        if block.get("element", {}).get("type") == "button":
            yield "a button is no input"
        yield from _element(block.get("element", {}))


def _nothing(_block: Json) -> Iterator[str]:
    return iter(())


def _element(element: Json) -> Iterator[str]:
    kind = element.get("type")
    if kind not in ELEMENTS:
        yield f"unknown element {kind}"
        return
    if len(element.get("action_id", "")) > 255 or not element.get("action_id"):
        yield "action_id missing or over 255"
    if "placeholder" in element:
        yield from _text(element["placeholder"], 150, "placeholder", plain=True)
    if kind == "button":
        yield from _button(element)
    elif kind == "plain_text_input":
        if len(element.get("initial_value", "")) > element.get("max_length", 3000):
            yield "initial_value over max_length"
    elif ("select" in str(kind) and kind != "external_select") or kind in ("overflow", "checkboxes", "radio_buttons"):
        yield from _options(element, str(kind))


def _button(button: Json) -> Iterator[str]:
    yield from _text(button.get("text"), 75, "button text", plain=True)
    if len(button.get("value", "")) > 2000:
        yield "button value over 2000"
    if len(button.get("url", "")) > 3000:
        yield "button url over 3000"
    if button.get("style", "primary") not in ("primary", "danger"):
        yield "unknown style"


def _options(element: Json, kind: str) -> Iterator[str]:
    most = {"overflow": 5, "checkboxes": 10, "radio_buttons": 10}.get(kind, 100)
    groups = element.get("option_groups")
    if groups is not None and not 1 <= len(groups) <= 100:
        yield f"{len(groups)} option groups"
    options = element.get("options")
    if (groups is None) == (options is None):
        yield "options or option_groups, one of the two"
    everything: list[Json] = list(options or [])
    for group in groups or []:
        yield from _text(group.get("label"), 75, "group label", plain=True)
        if not 1 <= len(group.get("options", [])) <= 100:
            yield "a group has 1 to 100 options"
        everything += group.get("options", [])
    if options is not None and not 1 <= len(options) <= most:
        yield f"{len(options)} options, 1 to {most} are allowed"
    for option in everything:
        yield from _text(option.get("text"), 75, "option text")
        if not 1 <= len(option.get("value", "")) <= 150:
            yield "option value is empty or over 150"
    initial = [element["initial_option"]] if "initial_option" in element else element.get("initial_options", [])
    if any(chosen not in everything for chosen in initial):
        yield "an initial option is none of the options"


def _text(text: Any, most: int, name: str, plain: bool = False) -> Iterator[str]:
    if not isinstance(text, dict) or text.get("type") not in ("plain_text", "mrkdwn"):
        yield f"{name} is no text object"
        return
    if plain and text["type"] != "plain_text":
        yield f"{name} must be plain_text"
    if not 1 <= len(text.get("text", "")) <= most:
        yield f"{name} has {len(text.get('text', ''))} characters, 1 to {most} are allowed"
    if text["type"] == "plain_text" and "verbatim" in text:
        yield f"{name}: verbatim belongs to mrkdwn"
