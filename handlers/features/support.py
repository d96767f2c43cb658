"""The support team in Slack: asked for help, asked to do it, and its queue of requests."""

from bot.common.texts import whole_number
from bot.services import Services
from bot.support.rights import Action
from handlers.cards.actions import ActionId, FormId
from handlers.cards.help import help_window
from handlers.cards.support import (
    LONGEST_COMMENT,
    commented_window,
    request_sent,
    taken_back_window,
)
from handlers.features import lookup
from handlers.features.audience import audience_in
from handlers.slack.listeners import Listeners, NextWindow
from handlers.slack.payloads import Press, Submission


def register(listeners: Listeners, services: Services) -> None:
    """Register every listener of this feature."""
    listeners.press(ActionId.HELP_SHOW, lambda press: show_help(services, press))
    listeners.press(ActionId.SUPPORT_ASK, lambda press: ask(services, press))
    listeners.press(ActionId.SUPPORT_DO_IT, lambda press: do_it(services, press))
    listeners.press(ActionId.REQUEST_TAKE_BACK, lambda press: take_back(services, press))
    listeners.submission(FormId.REQUEST_COMMENT, lambda sent: comment(services, sent))
    listeners.press(ActionId.REQUEST_TAKE, lambda press: take(services, press))
    listeners.press(ActionId.REQUEST_HAND_BACK, lambda press: hand_back(services, press))
    listeners.press(ActionId.REQUEST_FINISH, lambda press: finish(services, press))


def show_help(services: Services, press: Press) -> None:
    """*Help*."""
    audience_in(services, press.person, press.place)
    role = services.rights.role(press.person, press.place)
    press.windows.open(help_window(role, press.place))


def ask(services: Services, press: Press) -> None:
    """*Contact support* about a failure."""
    view = lookup.error_to_ask_about(services, press.person, press.value)
    number = services.requests.ask(view.failure.ref, press.person, press.channel)
    _say_what_happens(services, press, number, view.failure.ref)


def do_it(services: Services, press: Press) -> None:
    """*Do it for us*, on the set-up card or on an account."""
    if press.value:
        account = services.rights.account(press.person, press.value, Action.ASK_SUPPORT)
        number = services.requests.do_it(account.channel_id, account.id, press.person)
    else:
        channel = services.rights.channel(press.person, press.place, Action.ASK_SUPPORT)
        number = services.requests.do_it(channel.id, None, press.person)
    _say_what_happens(services, press, number)


def comment(services: Services, sent: Submission) -> NextWindow:
    """What the customer adds to a request."""
    number = services.rights.own_request(sent.person, whole_number(sent.about))
    text = sent.values["comment"].strip()[:LONGEST_COMMENT]
    services.requests.comment(number, text, sent.person)
    return NextWindow(commented_window())


def take_back(services: Services, press: Press) -> None:
    """*I don't need it any more* on the customer's side of a request."""
    number = services.rights.own_request(press.person, press.number)
    services.requests.take_back(number, press.person)
    if press.view_id:
        press.windows.replace(taken_back_window())


def _say_what_happens(services: Services, press: Press, number: int, error: str = "") -> None:
    request = services.views.requests.card(number).request
    press.windows.open(request_sent(error, services.support_email, request))


def take(services: Services, press: Press) -> None:
    """*I'll take it* on a request."""
    services.rights.support(press.person)
    services.requests.take(press.number, press.person)


def hand_back(services: Services, press: Press) -> None:
    """*Hand back* on a request."""
    services.rights.support(press.person)
    services.requests.hand_back(press.number, press.person)


def finish(services: Services, press: Press) -> None:
    """*Done* on a request."""
    services.rights.support(press.person)
    services.requests.finish(press.number, press.person)
