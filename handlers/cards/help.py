"""What people can do here, each by what they are, and the greeting of a new channel."""

from functools import cache

from bot.views.audience import Role
from handlers.cards.account_list import start_buttons
from handlers.cards.actions import ActionId
from handlers.cards.diagnosis import saw_error
from handlers.cards.kit import Block, Message, actions, button, modal, section
from handlers.text.words import plainly, say


def help_message(role: Role) -> Message:
    """What can be done, for who asks."""
    return _first_help(role)


def support_help() -> Message:
    """What the support team can do in a channel of our own, where the customer is named."""
    blocks = [section(say("help.ours")), section(say("help.on_call"))]
    row = [
        button(plainly("button.search"), ActionId.HOME_SEARCH, style="primary"),
        button(plainly("button.manage_customer"), ActionId.CUSTOMER_MANAGE),
        saw_error(),
    ]
    return Message(say("help.title"), [*blocks, actions(*row)])


def on_call_help() -> Message:
    """What engineers on call can do."""
    return Message(say("help.title"), [section(say("help.on_call")), actions(saw_error())])


def greeting() -> Message:
    """Who the bot is, for the people of a channel that it came into."""
    text = say("help.greeting")
    return Message(text, [section(text)])


def help_window(role: Role, channel_id: str) -> Block:
    """The same as a window, whose buttons are about a channel."""
    blocks = help_message(role).blocks
    return modal(plainly("help.window_title"), blocks, metadata=channel_id)


@cache  # asked for more than anything else, and the same for everybody who is the same
def _first_help(role: Role) -> Message:
    return Message(say("help.title"), [*_help(role), *_first_buttons(role)])


def _help(role: Role) -> list[Block]:
    """What somebody can do here, by what they are."""
    match role:
        case Role.SUPPORT:
            names = ["channel", "can", "support"]
        case Role.CUSTOMER:
            names = ["channel", "can"]
        case Role.GUEST:
            names = ["channel", "can", "guest"]
        case Role.COLLEAGUE:
            names = ["channel", "colleague"]
        case Role.ON_CALL | Role.STRANGER:
            names = ["on_call"]
    return [section(say(f"help.{name}")) for name in names]


def _first_buttons(role: Role) -> list[Block]:
    """The buttons that somebody may press here."""
    if role in (Role.ON_CALL, Role.STRANGER):
        return [actions(saw_error())]
    if role is Role.COLLEAGUE:
        return [actions(button(plainly("button.list"), ActionId.ACCOUNT_LIST), saw_error())]
    *rest, _ = start_buttons()["elements"]  # the last one leads here
    return [actions(*rest, saw_error())]
