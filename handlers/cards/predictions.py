"""The daily list to on-call of what will stop working."""

from collections.abc import Sequence
from datetime import date

from bot.views.predictions import Kind, Prediction
from handlers.cards.kit import Block, Message, Safe, context, header, section
from handlers.text.markup import day_of
from handlers.text.spans import how_long
from handlers.text.words import plainly, say

SHOWN = 25
"""So much stands in a list; what is left out is further away."""


def predictions_message(coming: Sequence[Prediction], today: date) -> Message:
    """Everything that is to come, the next first: what, at whom, who does what until when."""
    lines = [_line(each, today) for each in coming[:SHOWN]] or [say("prediction.none")]
    told = map(section, lines)
    left = len(coming) - SHOWN
    more = [context(say("prediction.more", count=left))] if left > 0 else []
    blocks: list[Block] = [header(plainly("prediction.title")), *told, *more]
    return Message(say("prediction.summary", count=len(coming)), blocks)


def _line(each: Prediction, today: date) -> Safe:
    switch = each.kind is Kind.SWITCH
    name = f"prediction.switch_{each.what}" if switch else f"prediction.{each.kind}"
    told = say(
        name,
        customer=each.customer,
        count=each.mailboxes,
        what=each.what,
        refs=", ".join(each.refs),
        limit=how_long(each.limit),
    )
    return Safe(f"{_when(each, today)}\n{told}")


def _when(each: Prediction, today: date) -> Safe:
    left = each.days_left(today)
    if each.day is None or left is None:
        return say("prediction.next_sign_in")
    if left < 0:
        return say("prediction.over", day=day_of(each.day))
    return say("prediction.until", day=day_of(each.day), left=left)
