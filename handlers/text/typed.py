"""What people typed, out of what Slack makes of it: decoded here, once, wherever it comes from.

Slack hands over commands (with `should_escape`, as our manifest asks) and messages in its own
markup: ``&``, ``<`` and ``>`` as entities; people, channels and links in angle brackets, with what
the person saw behind a bar (docs.slack.dev/messaging/formatting-message-text). What stands in the
field of a form is what was typed. Either may have signs in it that nobody sees.
"""

import re
from urllib.parse import unquote

from bot.common.texts import visible

ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">"}
"""The three that Slack makes; whatever else looks like one was typed so."""
ENTITY = re.compile("&(?:amp|lt|gt);")
REFERENCE = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")
"""``<mailto:…|…>``, ``<@U…|…>``: a bracket that somebody typed comes as an entity."""
PERSON = re.compile(r"([*_~]{0,3})<@[^<>]*>\1")
"""Somebody who is spoken to, in bold or not."""
BEFORE_A_MARK = r"(?<![^\s(\[{\"'“‘„*_~`<>|-])"
MARKED = [
    re.compile(rf"{BEFORE_A_MARK}{mark}(?!\s)([^{mark[-1]}\n]++)(?<!\s){mark}(?!\w)")
    for mark in ("```", "`", r"\*", "_", "~")
]
"""Words between the marks of bold, italic, struck through or code."""
AFTER_A_NAME = " \t\n,:;-–"
"""What people write behind the name of whom they speak to: ``@Maildesk, status``."""


def message(text: str) -> str:
    """What the author of a command or a message sees of it in Slack, as plain text."""
    for mark in MARKED:
        text = mark.sub(r"\1", text)
    shown = REFERENCE.sub(_reference, text)
    return visible(ENTITY.sub(lambda found: ENTITIES[found[0]], shown))


def request(text: str) -> str:
    """What a message asks of us that mentions us: what is typed beside the names of people."""
    return message(PERSON.sub(" ", text)).strip(" \t\n").lstrip(AFTER_A_NAME)


def field(text: str) -> str:
    """What was typed into a field; Slack leaves it as it is."""
    return visible(text)


def _reference(found: re.Match[str]) -> str:
    """What is seen of a person, a channel or a link."""
    target = found[1]
    label = found[2] or ""
    if target[0] in "@#":
        return target[0] + label.removeprefix(target[0]) if label else target
    if target[0] == "!":
        return label or f"@{target[1:]}"
    if target.startswith("mailto:"):
        return label if "@" in label else _mail_address(target)
    return label or target.removeprefix("tel:")


def _mail_address(link: str) -> str:
    """The address of a link that somebody named otherwise."""
    return unquote(link.removeprefix("mailto:").partition("?")[0])
