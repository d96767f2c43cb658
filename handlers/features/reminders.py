"""Reminders in Slack: put off, ended and begun again; and the pause of a customer's reminders."""

from datetime import date, timedelta

from bot.common.refusals import Refused
from bot.services import Services
from bot.support.rights import Action
from handlers.cards.actions import ActionId, FormId
from handlers.cards.reminders import pause_form, paused_window, resumed_window
from handlers.slack.listeners import FormErrors, Listeners, NextWindow, form_errors
from handlers.slack.payloads import Press, Submission

A_DAY = timedelta(days=1)
A_WEEK = timedelta(weeks=1)


def register(listeners: Listeners, services: Services) -> None:
    """Register every listener of this feature."""
    listeners.press(ActionId.REMINDER_SNOOZE_DAY, lambda press: snooze(services, press, A_DAY))
    listeners.press(ActionId.REMINDER_SNOOZE_WEEK, lambda press: snooze(services, press, A_WEEK))
    listeners.press(ActionId.REMINDER_STOP, lambda press: stop(services, press))
    listeners.press(ActionId.REMINDER_RESUME, lambda press: resume(services, press))
    listeners.press(ActionId.REMINDER_PAUSE, lambda press: pause(services, press))
    listeners.press(ActionId.REMINDER_END_PAUSE, lambda press: end_pause(services, press))
    listeners.submission(FormId.REMINDER_PAUSE, lambda sent: save_pause(services, sent))


def snooze(services: Services, press: Press, length: timedelta) -> None:
    """*Snooze* on a reminder: everything that it lists."""
    reminder_id = services.rights.reminder(press.person, press.number)
    services.reminders.snooze(reminder_id, services.clock.now() + length, press.person)


def stop(services: Services, press: Press) -> None:
    """*Stop reminders*."""
    account = services.rights.account(press.person, press.value, Action.SNOOZE)
    services.reminders.stop(account.id, press.person)


def resume(services: Services, press: Press) -> None:
    """*Remind again*."""
    account = services.rights.account(press.person, press.value, Action.SNOOZE)
    services.reminders.resume(account.id, press.person)
    press.windows.replace(resumed_window(account.name))


def pause(services: Services, press: Press) -> None:
    """*Pause reminders*: until when."""
    channel = services.rights.channel(press.person, press.value, Action.SNOOZE)
    press.windows.open(pause_form(services.reminders.pause_offer(channel.id), channel.id))


def save_pause(services: Services, sent: Submission) -> FormErrors | NextWindow:
    """The pause begins."""
    channel = services.rights.channel(sent.person, sent.about, Action.SNOOZE)
    try:
        day = date.fromisoformat(sent.values["day"])
        until = services.reminders.pause(channel.id, day, sent.person)
    except (ValueError, Refused):
        return form_errors({"day": "pause.bad_day"})
    return NextWindow(paused_window(until))


def end_pause(services: Services, press: Press) -> None:
    """*Remind again*, for all of the customer's."""
    channel = services.rights.channel(press.person, press.value, Action.SNOOZE)
    services.reminders.end_pause(channel.id, press.person)
    press.windows.replace(paused_window(None))
