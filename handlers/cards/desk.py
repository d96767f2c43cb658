"""Support's answers to a customer: the form on a card in support's channel, and what is said."""

from collections.abc import Sequence
from datetime import datetime
from textwrap import wrap

from bot.views.desk import AnswerOffer, AnswerPlace
from handlers.cards.actions import ActionId, FormId
from handlers.cards.kit import (
    SECTION_LIMIT,
    Block,
    Message,
    Safe,
    button,
    mention,
    modal,
    moment,
    paragraphs,
    safe,
    section,
    select_input,
    text_input,
)
from handlers.text.words import plainly, say

LONGEST_ANSWER = 2000
PIECE = 500
"""Escaped, so much of a line is still a part of a section."""


def answer_button(about: str) -> Block:
    """*Answer in their channel* on a card; `about` is ``request:5`` or ``setback:7``."""
    return button(plainly("button.answer_customer"), ActionId.DESK_ANSWER, about)


def answer_form(offer: AnswerOffer) -> Block:
    """Where support writes what the customer reads, and says in which thread it stands."""
    intro = section(say("desk.intro", customer=offer.customer))
    label = plainly("desk.text")
    text = text_input(label, "text", longest=LONGEST_ANSWER, lines=True, hint=plainly("desk.hint"))
    places = [(place.id, _called(place)) for place in offer.places]
    first, _ = places[0]
    where = [select_input(plainly("desk.where"), "place", places, chosen=first)]
    return modal(
        plainly("desk.title"),
        [intro, text, *(where if len(places) > 1 else [])],
        callback=FormId.DESK_ANSWER,
        submit=plainly("desk.send"),
        metadata=f"{offer.about}|{first}",
    )


def answered_window(place: AnswerPlace) -> Block:
    """What is said after it."""
    text = say("desk.sent", channel=Safe(f"<#{place.channel_id}>"))
    return modal(plainly("desk.sent_title"), [section(text)])


def answer_message(user: str, text: str, people: Sequence[str]) -> Message:
    """The answer, as the customer reads it."""
    head = say("desk.answer", user=mention(user))
    addressed = " ".join(mention(each) for each in people)
    return _quoted(Safe(f"{addressed} {head}") if addressed else head, text)


def answer_note(user: str, text: str, channel_id: str) -> Message:
    """The same in the thread of the card in support's channel."""
    head = say("desk.answered_there", user=mention(user), channel=Safe(f"<#{channel_id}>"))
    return _quoted(head, text)


def answered_line(by_user: str, at: datetime | None) -> list[Safe]:
    """What a card says of the last answer."""
    if at is None:
        return []
    return [say("desk.answered", user=mention(by_user), at=moment(at))]


def _quoted(head: Safe, text: str) -> Message:
    """What somebody wrote, line by line, so that it cannot look like more than one text."""
    lines = [Safe(f"> {safe(line)}") for line in text.splitlines()]
    whole = Safe("\n".join([head, *lines]))
    if len(whole) <= SECTION_LIMIT:
        return Message(head, [section(whole)])
    pieces = [piece for line in text.splitlines() for piece in wrap(line, PIECE) or [""]]
    return Message(head, paragraphs([head, *(Safe(f"> {safe(each)}") for each in pieces)]))


def _called(place: AnswerPlace) -> str:
    if place.account is None:
        return plainly("desk.whole_channel")
    return plainly("desk.thread_of", name=place.account.name, address=place.account.sender_email)
