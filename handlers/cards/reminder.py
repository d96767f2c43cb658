"""The reminder of a channel: what still waits, with the buttons that end the waiting."""

from collections.abc import Sequence
from datetime import datetime

from handlers.cards.kit import Block, Message, Safe, actions, button, context, moment, section
from handlers.words import plainly, say
from storage.tables import Account, Reminder

SHOWN = 10


def reminder_message(reminder: Reminder, waiting: Sequence[Account], now: datetime) -> Message:
    """One message that lists what waits, longest first; a thank-you once nothing does."""
    if not waiting:
        return Message(say("reminder.done_summary"), [section(say("reminder.done"))])
    blocks = [section(say("reminder.headline")), *(_line(account) for account in waiting[:SHOWN])]
    if len(waiting) > SHOWN:
        blocks.append(context(say("reminder.more", count=len(waiting) - SHOWN)))
    blocks.append(_footer(reminder, waiting, now))
    return Message(_summary(waiting), blocks)


def _line(account: Account) -> Block:
    text = say("reminder.line", name=account.name, address=account.sender_email, since=moment(account.state_since))
    return section(text, accessory=button(plainly("button.map"), "folders.open", account.ref, "primary"))


def _footer(reminder: Reminder, waiting: Sequence[Account], now: datetime) -> Block:
    snoozed = [account.snoozed_until for account in waiting if account.snoozed_until and account.snoozed_until > now]
    if len(snoozed) == len(waiting):
        return context(say("reminder.snoozed", until=moment(min(snoozed))))
    return actions(
        button(plainly("button.snooze_day"), "reminder.snooze_day", str(reminder.id)),
        button(plainly("button.snooze_week"), "reminder.snooze_week", str(reminder.id)),
    )


def _summary(waiting: Sequence[Account]) -> Safe:
    if len(waiting) == 1:
        return say("reminder.summary_one", name=waiting[0].name)
    return say("reminder.summary", count=len(waiting))
