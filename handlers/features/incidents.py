"""Alerts in Slack: what is pressed on one, in its window and in the forms behind it."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial

from bot.common.people import Person
from bot.common.refusals import Refused, SlackBusy
from bot.common.texts import whole_number
from bot.incidents.presses import IncidentPresses
from bot.services import Services
from handlers.cards.actions import ActionId, FormId
from handlers.cards.incident_windows import (
    keep_form,
    mailboxes_window,
    merge_form,
    silence_form,
    split_form,
    tell_form,
    timeline_window,
)
from handlers.cards.incidents import alert_window, shown_alert
from handlers.cards.kit import Block
from handlers.slack.listeners import FormAnswer, Listeners, form_errors
from handlers.slack.modals import Windows, WindowUnsure
from handlers.slack.payloads import Press, Submission

Deed = Callable[[IncidentPresses, int, Person], object]
"""What is done about the incident with an id by a person."""

DEEDS: dict[ActionId, Deed] = {
    ActionId.ALERT_ACKNOWLEDGE: IncidentPresses.acknowledge,
    ActionId.ALERT_RELEASE: IncidentPresses.unacknowledge,
    ActionId.ALERT_UNSILENCE: IncidentPresses.unsilence,
    ActionId.ALERT_RETEST: partial(IncidentPresses.retest, resolving=False),
    ActionId.ALERT_RESOLVE: partial(IncidentPresses.retest, resolving=True),
    ActionId.ALERT_ESCALATE: IncidentPresses.escalate,
    ActionId.ALERT_HAND_OVER: IncidentPresses.hand_to_support,
    ActionId.ALERT_REOPEN: IncidentPresses.reopen,
}
"""The buttons that do at once what they say."""

SILENT_FOR = {"hour": timedelta(hours=1), "day": timedelta(days=1), "fixed": None}
KEPT_FOR = {
    "15m": timedelta(minutes=15),
    "1h": timedelta(hours=1),
    "4h": timedelta(hours=4),
    "8h": timedelta(hours=8),
    "1d": timedelta(days=1),
    "3d": timedelta(days=3),
    "7d": timedelta(days=7),
}
"""The lengths that the forms offer, by their values."""

AT_REASON = ("alert.no_reason", "alert.reason_too_long")
"""What is said at the field in which the reason stands."""


def register(listeners: Listeners, services: Services) -> None:
    """Register every listener of this feature."""
    for action, deed in DEEDS.items():
        listeners.press(action, partial(act, services, deed))
    listeners.press(ActionId.ALERT_SHOW, lambda press: show(services, press))
    listeners.press(ActionId.ALERT_OTHER, lambda press: show(services, press))
    listeners.press(ActionId.ALERT_MAILBOXES, lambda press: mailboxes(services, press))
    listeners.press(ActionId.ALERT_MAILBOXES_NEXT, lambda press: turn_mailboxes(services, press))
    listeners.press(
        ActionId.ALERT_MAILBOXES_PREVIOUS, lambda press: turn_mailboxes(services, press)
    )
    listeners.press(ActionId.ALERT_TIMELINE, lambda press: timeline(services, press))
    listeners.press(ActionId.ALERT_SILENCE, lambda press: ask_silence(services, press))
    listeners.press(ActionId.ALERT_KEEP, lambda press: ask_how_long(services, press))
    listeners.press(ActionId.ALERT_TELL, lambda press: preview(services, press))
    listeners.press(ActionId.ALERT_MERGE, lambda press: ask_into(services, press))
    listeners.press(ActionId.ALERT_SPLIT, lambda press: ask_whose(services, press))
    listeners.submission(FormId.ALERT_SILENCE, lambda sent: silence(services, sent))
    listeners.submission(FormId.ALERT_KEEP, lambda sent: keep(services, sent))
    listeners.submission(FormId.ALERT_TELL, lambda sent: tell(services, sent))
    listeners.submission(FormId.ALERT_MERGE, lambda sent: merge(services, sent))
    listeners.submission(FormId.ALERT_SPLIT, lambda sent: split(services, sent))


def act(services: Services, deed: Deed, press: Press) -> None:
    """A button that does what it says at once. Where it stands in the alert's window, that shows
    how the alert is now, whether it was done or refused because the alert had gone on."""
    services.rights.on_call(press.person)
    try:
        deed(services.incidents, press.number, press.person)
    finally:
        shown = shown_alert(press.about)
        if shown:
            _draw(services, press.windows, shown)


def show(services: Services, press: Press) -> None:
    """*More* on an alert, and *Open* in a list."""
    services.rights.on_call(press.person)
    press.windows.open(_window(services, press.number))


def mailboxes(services: Services, press: Press) -> None:
    """*Mailboxes* of an alert."""
    services.rights.on_call(press.person)
    found = services.views.incident_lists.mailboxes(press.number, 0)
    press.windows.open(mailboxes_window(found))


def turn_mailboxes(services: Services, press: Press) -> None:
    """*Next page* and *Previous page* of them."""
    services.rights.on_call(press.person)
    number, page = press.page
    found = services.views.incident_lists.mailboxes(whole_number(number), page)
    press.windows.replace(mailboxes_window(found))


def timeline(services: Services, press: Press) -> None:
    """*Timeline* of an alert."""
    services.rights.on_call(press.person)
    press.windows.open(timeline_window(services.views.incidents.timeline(press.number)))


def ask_silence(services: Services, press: Press) -> None:
    """*Silence*: for how long, and why."""
    services.rights.on_call(press.person)
    card = services.views.incidents.card(press.number)
    press.windows.open(silence_form(card, press.value))


def silence(services: Services, sent: Submission) -> FormAnswer:
    """Nobody hears of the alert for a while."""
    services.rights.on_call(sent.person)
    number = whole_number(sent.about)
    length = SILENT_FOR.get(sent.values["length"], SILENT_FOR["hour"])
    try:
        services.incidents.silence(number, length, sent.values["reason"], sent.person)
    except Refused as refused:
        if refused.sentence not in AT_REASON:
            raise
        values = {name: str(value) for name, value in refused.values.items()}
        return form_errors({"reason": refused.sentence}, **values)
    return _closed(services, sent, number)


def ask_how_long(services: Services, press: Press) -> None:
    """*Acknowledge for…*: how long."""
    services.rights.on_call(press.person)
    press.windows.open(keep_form(services.views.incidents.card(press.number), press.value))


def keep(services: Services, sent: Submission) -> FormAnswer:
    """Somebody looks after the alert for as long as they say."""
    services.rights.on_call(sent.person)
    number = whole_number(sent.about)
    length = KEPT_FOR.get(sent.values["length"], timedelta())
    services.incidents.acknowledge(number, sent.person, length)
    return _closed(services, sent, number)


def preview(services: Services, press: Press) -> None:
    """*Tell the customers*: what they would read, and who."""
    services.rights.on_call(press.person)
    concerned = services.views.incident_lists.concerned(press.number)
    if not concerned:
        raise Refused("alert.nobody_to_tell")
    card = services.views.incidents.card(press.number)
    press.windows.open(tell_form(card, concerned, press.value))


def tell(services: Services, sent: Submission) -> FormAnswer:
    """The customers read it."""
    services.rights.on_call(sent.person)
    number = whole_number(sent.about)
    services.incidents.tell_customers(number, sent.person)
    return _closed(services, sent, number)


def ask_into(services: Services, press: Press) -> None:
    """*Merge*: into which other alert."""
    services.rights.on_call(press.person)
    others = services.views.incident_lists.mergeable(press.number)
    if not others:
        raise Refused("alert.nothing_to_merge")
    card = services.views.incidents.card(press.number)
    press.windows.open(merge_form(card, others, press.value))


def merge(services: Services, sent: Submission) -> FormAnswer:
    """Two alerts are one."""
    services.rights.on_call(sent.person)
    number = whole_number(sent.about)
    try:
        services.regrouping.merge(number, whole_number(sent.values["into"]), sent.person)
    except Refused as refused:
        return form_errors({"into": refused.sentence})
    return _closed(services, sent, number)


def ask_whose(services: Services, press: Press) -> None:
    """*Split*: whose mailboxes get an alert of their own."""
    services.rights.on_call(press.person)
    concerned = services.views.incident_lists.concerned(press.number)
    if len(concerned) < 2:
        raise Refused("alert.not_to_split")
    card = services.views.incidents.card(press.number)
    press.windows.open(split_form(card, concerned, press.value))


def split(services: Services, sent: Submission) -> FormAnswer:
    """One alert is two."""
    services.rights.on_call(sent.person)
    number = whole_number(sent.about)
    try:
        services.regrouping.split(number, whole_number(sent.values["customer"]), sent.person)
    except Refused as refused:
        return form_errors({"customer": refused.sentence})
    return _closed(services, sent, number)


def _closed(services: Services, sent: Submission, number: int) -> FormAnswer:
    """The form closes; the alert's window, if it was opened from there, shows how it stands now."""
    if sent.behind is not None:
        _draw(services, sent.behind, number)
    return None


def _draw(services: Services, windows: Windows, number: int) -> None:
    """An alert as it stands now. What was asked for is done by then, whatever Slack says."""
    with suppress(SlackBusy, WindowUnsure):
        windows.replace(_window(services, number))


def _window(services: Services, number: int) -> Block:
    return alert_window(services.views.incidents.card(number))
