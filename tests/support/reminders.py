"""Reminders as people read them in a scenario."""

from itertools import pairwise

from tests.support.slack import Message
from tests.support.world import ACME, BotWorld


def reminders(world: BotWorld) -> list[Message]:
    return [m for m in world.carol.messages(ACME) if "still wait" in m.text]


def each_first_button(reminder: Message) -> dict[str, str]:
    """For each account that a reminder lists, by its name, the button that stands first below
    it."""
    blocks = reminder.blocks
    pairs = [
        (a, b) for a, b in pairwise(blocks) if (a["type"], b["type"]) == ("section", "actions")
    ]
    return {a["text"]["text"].split("*")[1]: b["elements"][0]["text"]["text"] for a, b in pairs}
