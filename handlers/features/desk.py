"""Support answers a customer in the customer's own channel."""

from bot.common.refusals import Refused
from bot.services import Services
from handlers.cards.actions import ActionId, FormId
from handlers.cards.desk import answer_form, answered_window
from handlers.slack.listeners import FormAnswer, Listeners, NextWindow, form_errors
from handlers.slack.payloads import Press, Submission


def register(listeners: Listeners, services: Services) -> None:
    """Register every listener of this feature."""
    listeners.press(ActionId.DESK_ANSWER, lambda press: ask(services, press))
    listeners.submission(FormId.DESK_ANSWER, lambda sent: send(services, sent))


def ask(services: Services, press: Press) -> None:
    """*Answer in their channel*: the form."""
    services.rights.support(press.person)
    press.windows.open(answer_form(services.desk.offer(press.value)))


def send(services: Services, sent: Submission) -> FormAnswer:
    """Answer, or say at the field why not, so that what was written is not lost."""
    services.rights.support(sent.person)
    about, _, only = sent.about.partition("|")
    to = sent.values.get("place") or only
    try:
        place = services.desk.answer(about, to, sent.values["text"], sent.person)
    except Refused as refused:
        return form_errors({"text": refused.sentence})
    return NextWindow(answered_window(place))
