"""What stands in the fields of a message, a window or a Home tab: defaults, choices, and what
Slack's client lets through.

A field's value travels from the page as the plain thing that was chosen (a text, an option's value,
a list of values, a date, the ids of files) by ``block_id`` and ``action_id``; the app hears of it
in Slack's own words.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from sandbox.slack.files import Files, extension
from sandbox.slack.office import Json

STATELESS = ("button", "overflow")
SEVERAL = ("checkboxes", "multi_static_select")
ONE = ("static_select", "radio_buttons", "overflow")
LARGEST_FILE = 10 * 1024 * 1024
"""The file input element's own limit (its reference page)."""
SHAPES = {
    "email_text_input": (r"[^@\s]+@[^@\s]+\.[^@\s]+", "Please enter a valid email address."),
    "url_text_input": (r"https?://\S+", "Please enter a valid link."),
    "number_input": (r"-?\d+(\.\d+)?", "Please enter a number."),
}


class Unable(Exception):
    """The person cannot do this in Slack."""


def fields(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Every interactive element with its block."""
    for block in blocks:
        parts = [
            *block.get("elements", []),
            block.get("accessory") or {},
            block.get("element") or {},
        ]
        yield from ((block, part) for part in parts if part.get("action_id"))


def find(blocks: list[Json], block_id: str, action_id: str) -> Json:
    """An element by its ids.

    Raises:
        Unable: it is not here (any more).
    """
    for block, element in fields(blocks):
        if (block.get("block_id"), element["action_id"]) == (block_id, action_id):
            return element
    raise Unable("there is no such button here (any more)")


def find_acting(blocks: list[Json], block_id: str, action_id: str) -> Json:
    """An element by its ids that the app hears of at once: an input's only if the input dispatches
    its action."""
    element = find(blocks, block_id, action_id)
    block = next(block for block in blocks if block.get("block_id") == block_id)
    if block["type"] == "input" and not block.get("dispatch_action"):
        raise Unable("this field is sent with the form only")
    return element


def options(element: Json) -> list[Json]:
    """The options of an element, those in groups too."""
    return [
        *element.get("options", []),
        *(o for g in element.get("option_groups", []) for o in g["options"]),
    ]


def with_value(given: Json, block_id: str, action_id: str, value: Any) -> Json:
    """The values with one more in them."""
    return {**given, block_id: {**given.get(block_id, {}), action_id: value}}


class Forms:
    """Says what the app hears of fields."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def state(self, user: str, blocks: list[Json], given: Json) -> Json:
        """`state.values`: every element that holds something, as given or else as it began."""
        values: Json = {}
        for block, element in fields(blocks):
            if element["type"] not in STATELESS:
                held = self.chosen(user, element, _given(block, element, given))
                values.setdefault(block["block_id"], {})[element["action_id"]] = held
        return {"values": values}

    def chosen(self, user: str, element: Json, value: Any) -> Json:
        """One element's value in Slack's words.

        Raises:
            Unable: a client would not offer it.
        """
        kind = element["type"]
        if kind == "button":
            return {"text": element["text"]} | (
                {"value": element["value"]} if "value" in element else {}
            )
        if kind in SEVERAL:
            return {
                "type": kind,
                "selected_options": [_option(element, each) for each in value or []],
            }
        if kind in ONE:
            return {"type": kind, "selected_option": _option(element, value) if value else None}
        match kind:
            case "external_select":
                return {"type": kind, "selected_option": value or None}
            case "users_select":
                return {"type": kind, "selected_user": value or None}
            case "datepicker":
                return {"type": kind, "selected_date": _date(value) if value else None}
            case "file_input":
                files = [self._files.in_payload(file) for file in self._files.of(user, value or [])]
                return {"type": kind, "files": files}
            case _:
                return {"type": kind, "value": value or None}

    def errors(self, user: str, blocks: list[Json], given: Json) -> dict[str, str]:
        """What the client says at the fields of a form instead of sending it."""
        found = {}
        for block in blocks:
            if block["type"] == "input":
                value = _given(block, block["element"], given)
                problem = self._problem(user, block["element"], value) if value else _missing(block)
                if problem:
                    found[block["block_id"]] = problem
        return found

    def _problem(self, user: str, element: Json, value: Any) -> str:
        if element["type"] == "file_input":
            return self._file_problem(user, element, value)
        if not isinstance(value, str):
            return ""
        if len(value) > element.get("max_length", 3000):
            return f"At most {element.get('max_length', 3000)} characters."
        if len(value) < element.get("min_length", 0):
            return f"At least {element['min_length']} characters."
        shape, problem = SHAPES.get(element["type"], ("", ""))
        if shape and not re.fullmatch(shape, value):
            return problem
        return _out_of_bounds(element, value) if element["type"] == "number_input" else ""

    def _file_problem(self, user: str, element: Json, ids: list[str]) -> str:
        files, most, accepted = (
            self._files.of(user, ids),
            element.get("max_files", 10),
            element.get("filetypes"),
        )
        if len(files) != len(ids):
            return "This file could not be uploaded."
        if len(files) > most:
            return f"At most {most} {'file' if most == 1 else 'files'}."
        if accepted and any(extension(file.name) not in accepted for file in files):
            return f"This type of file is not accepted here. Accepted: {', '.join(accepted)}."
        if any(len(file.content) > LARGEST_FILE for file in files):
            return "At most 10 MB."
        return ""


def _missing(block: Json) -> str:
    return "" if block.get("optional") else "Please complete this required field."


def _given(block: Json, element: Json, given: Json) -> Any:
    return given.get(block["block_id"], {}).get(element["action_id"], _initial(element))


def _initial(element: Json) -> Any:
    if "initial_options" in element:
        return [option["value"] for option in element["initial_options"]]
    if "initial_option" in element:
        option = element["initial_option"]
        return option if element["type"] == "external_select" else option["value"]
    return (
        element.get("initial_date")
        or element.get("initial_user")
        or element.get("initial_value", "")
    )


def _option(element: Json, value: Any) -> Json:
    for option in options(element):
        if option["value"] == value:
            return option
    raise Unable("there is no such choice here (any more)")


def _date(value: str) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise Unable("this is no date") from None


def _out_of_bounds(element: Json, value: str) -> str:
    number = float(value)
    if "." in value and not element.get("is_decimal_allowed"):
        return "Please enter a whole number."
    if "min_value" in element and number < float(element["min_value"]):
        return f"At least {element['min_value']}."
    if "max_value" in element and number > float(element["max_value"]):
        return f"At most {element['max_value']}."
    return ""
