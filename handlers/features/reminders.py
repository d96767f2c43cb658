"""Reminders put off, ended and begun again; and the pause of a customer's reminders."""

from datetime import date, timedelta

from slack_sdk import WebClient

from bot.common.people import Person
from bot.common.refusals import Refused
from bot.lifecycle.hours import hours_of
from bot.services import Services
from bot.support.rights import Action
from bot.views.customers import CustomerView
from handlers.cards.reminders import pause_form, paused_window, resumed_window
from handlers.slack.listeners import Listeners, NextWindow, form_errors
from handlers.slack.modals import Windows
from handlers.slack.payloads import Press, Submission
from storage.tables import Reminder


def register(listeners: Listeners) -> None:
    """Hang them into Bolt."""
    buttons = ReminderButtons(listeners.services, listeners.client)
    listeners.press("reminder.snooze_day", lambda press: buttons.snooze(press, timedelta(days=1)))
    listeners.press("reminder.snooze_week", lambda press: buttons.snooze(press, timedelta(weeks=1)))
    listeners.press("reminder.stop", buttons.stop)
    listeners.press("reminder.resume", buttons.resume)
    listeners.press("reminder.pause", buttons.pause)
    listeners.press("reminder.end_pause", buttons.end_pause)
    listeners.submission("reminder.pause_save", buttons.save_pause)


class ReminderButtons:
    """What each button and form does."""

    def __init__(self, services: Services, client: WebClient) -> None:
        self._services = services
        self._client = client

    def snooze(self, press: Press, length: timedelta) -> None:
        """*Snooze* on a reminder."""
        with self._services.store.transaction() as tx:
            reminder = tx.reminders.get(int(press.value)) if press.value.isdigit() else None
        if reminder is None:
            raise Refused("refused.nothing_to_snooze")
        self._allow(press.person, reminder)
        self._services.reminders.snooze(
            int(press.value), self._services.clock.now() + length, press.person
        )

    def stop(self, press: Press) -> None:
        """*Not needed*."""
        account = self._services.rights.account(press.person, press.value, Action.SNOOZE)
        self._services.reminders.stop(account, press.person)

    def resume(self, press: Press) -> None:
        """*Remind again*."""
        account = self._services.rights.account(press.person, press.value, Action.SNOOZE)
        self._services.reminders.resume(account, press.person)
        Windows.of(self._client, press).replace(press.view_id, resumed_window(account.name))

    def pause(self, press: Press) -> None:
        """*Pause reminders*: until when."""
        channel = self._services.rights.channel(press.person, press.value, Action.SNOOZE)
        with self._services.store.transaction() as tx:
            customer = tx.channels.customer(channel.customer_id)
        now, hours = self._services.clock.now(), hours_of(customer, self._services.hours)
        until = (
            customer.paused_until if customer.paused_until and customer.paused_until > now else None
        )
        day = hours.day(until) if until else hours.day(now) + timedelta(weeks=1)
        Windows.of(self._client, press).open(pause_form(CustomerView.of(customer), channel.id, day))

    def save_pause(self, sent: Submission) -> dict[str, str] | NextWindow:
        """The pause begins."""
        channel = self._services.rights.channel(sent.person, sent.about, Action.SNOOZE)
        try:
            day = date.fromisoformat(sent.values["day"])
            return NextWindow(
                paused_window(self._services.reminders.pause(channel, day, sent.person))
            )
        except (ValueError, Refused):
            return form_errors({"day": "pause.bad_day"})

    def end_pause(self, press: Press) -> None:
        """*Remind again*, for all of the customer's."""
        channel = self._services.rights.channel(press.person, press.value, Action.SNOOZE)
        self._services.reminders.end_pause(channel, press.person)
        Windows.of(self._client, press).replace(press.view_id, paused_window(None))

    def _allow(self, person: Person, reminder: Reminder) -> None:
        if reminder.channel_id == self._services.support_channel:
            self._services.rights.support(person)
        else:
            self._services.rights.channel(person, reminder.channel_id, Action.SNOOZE)
