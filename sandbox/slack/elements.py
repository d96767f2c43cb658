"""Slack's limits on what stands inside blocks: texts, buttons, lists of choices, fields and
questions before a deed."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

Json = dict[str, Any]

MENUS = frozenset(
    f"{what}_select" for what in ("static", "external", "users", "conversations", "channels")
)
SEVERAL = frozenset(f"multi_{menu}" for menu in MENUS)
CHOICES = MENUS | SEVERAL | {"checkboxes", "radio_buttons", "datepicker", "timepicker"}
FIELDS = frozenset(
    f"{what}_input" for what in ("plain_text", "email_text", "url_text", "number", "file")
)
IN_SECTIONS = CHOICES | {"button", "image", "overflow"}
IN_ACTIONS = (CHOICES - SEVERAL) | {"button", "overflow"}
IN_INPUTS = CHOICES | FIELDS
"""Which elements stand where, of those that the bot may use:
docs.slack.dev/reference/block-kit/block-elements."""

SELECTS = ("static_select", "multi_static_select")
CHECKS = ("checkboxes", "radio_buttons")
MOST_OPTIONS = {
    "overflow": 5,
    "checkboxes": 10,
    "radio_buttons": 10,
    "static_select": 100,
    "multi_static_select": 100,
}
GROUPS_AT_MOST = 100
INPUT_LIMIT = 3000
FILES_AT_MOST = 10
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def element(part: Any, allowed: frozenset[str]) -> Iterator[str]:
    """What Slack would refuse in an element, in a place that has only the `allowed` ones."""
    if not isinstance(part, dict):
        yield "no element"
        return
    kind = str(part.get("type"))
    if kind not in allowed:
        yield f"element {kind} is unknown or not allowed here"
        return
    if kind == "image":
        yield from image(part)
        return
    if not 1 <= len(part.get("action_id", "")) <= 255:
        yield "action_id missing or over 255"
    if "placeholder" in part:
        yield from text(part["placeholder"], 150, "placeholder", plain=True)
    if "confirm" in part:
        yield from _confirm(part["confirm"])
    yield from CHECK_OF.get(kind, _nothing)(part)


def text(what: Any, most: int, name: str, plain: bool = False) -> Iterator[str]:
    """What Slack would refuse in a text object."""
    if not isinstance(what, dict) or what.get("type") not in ("plain_text", "mrkdwn"):
        yield f"{name} is no text object"
        return
    if plain and what["type"] != "plain_text":
        yield f"{name} must be plain_text"
    if not 1 <= len(what.get("text", "")) <= most:
        yield f"{name} has {len(what.get('text', ''))} characters, 1 to {most} are allowed"
    if what["type"] == "plain_text" and "verbatim" in what:
        yield f"{name}: verbatim belongs to mrkdwn"


def image(part: Json) -> Iterator[str]:
    """What Slack would refuse in a picture, whether it is a block or an element."""
    if ("image_url" in part) == ("slack_file" in part):
        yield "image_url or slack_file, one of the two"
    if len(part.get("image_url", "")) > 3000:
        yield "image_url over 3000"
    if not 1 <= len(part.get("alt_text", "")) <= 2000:
        yield "alt_text missing or over 2000"
    if "title" in part:
        yield from text(part["title"], 2000, "title", plain=True)


def _confirm(question: Any) -> Iterator[str]:
    if not isinstance(question, dict):
        yield "confirm is no object"
        return
    yield from text(question.get("title"), 100, "confirm title", plain=True)
    yield from text(question.get("text"), 300, "confirm text")
    yield from text(question.get("confirm"), 30, "confirm button", plain=True)
    yield from text(question.get("deny"), 30, "deny button", plain=True)
    yield from _style(question)


def _button(button: Json) -> Iterator[str]:
    yield from text(button.get("text"), 75, "button text", plain=True)
    if len(button.get("value", "")) > 2000:
        yield "button value over 2000"
    if len(button.get("url", "")) > 3000:
        yield "button url over 3000"
    if len(button.get("accessibility_label", "")) > 75:
        yield "accessibility_label over 75"
    yield from _style(button)


def _style(part: Json) -> Iterator[str]:
    if part.get("style", "primary") not in ("primary", "danger"):
        yield "unknown style"


def _choices(part: Json) -> Iterator[str]:
    kind, groups, options = str(part["type"]), part.get("option_groups"), part.get("options")
    if (groups is None) == (options is None):
        yield "options or option_groups, one of the two"
    if groups is not None and kind not in SELECTS:
        yield "only a select has option_groups"
    if groups is not None and not 1 <= len(groups) <= GROUPS_AT_MOST:
        yield f"{len(groups)} option groups, 1 to {GROUPS_AT_MOST} are allowed"
    if options is not None and not 1 <= len(options) <= MOST_OPTIONS[kind]:
        yield f"{len(options)} options, 1 to {MOST_OPTIONS[kind]} are allowed"
    for group in groups or []:
        yield from text(group.get("label"), 75, "group label", plain=True)
        if not 1 <= len(group.get("options", [])) <= 100:
            yield "a group has 1 to 100 options"
    everything = [
        *(options or []),
        *(option for group in groups or [] for option in group.get("options", [])),
    ]
    for option in everything:
        yield from _option(option, kind)
    yield from _values(part, everything)


def _option(option: Json, kind: str) -> Iterator[str]:
    plain = kind not in CHECKS
    yield from text(option.get("text"), 75, "option text", plain)
    if not 1 <= len(option.get("value", "")) <= 150:
        yield "option value is empty or over 150"
    if "description" in option:
        yield from text(option["description"], 75, "option description", plain)
    if "url" in option and kind != "overflow":
        yield "only the options of an overflow menu have a url"
    if len(option.get("url", "")) > 3000:
        yield "option url over 3000"


def _values(part: Json, everything: list[Json]) -> Iterator[str]:
    values = [option.get("value") for option in everything]
    if len(values) != len(set(values)):
        yield "an option value stands twice"
    initial = (
        [part["initial_option"]] if "initial_option" in part else part.get("initial_options", [])
    )
    if any(chosen not in everything for chosen in initial):
        yield "an initial option is none of the options"


def _plain_text_input(part: Json) -> Iterator[str]:
    least, most = part.get("min_length", 0), part.get("max_length", INPUT_LIMIT)
    if not 0 <= least <= INPUT_LIMIT:
        yield f"min_length over {INPUT_LIMIT}"
    if not 1 <= most <= INPUT_LIMIT:
        yield f"max_length over {INPUT_LIMIT} or 0"
    if least > most:
        yield "min_length over max_length"
    if "initial_value" in part and not least <= len(part["initial_value"]) <= most:
        yield "initial_value under min_length or over max_length"


def _datepicker(part: Json) -> Iterator[str]:
    if "initial_date" in part and not _is_day(part["initial_date"]):
        yield "initial_date is no date like 2026-12-31"


def _is_day(written: str) -> bool:
    try:
        return bool(DAY.fullmatch(written) and date.fromisoformat(written))
    except ValueError:
        return False


def _file_input(part: Json) -> Iterator[str]:
    if not 1 <= part.get("max_files", FILES_AT_MOST) <= FILES_AT_MOST:
        yield f"max_files is 1 to {FILES_AT_MOST}"


def _nothing(_part: Json) -> Iterator[str]:
    return iter(())


CHECK_OF: dict[str, Callable[[Json], Iterator[str]]] = {
    "button": _button,
    "plain_text_input": _plain_text_input,
    "datepicker": _datepicker,
    "file_input": _file_input,
    **dict.fromkeys((*SELECTS, *CHECKS, "overflow"), _choices),
}
