"""A reminder: what still waits, with the buttons that end the waiting or put it off; and the pause
of a customer's reminders."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bot.diagnosis.verdict import Verdict
from bot.lifecycle.service import handed_over
from bot.views.customers import CustomerView
from handlers.cards.actions import ActionId, FormId
from handlers.cards.folders import folder_buttons, folder_names
from handlers.cards.kit import (
    Audience,
    Block,
    Message,
    Safe,
    actions,
    button,
    context,
    date_input,
    divider,
    mention,
    modal,
    moment,
    section,
)
from handlers.cards.signin import organisation_buttons
from handlers.text.words import plainly, say
from storage.tables import Account, Failure, Reminder
from storage.vocabulary import State

MAX_SHOWN = 15
MENTIONED = 5


@dataclass(frozen=True)
class Waiting:
    """An account that waits: its customer's name, its usable login link, why it fails, if it does,
    the folders (role, name) that could be mapped unseen, and who signed in and waits for a word
    about the organisation."""

    account: Account
    customer: str = ""
    link: str = ""
    fault: tuple[Failure, Verdict] | None = None
    sure: Sequence[tuple[str, str]] = ()
    held: str = ""


@dataclass(frozen=True)
class ReminderView:
    """What a reminder tells now: what is on it and waits still, how many more wait in the channel,
    who is addressed, and until when who has paused the customer's reminders."""

    reminder: Reminder
    waiting: Sequence[Waiting]
    now: datetime
    more: int = 0
    people: Sequence[str] = ()
    paused: tuple[datetime, str] | None = None


def reminder_message(view: ReminderView, audience: Audience) -> Message:
    """One message that lists what waits, as the reminder orders it; a thank-you once nothing
    does."""
    if not view.waiting:
        return Message(say("reminder.done_summary"), [section(say("reminder.done"))])
    blocks = [section(_headline(view, audience))]
    for waiting in view.waiting[:MAX_SHOWN]:
        row = _buttons(waiting, audience)
        blocks += [section(_line(waiting, audience, view.now)), *([actions(*row)] if row else [])]
    more = view.more + max(len(view.waiting) - MAX_SHOWN, 0)
    blocks += [context(say("reminder.more", count=more))] if more else []
    if view.paused is not None:
        until, user = view.paused
        blocks.append(context(say("reminder.paused", until=moment(until), user=mention(user))))
    return Message(_summary(view), [*blocks, divider(), _footer(view, audience)])


def pause_form(customer: CustomerView, channel_id: str, today: date) -> Block:
    """Until when nobody of the customer is reminded; with the way to end a pause."""
    blocks = [section(say("pause.intro", customer=customer.name))]
    if customer.paused_until is not None:
        who = mention(customer.paused_by_user)
        text = say("pause.until", until=moment(customer.paused_until), user=who)
        blocks.append(
            section(
                text,
                accessory=button(
                    plainly("button.end_pause"), ActionId.REMINDER_END_PAUSE, channel_id
                ),
            )
        )
    blocks.append(
        date_input(plainly("pause.day"), "day", today.isoformat(), plainly("pause.day_hint"))
    )
    title, save = plainly("pause.title"), plainly("pause.save")
    return modal(title, blocks, callback=FormId.REMINDER_PAUSE, submit=save, metadata=channel_id)


def paused_window(until: datetime | None) -> Block:
    """What became of a pause: until when, or that it is over."""
    text = say("pause.done", until=moment(until)) if until else say("pause.ended")
    return modal(plainly("pause.title"), [section(text)])


def resumed_window(name: str) -> Block:
    """That people are reminded of an account again."""
    return modal(plainly("reminder.resumed_title"), [section(say("reminder.resumed", name=name))])


def held_line(account: Account, now: datetime) -> Safe | None:
    """That nobody is reminded of an account, until when, and who said so."""
    who = mention(account.nag_held_by_user)
    if account.nag_stopped_at is not None:
        return say("reminder.stopped", user=who)
    if account.snoozed_until is not None and account.snoozed_until > now:
        return say("reminder.snoozed", until=moment(account.snoozed_until), user=who)
    return None


def _headline(view: ReminderView, audience: Audience) -> Safe:
    if audience is Audience.SUPPORT:
        return say("reminder.headline_support")
    people = Safe(" ".join(mention(user) for user in view.people[:MENTIONED]))
    return say("reminder.headline_people", people=people) if people else say("reminder.headline")


def _line(waiting: Waiting, audience: Audience, now: datetime) -> Safe:
    account = waiting.account
    sentence = (
        waiting.fault[1].customer
        if waiting.fault
        else plainly("next.fault_unknown").replace("*", "")
    )
    what = say(f"reminder.waits_{account.state}", username=account.username, sentence=sentence)
    if waiting.held:
        domain = waiting.held.rpartition("@")[2]
        what = say("next.held", upn=waiting.held, customer=waiting.customer, domain=domain)
    facts = {
        "name": account.name,
        "address": account.sender_email,
        "since": moment(account.state_since),
        "what": what,
    }
    if audience is Audience.SUPPORT:
        line = say("reminder.line_support", customer=waiting.customer, ref=account.ref, **facts)
    else:
        line = say("reminder.line", **facts)
    held = say("reminder.handed_over") if handed_over(account) else held_line(account, now)
    sure = waiting.sure and audience is Audience.CUSTOMER
    found = say("reminder.sure", folders=folder_names(waiting.sure)) if sure else None
    return Safe("\n".join(filter(None, [line, found, held])))


def _buttons(waiting: Waiting, audience: Audience) -> list[Block]:
    ref = waiting.account.ref
    stop = button(plainly("button.not_needed"), ActionId.REMINDER_STOP, ref)
    if audience is Audience.SUPPORT:
        return [button(plainly("button.details"), ActionId.ACCOUNT_SHOW, ref), stop]
    if waiting.held:
        return [*organisation_buttons(ref), stop]
    match waiting.account.state:
        case State.TESTING:
            return []
        case State.UNMAPPED:
            return [*folder_buttons(ref, bool(waiting.sure)), stop]
        case State.AWAITING_SIGN_IN if waiting.link:
            first = button(
                plainly("button.sign_in"), ActionId.LINK_OPENED, ref, "primary", waiting.link
            )
        case State.AWAITING_SIGN_IN:
            first = button(plainly("button.new_link"), ActionId.LINK_RENEW, ref, "primary")
        case State.AWAITING_ADMIN:
            first = button(plainly("button.packet"), ActionId.ADMIN_PACKET, ref, "primary")
        case _ if waiting.fault is not None:
            first = button(
                plainly("button.what_to_do"), ActionId.ERROR_SHOW, waiting.fault[0].ref, "primary"
            )
        case _:
            first = button(plainly("button.test_again"), ActionId.TEST_RUN, ref, "primary")
    return [first, stop]


def _footer(view: ReminderView, audience: Audience) -> Block:
    value = str(view.reminder.id)
    row = [
        button(plainly("button.snooze_day"), ActionId.REMINDER_SNOOZE_DAY, value),
        button(plainly("button.snooze_week"), ActionId.REMINDER_SNOOZE_WEEK, value),
    ]
    if audience is Audience.CUSTOMER:
        row.append(
            button(plainly("button.pause"), ActionId.REMINDER_PAUSE, view.reminder.channel_id)
        )
    return actions(*row)


def _summary(view: ReminderView) -> Safe:
    count = len(view.waiting) + view.more
    if count == 1:
        return say("reminder.summary_one", name=view.waiting[0].account.name)
    return say("reminder.summary", count=count)
