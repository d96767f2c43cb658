"""That nobody is reminded of an account just now."""

from bot.views.accounts import HeldBack
from handlers.cards.kit import Safe, mention, moment
from handlers.text.words import say


def held_line(held_back: HeldBack) -> Safe:
    """Until when nobody is reminded, and who said so."""
    who = mention(held_back.by_user)
    if held_back.until is None:
        return say("reminder.stopped", user=who)
    return say("reminder.snoozed", until=moment(held_back.until), user=who)
