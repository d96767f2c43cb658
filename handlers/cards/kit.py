"""The few Block Kit pieces that the cards are made of.

Text is escaped in one place, `handlers.text.markup.safe`, and each piece sees to it. Where Slack
reads markup (`section`, `context`, `fields`) a piece takes `Safe` alone, which is what `safe` and
`say` return, so that mypy refuses text that was not escaped. Where Slack reads none (`plain`:
labels, buttons, headings, options) a piece takes any `str` and leaves it as it is.
"""

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.views.audience import Audience as Audience
from handlers.cards.actions import ActionId, FormId
from handlers.text.markup import REORDERING
from handlers.text.markup import Safe as Safe
from handlers.text.markup import escaped as escaped
from handlers.text.markup import moment as moment
from handlers.text.markup import safe as safe
from handlers.text.words import plainly

Block = dict[str, Any]

SECTION_LIMIT = 3000
OPTION_LIMIT = 75
MAX_OPTIONS = 100
HEADER_LIMIT = 150
BUTTON_LIMIT = 75
TITLE_LIMIT = 24
CONTEXT_LIMIT = 2000
LABEL_LIMIT = 2000
PLACEHOLDER_LIMIT = 150
"""Slack's limits: docs.slack.dev/reference/block-kit."""

LIST_SIZE = 180_000
"""So many bytes the lists of a view may have together: Slack takes 250 kB as a view is sent, where
a sign outside of ASCII has six of them and more
(docs.slack.dev/reference/methods/views.open)."""

SHORT_OPTION = 12
"""So many characters an option has in a list of thousands."""

SPAN_END_LENGTH = 30
"""So many characters of the first and the last option stand in the label of a group."""

TORN = re.compile(r"(?:&[a-z]{0,4}|<[^<>]*)$")
"""The beginning of an escape or of a token, at the end of a text."""


@dataclass(frozen=True)
class Message:
    """A message: `text` is what notifications and screen readers say; Slack reads markup in it."""

    text: Safe
    blocks: list[Block] = field(default_factory=list)


def cut(text: str, length: int) -> str:
    """`text` in at most `length` characters."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def cut_markup(text: str, length: int) -> str:
    """Markup in at most `length` characters: not cut within an escape (``&lt;``) or a token
    (``<@U…>``), of which a half would be read as something else."""
    if len(text) <= length:
        return text
    return TORN.sub("", text[: length - 1]).rstrip() + "…"


def plain(text: str, length: int) -> Block:
    """A text object that Slack does not interpret."""
    return {
        "type": "plain_text",
        "text": cut(REORDERING.sub("", text), length) or "–",
        "emoji": False,
    }


def section(text: Safe, accessory: Block | None = None, block_id: str | None = None) -> Block:
    """A paragraph; bare @names, #names and links in it stay text (`verbatim`)."""
    block: Block = {
        "type": "section",
        "text": {
            "type": "mrkdwn",
            "text": cut_markup(text, SECTION_LIMIT) or "–",
            "verbatim": True,
        },
    }
    if accessory:
        block["accessory"] = accessory
    if block_id:
        block["block_id"] = block_id
    return block


def paragraphs(lines: Sequence[Safe]) -> list[Block]:
    """Lines over as many paragraphs as they need."""
    parts: list[list[Safe]] = [[]]
    for line in lines:
        if sum(len(each) + 1 for each in parts[-1]) + len(line) > SECTION_LIMIT - 100:
            parts.append([])
        parts[-1].append(line)
    return [section(Safe("\n".join(part))) for part in parts if part]


def preformatted(text: str) -> list[Block]:
    """Lines as they are, over as many paragraphs as they need."""
    parts: list[str] = [""]
    for line in text.splitlines():
        piece = cut_markup(escaped(line), SECTION_LIMIT // 2) + "\n"
        if len(parts[-1]) + len(piece) > SECTION_LIMIT - 10:
            parts.append("")
        parts[-1] += piece
    return [section(Safe(f"```{part.rstrip()}```")) for part in parts]


def fields(pairs: Sequence[tuple[str, Safe]]) -> Block:
    """A few labelled values side by side (at most ten)."""
    texts = [cut_markup(f"*{label}*\n{value or '–'}", CONTEXT_LIMIT) for label, value in pairs]
    return {
        "type": "section",
        "fields": [{"type": "mrkdwn", "text": text, "verbatim": True} for text in texts],
    }


def header(text: str) -> Block:
    """A heading."""
    return {"type": "header", "text": plain(text, HEADER_LIMIT)}


def context(*texts: Safe) -> Block:
    """Small print."""
    return {
        "type": "context",
        "elements": [
            {"type": "mrkdwn", "text": cut_markup(text, CONTEXT_LIMIT), "verbatim": True}
            for text in texts
        ],
    }


def divider() -> Block:
    """A line across."""
    return {"type": "divider"}


def actions(*elements: Block) -> Block:
    """A row of buttons."""
    return {"type": "actions", "elements": list(elements)}


def button(label: str, action: ActionId, value: str = "", style: str = "", url: str = "") -> Block:
    """A button. `action` is whom it calls, `value` about what; with `url` it opens a page."""
    block: Block = {"type": "button", "text": plain(label, BUTTON_LIMIT), "action_id": action}
    block |= {"value": value} if value else {}
    block |= {"style": style} if style else {}
    return block | ({"url": url} if url else {})


def modal(
    title: str,
    blocks: Sequence[Block],
    callback: FormId | None = None,
    submit: str = "",
    metadata: str = "",
) -> Block:
    """A window; with `submit` it is a form."""
    view: Block = {
        "type": "modal",
        "title": plain(title, TITLE_LIMIT),
        "close": plain(plainly("button.close"), TITLE_LIMIT),
    }
    view["blocks"] = list(blocks)
    view |= {"callback_id": callback} if callback else {}
    view |= {"submit": plain(submit, TITLE_LIMIT)} if submit else {}
    return view | ({"private_metadata": metadata} if metadata else {})


def labelled(
    block_id: str, label: str, element: Block, hint: str = "", optional: bool = False
) -> Block:
    """What people fill in or choose from, with its label and, below, a hint."""
    block: Block = {
        "type": "input",
        "block_id": block_id,
        "label": plain(label, LABEL_LIMIT),
        "element": element,
    }
    block |= {"hint": plain(hint, LABEL_LIMIT)} if hint else {}
    return block | ({"optional": True} if optional else {})


def text_input(
    label: str,
    name: str,
    *,
    initial: str = "",
    hint: str = "",
    longest: int = 0,
    optional: bool = False,
    lines: bool = False,
) -> Block:
    """A field called `name` (its block and its action), for one line or several `lines`."""
    element: Block = {"type": "plain_text_input", "action_id": name} | (
        {"multiline": True} if lines else {}
    )
    element |= {"initial_value": initial} if initial else {}
    element |= {"max_length": longest} if longest else {}
    return labelled(name, label, element, hint, optional=optional)


def search_input(label: str, name: ActionId, block_id: str, initial: str) -> Block:
    """A field whose words act at once when Enter is pressed: `name` is its action, too."""
    element: Block = {"type": "plain_text_input", "action_id": name, "max_length": 80}
    element |= {"initial_value": initial} if initial else {}
    return labelled(block_id, label, element, optional=True) | {"dispatch_action": True}


def file_input(label: str, name: str, hint: str = "") -> Block:
    """A field called `name` that takes one file, if somebody has one to give."""
    element: Block = {"type": "file_input", "action_id": name, "max_files": 1}
    return labelled(name, label, element, hint, optional=True)


def date_input(label: str, name: str, initial: str, hint: str = "") -> Block:
    """A field called `name` for a day, ``2026-12-24``."""
    element: Block = {"type": "datepicker", "action_id": name, "initial_date": initial}
    return labelled(name, label, element, hint)


def user_input(label: str, name: str, initial: str = "", hint: str = "") -> Block:
    """A field called `name` in which somebody of Slack is chosen."""
    element: Block = {"type": "users_select", "action_id": name} | (
        {"initial_user": initial} if initial else {}
    )
    return labelled(name, label, element, hint)


def checkboxes(
    label: str,
    name: str,
    choices: Sequence[tuple[str, str]],
    ticked: Collection[str] = (),
    hint: str = "",
) -> Block:
    """A field called `name` with boxes to tick (at most ten): each a value and its text."""
    options = [option(text, value) for value, text in choices]
    element: Block = {"type": "checkboxes", "action_id": name, "options": options}
    chosen = [each for each in options if each["value"] in ticked]
    element |= {"initial_options": chosen} if chosen else {}
    return labelled(name, label, element, hint, optional=True)


def radios(
    label: str, name: str, choices: Sequence[tuple[str, str]], chosen: str, hint: str = ""
) -> Block:
    """A field called `name` in which one of at most ten choices is taken: each a value and its
    text."""
    options = [option(text, value) for value, text in choices]
    initial = next(each for each in options if each["value"] == chosen)
    element: Block = {
        "type": "radio_buttons",
        "action_id": name,
        "options": options,
        "initial_option": initial,
    }
    return labelled(name, label, element, hint)


def select(
    name: ActionId,
    label: str,
    choices: Sequence[tuple[str, str]],
    chosen: str = "",
    space: int = LIST_SIZE,
) -> Block:
    """A list to choose from that acts at once: each choice a value and its text. More than a
    hundred stand in groups. `space`: the bytes it may have, where it shares a view with others."""
    options = fitting([option(text, value) for value, text in choices], chosen, space)
    element: Block = {
        "type": "static_select",
        "action_id": name,
        "placeholder": plain(label, PLACEHOLDER_LIMIT),
    } | grouped(options)
    initial = next((each for each in options if each["value"] == chosen), None)
    return element | ({"initial_option": initial} if initial else {})


def fitting(options: Sequence[Block], chosen: str = "", space: int = LIST_SIZE) -> list[Block]:
    """The options as a view has room for them: with shorter texts, and of thousands the first, with
    the one that is `chosen`. What is left out is found by typing its name in a command."""
    room = space // max(len(options), 1)
    if all(size(each) <= room for each in options):
        return list(options)
    short = [each | {"text": plain(each["text"]["text"], SHORT_OPTION)} for each in options]
    kept = short[: space // max(size(each) for each in short)]
    left = next((each for each in short[len(kept) :] if each["value"] == chosen), None)
    return [*kept[:-1], left] if left else kept


def size(part: Block) -> int:
    """The bytes of a part of a view as it is sent."""
    return len(json.dumps(part))


def select_input(
    label: str,
    name: str,
    choices: Sequence[tuple[str, str]],
    *,
    block_id: str = "",
    chosen: str = "",
    hint: str = "",
    optional: bool = False,
    space: int = LIST_SIZE,
) -> Block:
    """A field called `name` in which one choice of a list is taken: each a value and its text;
    `space` as with `select`."""
    options = fitting([option(text, value) for value, text in choices], chosen, space)
    placeholder = plain(plainly("form.choose"), PLACEHOLDER_LIMIT)
    element: Block = {"type": "static_select", "action_id": name, "placeholder": placeholder}
    element |= grouped(options)
    initial = next((each for each in options if each["value"] == chosen), None)
    element |= {"initial_option": initial} if initial else {}
    return labelled(block_id or name, label, element, hint, optional=optional)


def grouped(options: Sequence[Block]) -> Block:
    """The options of a list: as they are, or in groups of a hundred that say from where to where
    each goes."""
    if len(options) <= MAX_OPTIONS:
        return {"options": list(options)}
    parts = [options[first : first + MAX_OPTIONS] for first in range(0, len(options), MAX_OPTIONS)]
    return {
        "option_groups": [
            {"label": _span(part), "options": list(part)} for part in parts[:MAX_OPTIONS]
        ]
    }


def _span(part: Sequence[Block]) -> Block:
    first = cut(part[0]["text"]["text"], SPAN_END_LENGTH)
    last = cut(part[-1]["text"]["text"], SPAN_END_LENGTH)
    return plain(f"{first} – {last}", OPTION_LIMIT)


def option(text: str, value: str) -> Block:
    """A choice in a list."""
    return {"text": plain(text, OPTION_LIMIT), "value": value}


def primary(buttons: Sequence[Block]) -> list[Block]:
    """The one of them that stands out, if there is one."""
    return [each for each in buttons if each.get("style") == "primary"][:1]


def mention(user: str) -> Safe:
    """A person of Slack, by id."""
    return Safe(f"<@{user}>") if user.isalnum() else Safe(safe(user))


def bar(done: int, total: int, length: int = 10) -> Safe:
    """How far something is, drawn in characters."""
    filled = round(length * done / total) if total else 0
    return Safe("▰" * filled + "▱" * (length - filled))
