"""Errors in Slack: what one means, its evidence, a pasted text looked up."""

from bot.common.refusals import Refused
from bot.services import Services
from bot.support.rights import Action
from handlers.cards.actions import ActionId, FormId, ShortcutId
from handlers.cards.diagnosis import (
    Login,
    error_window,
    evidence_window,
    lookup_form,
    meaning_window,
)
from handlers.cards.kit import Audience
from handlers.features import lookup
from handlers.slack.listeners import FormAnswer, Listeners, NextWindow, form_errors
from handlers.slack.payloads import Choice, Press, Submission


def register(listeners: Listeners, services: Services) -> None:
    """Register every listener of this feature."""
    listeners.press(ActionId.ERROR_SHOW, lambda press: show_error(services, press))
    listeners.press(ActionId.ERROR_EVIDENCE, lambda press: show_evidence(services, press))
    listeners.press(ActionId.ERROR_LOOK_UP, ask_for_error)
    listeners.submission(FormId.ERROR_LOOK_UP, lambda sent: look_up(services, sent))
    listeners.shortcut(ShortcutId.ERROR_LOOK_UP, lambda choice: look_up_message(services, choice))


def show_error(services: Services, press: Press) -> None:
    """*Details* and *What to do* of a failure."""
    press.windows.open(error_window(*lookup.error_named(services, press.person, press.value)))


def show_evidence(services: Services, press: Press) -> None:
    """*Copy evidence* of a failure."""
    view, audience = lookup.error_named(services, press.person, press.value)
    if audience is not Audience.SUPPORT:
        raise Refused("refused.support_only")
    press.windows.open(evidence_window(services.evidence.of(view.failure.ref)))


def ask_for_error(press: Press) -> None:
    """*I saw an error*: where it is pasted."""
    press.windows.open(lookup_form())


def look_up(services: Services, sent: Submission) -> FormAnswer:
    """Say what an error ID or a pasted text means."""
    text = sent.values["text"].strip()
    if lookup.is_error_id(services, text):
        return NextWindow(error_window(*lookup.error_named(services, sent.person, text)))
    seen = services.catalogue.read(text)
    verdict = services.catalogue.lookup_text(text)
    services.pasted.looked_up(text, verdict, sent.person)
    if seen is None or verdict is None:
        return form_errors({"text": "error.lookup_unknown"})
    if not sent.about:
        return NextWindow(meaning_window(lookup.told(services, sent.person, verdict)))
    # What Microsoft's page said about that account
    account = services.rights.account(sent.person, sent.about, Action.SIGN_IN)
    error = services.links.saw(account.id, seen, sent.person)
    login = Login(account.ref, services.views.accounts.card(account.id).link)
    if error:
        return NextWindow(error_window(*lookup.error_named(services, sent.person, error), login))
    return NextWindow(meaning_window(lookup.told(services, sent.person, verdict, account), login))


def look_up_message(services: Services, choice: Choice) -> None:
    """*Look up Microsoft error* on a message."""
    choice.windows.open(meaning_window(lookup.pasted(services, choice.person, choice.text)))
