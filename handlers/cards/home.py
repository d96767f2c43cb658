"""The Home tab, and the windows that say one thing."""

from collections.abc import Sequence

from handlers.cards.customer import start_buttons
from handlers.cards.kit import Audience, Block, Message, Safe, actions, bar, button, header, modal, section
from handlers.words import plainly, say

SHOWN = 90


def home(progress: Sequence[tuple[str, str, int, int]], audience: Audience) -> Block:
    """The Home tab: for support every customer (name, channel, live, total), for others where to go."""
    blocks = [header(plainly("home.title"))]
    if audience is not Audience.SUPPORT:
        return {"type": "home", "blocks": [*blocks, section(say("home.others"))]}
    blocks.append(section(say("home.support_intro" if progress else "home.nobody")))
    for customer, channel, live, total in progress[:SHOWN]:
        where = Safe(f"<#{channel}>")
        blocks.append(
            section(
                say(
                    "home.customer_line", customer=customer, live=live, total=total, bar=bar(live, total), channel=where
                )
            )
        )
    return {"type": "home", "blocks": blocks}


def help_message(audience: Audience) -> Message:
    """What can be done, for who asks."""
    blocks = [section(say("help.channel"))]
    blocks += [section(say("help.support"))] if audience is Audience.SUPPORT else []
    return Message(say("help.title"), [*blocks, start_buttons()])


def help_window(audience: Audience) -> Block:
    """The same as a window (buttons would lead out of it)."""
    blocks = help_message(audience).blocks[:-1]
    look_up = button(plainly("button.look_up"), "error.look_up")
    return modal(plainly("help.title"), [*blocks, actions(look_up)])


def message_window(title: str, message: Message) -> Block:
    """A window that says one thing: the way to tell something privately to people of another workspace."""
    return modal(plainly(title), message.blocks)
