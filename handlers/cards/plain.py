"""A message as text alone, where Slack does not take it as it was drawn."""

from collections.abc import Iterator
from typing import Any

from handlers.cards.kit import Block, Message
from handlers.cards.newer import newer_kinds, without
from handlers.text.markup import Safe, safe


def plain_form(message: Message) -> Message:
    """Everything that stands in a message, in lines, with its links; without buttons that call
    us, which support can do in our place."""
    simple = without(message, newer_kinds(message))
    lines = dict.fromkeys([message.text, *_lines(simple.blocks)])
    return Message(Safe("\n".join(lines)))


def _lines(blocks: list[Block]) -> Iterator[str]:
    for block in blocks:
        yield from _texts(block)


def _texts(part: Any) -> Iterator[str]:
    match part:
        case {"type": "button", "url": str(url), "text": {"text": str(label)}}:
            yield f"<{url}|{safe(label)}>"
        case {"type": "button" | "static_select" | "users_select" | "datepicker" | "overflow"}:
            return
        case {"type": "mrkdwn", "text": str(text)}:
            yield text
        case {"type": "plain_text", "text": str(text)}:
            yield safe(text)
        case dict():
            for value in part.values():
                yield from _texts(value)
        case list():
            for value in part:
                yield from _texts(value)
