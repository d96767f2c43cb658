"""Reminders: what still waits, with the buttons that end the waiting or put it off."""

from datetime import datetime

from bot.views.audience import Audience
from bot.views.customers import PauseOffer
from bot.views.next_steps import way_on
from bot.views.reminders import ReminderCard, WaitingAccount
from bot.views.telling import for_audience
from handlers.cards.actions import ActionId, FormId
from handlers.cards.checks import is_no_approval
from handlers.cards.folders import folder_buttons, folder_names
from handlers.cards.held_back import held_line
from handlers.cards.kit import (
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
from handlers.cards.signin import held_sentence, organisation_buttons
from handlers.cards.ways import led
from handlers.text.words import plainly, say
from storage.vocabulary import Owner, State

MAX_MENTIONED = 5
"""So many people are addressed in one reminder."""


def reminder_message(card: ReminderCard, audience: Audience) -> Message:
    """One message that lists what waits, as the reminder orders it; a thank-you once nothing
    does."""
    if not card.waiting:
        return Message(say("reminder.done_summary"), [section(say("reminder.done"))])
    blocks = [section(_headline(card, audience))]
    for waiting in card.waiting:
        blocks.append(section(_line(waiting, audience)))
        buttons = _buttons(waiting, audience)
        if buttons:
            blocks.append(actions(*buttons))
    if card.more:
        blocks.append(context(say("reminder.more", count=card.more)))
    if card.paused is not None:
        user = mention(card.paused.by_user)
        blocks.append(context(say("reminder.paused", until=moment(card.paused.until), user=user)))
    return Message(_summary(card), [*blocks, divider(), _footer(card, audience)])


def pause_form(offer: PauseOffer, channel_id: str) -> Block:
    """Until when nobody of the customer is reminded; with the way to end a pause."""
    blocks = [section(say("pause.intro", customer=offer.customer))]
    if offer.there is not None:
        who = mention(offer.there.by_user)
        text = say("pause.until", until=moment(offer.there.until), user=who)
        blocks.append(
            section(
                text,
                accessory=button(
                    plainly("button.end_pause"), ActionId.REMINDER_END_PAUSE, channel_id
                ),
            )
        )
    blocks.append(
        date_input(plainly("pause.day"), "day", offer.day.isoformat(), plainly("pause.day_hint"))
    )
    return modal(
        plainly("pause.title"),
        blocks,
        callback=FormId.REMINDER_PAUSE,
        submit=plainly("pause.save"),
        metadata=channel_id,
    )


def paused_window(until: datetime | None) -> Block:
    """What became of a pause: until when, or that it is over."""
    text = say("pause.done", until=moment(until)) if until else say("pause.ended")
    return modal(plainly("pause.title"), [section(text)])


def resumed_window(name: str) -> Block:
    """That people are reminded of an account again."""
    return modal(plainly("reminder.resumed_title"), [section(say("reminder.resumed", name=name))])


def _headline(card: ReminderCard, audience: Audience) -> Safe:
    if audience is Audience.SUPPORT:
        return say("reminder.headline_support")
    people = Safe(" ".join(mention(user) for user in card.people[:MAX_MENTIONED]))
    if not people:
        return say("reminder.headline")
    # Who added a mailbox need not be who signs in to it, whom we do not know in Slack
    others = any(each.card.waits_for_sign_in for each in card.waiting)
    return say("reminder.headline_added" if others else "reminder.headline_people", people=people)


def _line(waiting: WaitingAccount, audience: Audience) -> Safe:
    account = waiting.account
    facts = {
        "name": account.name,
        "address": account.sender_email,
        "since": moment(account.state_since),
        "what": _what(waiting, audience),
    }
    if audience is Audience.SUPPORT:
        lines = [say("reminder.line_support", customer=waiting.customer, ref=account.ref, **facts)]
    else:
        lines = [say("reminder.line", **facts)]
    if waiting.fault is not None:
        lines.append(say("card.error", error=waiting.fault.error))
    if waiting.sure and audience is Audience.CUSTOMER:
        lines.append(say("reminder.sure", folders=folder_names(waiting.sure)))
    if waiting.handed_over:
        lines += [say("reminder.handed_over")] if audience is Audience.CUSTOMER else []
    elif waiting.held_back is not None:
        lines.append(held_line(waiting.held_back))
    return Safe("\n".join(lines))


def _what(waiting: WaitingAccount, audience: Audience) -> Safe:
    """What the account waits for, as a sentence."""
    if waiting.held:
        return held_sentence(waiting.held, waiting.customer, audience)
    if waiting.fault is not None:
        sentence = for_audience(waiting.fault.verdict, audience).sentence
    else:
        sentence = plainly("next.fault_unknown").replace("*", "")
    name = f"reminder.waits_{waiting.account.state}"
    if waiting.account.state is State.AWAITING_SIGN_IN and waiting.fault is not None:
        name = "reminder.waits_failing"
    if waiting.account.state is State.AWAITING_ADMIN:
        if is_no_approval(waiting.fault):
            name = "reminder.waits_awaiting_admin_otherwise"
        elif audience is Audience.SUPPORT:
            name = "reminder.waits_awaiting_admin_support"
    if waiting.fault is not None and waiting.fault.verdict.owner is Owner.SUPPORT:
        name = "reminder.waits_failing"
    return say(name, username=waiting.account.username, sentence=sentence)


def _buttons(waiting: WaitingAccount, audience: Audience) -> list[Block]:
    ref = waiting.account.ref
    stop = button(plainly("button.not_needed"), ActionId.REMINDER_STOP, ref)
    if waiting.account.state is State.TESTING and audience is Audience.CUSTOMER:
        return []
    others = _others(waiting, audience)
    return [*led(waiting.card, audience, others), stop]


def _others(waiting: WaitingAccount, audience: Audience) -> list[Block]:
    """What else leads on, beside the next step of the readers."""
    ref = waiting.account.ref
    details = [button(plainly("button.details"), ActionId.ACCOUNT_SHOW, ref)]
    if audience is Audience.SUPPORT:
        return details
    if waiting.held:
        return organisation_buttons(ref, waiting.held)
    if waiting.account.state is State.UNMAPPED:
        return folder_buttons(ref, bool(waiting.sure))
    if waiting.card.waits_for_sign_in:
        return [button(plainly("button.invite"), ActionId.INVITE_OPEN, ref)]
    return [] if way_on(waiting.card, audience) else details


def _footer(card: ReminderCard, audience: Audience) -> Block:
    value = str(card.reminder.id)
    row = [
        button(plainly("button.snooze_day"), ActionId.REMINDER_SNOOZE_DAY, value),
        button(plainly("button.snooze_week"), ActionId.REMINDER_SNOOZE_WEEK, value),
    ]
    if audience is Audience.CUSTOMER:
        channel_id = card.reminder.channel_id
        signing_in = [each for each in card.waiting if each.card.waits_for_sign_in]
        if len(signing_in) > 1:
            row.append(button(plainly("button.invite_all"), ActionId.INVITE_ALL, channel_id))
        row.append(button(plainly("button.pause"), ActionId.REMINDER_PAUSE, channel_id))
    return actions(*row)


def _summary(card: ReminderCard) -> Safe:
    count = len(card.waiting) + card.more
    if count == 1:
        return say("reminder.summary_one", name=card.waiting[0].account.name)
    return say("reminder.summary", count=count)
