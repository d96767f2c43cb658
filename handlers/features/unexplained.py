"""Replies that nothing explains, in Slack: their causes are noted, changed and taken back."""

from bot.common.refusals import Refused
from bot.common.texts import whole_number
from bot.diagnosis.note import Note, NotNoted
from bot.services import Services
from handlers.cards.actions import ActionId, FormId
from handlers.cards.unexplained import note_form, noted_window, taken_back_window
from handlers.slack.listeners import FormAnswer, Listeners, NextWindow, form_errors
from handlers.slack.payloads import Press, Submission

FIELDS = ("cause", "phrase", "title", "customer", "support", "owner", "permanence", "remedy")


def register(listeners: Listeners, services: Services) -> None:
    """Register every listener of this feature."""
    listeners.press(ActionId.CAUSE_NOTE, lambda press: ask_for_cause(services, press))
    listeners.press(ActionId.CAUSE_TAKE_BACK, lambda press: take_back(services, press))
    listeners.submission(FormId.CAUSE_SAVE, lambda sent: note(services, sent))


def ask_for_cause(services: Services, press: Press) -> None:
    """*Note the cause*, and *Change the cause*."""
    services.rights.on_call(press.person)
    reply = services.views.unexplained.reply(press.number)
    if reply is None:
        raise Refused("unexplained.forgotten")
    press.windows.open(note_form(reply, services.views.unexplained.causes()))


def note(services: Services, sent: Submission) -> FormAnswer:
    """Keep the cause, or say at the fields what is missing."""
    services.rights.on_call(sent.person)
    reply_id, stand = _about(sent.about)
    filled = Note(**{name: sent.values.get(name, "").strip() for name in FIELDS})
    try:
        cause = services.noting.note(reply_id, stand, filled, sent.person)
    except NotNoted as refused:
        return form_errors(refused.problems)
    return NextWindow(noted_window(services.catalogue.verdict(cause).title))


def take_back(services: Services, press: Press) -> None:
    """*Take it back* in the window of a cause."""
    services.rights.on_call(press.person)
    services.noting.take_back(*_about(press.value), press.person)
    press.windows.replace(taken_back_window())


def _about(value: str) -> tuple[int, str]:
    """The reply, and what was noted of it when the window was opened."""
    reply_id, _, stand = value.partition("|")
    return whole_number(reply_id), stand
