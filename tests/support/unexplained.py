"""Replies that no row explains, and what on-call notes of them."""

from typing import Any

from bot.common.people import Person
from bot.diagnosis.note import Note
from bot.diagnosis.observation import Where
from bot.diagnosis.verdict import Verdict
from storage.tables import Account, Failure
from storage.vocabulary import State
from tests.support.fast import ALERTS, FastBot

OMAR = Person("T0LUMEN", "U0OMAR", ALERTS)
NUMBER = 9000017
NEW_NUMBER = {"where": Where.TOKEN, "step": "token", "codes": (NUMBER,)}
"""What Microsoft says of a number that it made after this release."""

WORDS = "The mailbox of {who} is being moved to another datacenter for the {count}th time"
PHRASE = "is being moved to another datacenter"
MOVED = Note(
    phrase=PHRASE,
    title="The mailbox is being moved",
    customer="Microsoft is moving this mailbox. It works again by itself, usually within an hour.",
    support="Seen in November 2026: Exchange moves the mailbox, and answers so meanwhile.",
    owner="microsoft",
    permanence="retry",
    remedy="Wait for an hour.\n\nThen test it again.",
)
KNOWN = "smtp-auth-off-tenant"


def said(who: str = "info@acme.example", count: int = 2) -> dict[str, Any]:
    """What IMAP says of a move, which no row knows."""
    text = WORDS.format(who=who, count=count)
    return {"where": Where.IMAP, "step": "imap.inbox", "text": text}


def beta(bot: FastBot) -> Account:
    """A mailbox of another customer."""
    channel = bot.customer("Beta Boats", "C0BETA")
    return bot.account(State.LIVE, channel=channel, address="info@beta.example")


def reply_of(bot: FastBot) -> Any:
    """The only reply that waits for an explanation, as on-call sees it."""
    with bot.store.transaction() as tx:
        (reply,) = tx.unexplained.pending()
    return bot.views.unexplained.reply(reply.id)


def pending(bot: FastBot) -> int:
    with bot.store.transaction() as tx:
        return len(tx.unexplained.pending())


def note(bot: FastBot, note: Note, stand: str = "") -> int:
    """On-call notes a cause of the only reply; which reply that is."""
    number: int = reply_of(bot).id
    bot.noting.note(number, stand, note, OMAR)
    bot.run_due()
    return number


def meaning(bot: FastBot, failure: Failure) -> Verdict:
    """What an error ID means now."""
    card = bot.views.errors.card(failure.ref)
    assert card is not None
    return card.verdict
