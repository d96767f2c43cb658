"""What happened to an account, as support and on-call read it: its newest part below an answer, and
a window that goes back as far as anything is kept."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from zoneinfo import ZoneInfo

from bot.views.audience import Audience
from bot.views.timeline import Happening, Timeline
from handlers.cards.actions import ActionId
from handlers.cards.customer_page import filled, who
from handlers.cards.kit import (
    Block,
    Message,
    Safe,
    actions,
    button,
    context,
    divider,
    modal,
    paragraphs,
    section,
)
from handlers.text.markup import long_day, time_of_day
from handlers.text.people import stands, turn
from handlers.text.spans import how_long
from handlers.text.words import plainly, say

SHOWN = 40
"""So much stands in a window, which has a hundred blocks: two a day at most, and those around them
(docs.slack.dev/reference/views)."""

SHOWN_BELOW = 8
"""So much stands below an answer."""


def timeline_window(timeline: Timeline, page: int, zone: ZoneInfo) -> Block:
    """A page of what happened, by the days of `zone`."""
    account = timeline.account
    head = say(
        "timeline.account",
        name=account.name,
        address=account.sender_email,
        ref=account.ref,
        customer=timeline.customer,
        state=stands(account),
        owner=turn(account, Audience.SUPPORT),
    )
    told = list(_days(timeline.happened, zone)) or [section(say("timeline.none"))]
    blocks = [section(head), divider(), *told, *_pages(timeline, page)]
    blocks.append(context(say("timeline.days", zone=zone.key.replace("_", " "))))
    return modal(plainly("timeline.title"), blocks)


def answer_with_newest(answer: Message, timeline: Timeline, zone: ZoneInfo) -> Message:
    """An answer about an account, with what happened to it last below."""
    title = section(
        say("timeline.newest"),
        accessory=timeline_button(timeline.account.ref),
    )
    return Message(answer.text, [*answer.blocks, divider(), title, *_days(timeline.happened, zone)])


def timeline_button(ref: str) -> Block:
    """The way to everything that happened to an account."""
    return button(plainly("button.timeline"), ActionId.TIMELINE_SHOW, ref)


def _days(happened: Sequence[Happening], zone: ZoneInfo) -> Iterator[Block]:
    for day, group in groupby(happened, lambda each: each.at.astimezone(zone).date()):
        yield from paragraphs([Safe(f"*{long_day(day)}*"), *map(_line, group)])


def _line(happened: Happening) -> Safe:
    values = filled(happened.detail) | {"title": happened.title, "error": happened.error or "–"}
    if happened.mended_by is not None:
        values["how"] = plainly(f"mended.{happened.mended_by}")
        values["span"] = how_long(happened.lasted)
    if happened.deed is not None:
        values["deed"] = plainly(f"deed.{happened.deed}")
    what = say(f"history.{happened.what}", **values)
    if happened.times > 1:
        what = say("history.times", what=what, times=happened.times)
    parts = [time_of_day(happened.at), what]
    return Safe("  ·  ".join(parts + ([who(happened.by)] if happened.by else [])))


def _pages(timeline: Timeline, page: int) -> list[Block]:
    ref = timeline.account.ref
    row = []
    if page:
        row.append(button(plainly("button.newer"), ActionId.TIMELINE_NEWER, f"{ref}:{page - 1}"))
    if timeline.older:
        row.append(button(plainly("button.older"), ActionId.TIMELINE_OLDER, f"{ref}:{page + 1}"))
    return [actions(*row)] if row else []
