"""A button that asks before it does something, for what cannot be taken back with one press."""

from handlers.cards.kit import Block, plain

TITLE_LIMIT = 100
TEXT_LIMIT = 300
LABEL_LIMIT = 30
"""Slack's limits: the confirmation dialog among the composition objects of
docs.slack.dev/reference/block-kit."""


def asking(button: Block, title: str, text: str, yes: str, no: str) -> Block:
    """The button, which does nothing before somebody has read `text` and pressed `yes`."""
    return button | {
        "confirm": {
            "title": plain(title, TITLE_LIMIT),
            "text": plain(text, TEXT_LIMIT),
            "confirm": plain(yes, LABEL_LIMIT),
            "deny": plain(no, LABEL_LIMIT),
        }
    }
