"""The windows behind the buttons of an alert: its mailboxes, its timeline, and the forms in which
something is asked before it is done."""

from collections.abc import Sequence
from itertools import groupby

from bot.views.incident_lists import (
    MAILBOXES,
    AlertRow,
    Concerned,
    MailboxList,
    MailboxRow,
)
from bot.views.incidents import AlertCard, AlertLine
from handlers.cards.account_list import pages
from handlers.cards.actions import ActionId, FormId, Turn
from handlers.cards.incident_messages import known_message, timed
from handlers.cards.kit import (
    Block,
    button,
    divider,
    modal,
    moment,
    paragraphs,
    radios,
    section,
    select_input,
    text_input,
)
from handlers.text.words import plainly, say

TURN = Turn(ActionId.ALERT_MAILBOXES_PREVIOUS, ActionId.ALERT_MAILBOXES_NEXT)
LENGTHS = ("hour", "day", "fixed")
KEPT = ("15m", "1h", "4h", "8h", "1d", "3d", "7d")
USUAL = "8h"
LONGEST_REASON = 300
CUSTOMERS_NAMED = 30


def mailboxes_window(listed: MailboxList) -> Block:
    """A page of the mailboxes of an incident, customer by customer."""
    blocks: list[Block] = []
    for customer, rows in groupby(listed.rows, key=lambda each: each.customer):
        blocks.append(section(say("alert.mailboxes_of", customer=customer)))
        blocks += [_mailbox(each) for each in rows]
    blocks += pages(listed.page, listed.count, MAILBOXES, str(listed.incident_id), TURN)
    title = plainly("alert.mailboxes_title")
    return modal(title, blocks or [section(say("alert.no_mailboxes"))])


def _mailbox(row: MailboxRow) -> Block:
    line = say(
        "alert.mailbox",
        name=row.name,
        address=row.address,
        ref=row.ref,
        since=moment(row.since),
        error=row.error,
    )
    return section(
        line, accessory=button(plainly("button.details"), ActionId.ERROR_SHOW, row.error)
    )


def timeline_window(lines: Sequence[AlertLine]) -> Block:
    """Everything that happened to an incident, oldest first."""
    shown = paragraphs([timed(each) for each in lines])
    return modal(plainly("alert.timeline_title"), shown or [section(say("alert.no_timeline"))])


def silence_form(card: AlertCard, about: str) -> Block:
    """For how long nobody hears of an incident, and why."""
    lengths = [(each, plainly(f"alert.silence_{each}")) for each in LENGTHS]
    return modal(
        plainly("alert.silence_title"),
        [
            section(say("alert.silence_intro", title=card.verdict.title)),
            radios(plainly("alert.silence_length"), "length", lengths, LENGTHS[0]),
            text_input(
                plainly("alert.reason"),
                "reason",
                hint=plainly("alert.silence_hint"),
                longest=LONGEST_REASON,
            ),
        ],
        callback=FormId.ALERT_SILENCE,
        submit=plainly("button.silence"),
        metadata=about,
    )


def keep_form(card: AlertCard, about: str) -> Block:
    """For how long somebody looks after an incident."""
    lengths = [(each, plainly(f"alert.keep_{each}")) for each in KEPT]
    return modal(
        plainly("alert.keep_title"),
        [
            section(say("alert.keep_intro", title=card.verdict.title)),
            radios(plainly("alert.keep_length"), "length", lengths, USUAL),
        ],
        callback=FormId.ALERT_KEEP,
        submit=plainly("button.acknowledge"),
        metadata=about,
    )


def tell_form(card: AlertCard, told: Sequence[Concerned], about: str) -> Block:
    """What the customers would read, and who they are, before it is posted."""
    [first, *_] = told
    named = [say("alert.told", name=each.name, count=each.mailboxes) for each in told]
    left = len(named) - CUSTOMERS_NAMED
    more = [say("home.more", count=left)] if left > 0 else []
    return modal(
        plainly("alert.tell_title"),
        [
            section(say("alert.tell_intro", name=first.name)),
            divider(),
            *known_message(card, first.mailboxes).blocks,
            divider(),
            section(say("alert.tell_whom", count=len(told))),
            *paragraphs([*named[:CUSTOMERS_NAMED], *more]),
        ],
        callback=FormId.ALERT_TELL,
        submit=plainly("alert.tell"),
        metadata=about,
    )


def merge_form(card: AlertCard, others: Sequence[AlertRow], about: str) -> Block:
    """Into which other alert of the same cause one is merged."""
    choices = [(str(each.incident.id), _called(each)) for each in others]
    return modal(
        plainly("alert.merge_title"),
        [
            section(say("alert.merge_intro", title=card.verdict.title)),
            select_input(plainly("alert.merge_into"), "into", choices),
        ],
        callback=FormId.ALERT_MERGE,
        submit=plainly("alert.merge"),
        metadata=about,
    )


def split_form(card: AlertCard, concerned: Sequence[Concerned], about: str) -> Block:
    """Whose mailboxes are taken out of an alert."""
    choices = [
        (str(each.customer_id), plainly("alert.split_customer", name=each.name, n=each.mailboxes))
        for each in concerned
    ]
    return modal(
        plainly("alert.split_title"),
        [
            section(say("alert.split_intro", title=card.verdict.title)),
            select_input(plainly("alert.customer"), "customer", choices),
        ],
        callback=FormId.ALERT_SPLIT,
        submit=plainly("alert.split"),
        metadata=about,
    )


def _called(row: AlertRow) -> str:
    """An alert in a list of choices: whom it concerns, and how many."""
    incident = row.incident
    whom = incident.whom or plainly(f"reach.{incident.scope}")
    return plainly("alert.merge_choice", whom=whom, n=incident.mailboxes)
