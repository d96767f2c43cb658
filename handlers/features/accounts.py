"""The forms that people send about accounts: a new one, a change, a disconnection, an error to look
up."""

from bot.accounts.service import Form, InvalidForm, OldAccountThere
from bot.services import Services
from bot.support.rights import Action
from bot.views.accounts import AccountView
from handlers.cards.account_form import OAUTH, OLD_DELETED, account_form
from handlers.cards.account_window import disconnected
from handlers.cards.diagnosis import error_window, meaning_window
from handlers.cards.kit import Audience
from handlers.features import lookup
from handlers.slack.listeners import Listeners, NextWindow, form_errors
from handlers.slack.payloads import Submission


def register(listeners: Listeners) -> None:
    """Hang every form into Bolt."""
    services = listeners.services
    listeners.submission("account.save", lambda sent: save_account(services, sent))
    listeners.submission("account.save_change", lambda sent: save_change(services, sent))
    listeners.submission("account.disconnect", lambda sent: disconnect(services, sent))
    listeners.submission("error.read", lambda sent: look_up(services, sent))


def look_up(services: Services, sent: Submission) -> dict[str, str] | NextWindow:
    """Say what an error ID or a pasted text means."""
    text = sent.values["text"].strip()
    if lookup.is_error_id(text):
        return NextWindow(error_window(*lookup.error_named(services, sent.person, text)))
    seen, verdict = services.catalogue.read(text), services.catalogue.lookup_text(text)
    if seen is None or verdict is None:
        return form_errors({"text": "error.lookup_unknown"})
    if sent.about:  # the answer to what Microsoft's page said about that account
        account = services.rights.account(sent.person, sent.about, Action.SIGN_IN)
        services.links.explained(account, seen, sent.person, "another error")
    audience = Audience.SUPPORT if services.rights.is_support(sent.person) else Audience.CUSTOMER
    return NextWindow(meaning_window(verdict, audience))


def save_account(services: Services, sent: Submission) -> dict[str, str] | NextWindow | None:
    """Create the account, or say at each field what is wrong with it; where an old one of its
    address is there still, offer to mark it deleted."""
    channel = services.rights.channel(sent.person, sent.about, Action.ADD)
    form = _form(sent)
    try:
        services.accounts.create(channel, form, sent.person)
    except InvalidForm as error:
        return form_errors(error.problems)
    except OldAccountThere:
        if OLD_DELETED in sent.values:
            return form_errors({OLD_DELETED: "form.old_needed"})
        return NextWindow(account_form(channel.id, form, old_there=True))
    return None


def save_change(services: Services, sent: Submission) -> dict[str, str] | None:
    """Change the account, or say at each field what is wrong with it."""
    account = services.rights.account(sent.person, sent.about, Action.CHANGE)
    try:
        services.accounts.change(account, _form(sent), sent.person)
    except InvalidForm as error:
        return form_errors(error.problems)
    return None


def disconnect(services: Services, sent: Submission) -> NextWindow:
    """Disconnect the account, after the question."""
    account = services.rights.account(sent.person, sent.about, Action.DISCONNECT)
    services.accounts.disconnect(account, sent.person)
    return NextWindow(disconnected(AccountView.of(account)))


def _form(sent: Submission) -> Form:
    values = sent.values
    return Form(
        name=values["name"],
        sender_name=values["sender_name"],
        sender_email=values["sender_email"],
        username=values["username"],
        use_oauth=values["use_oauth"] == OAUTH,
        shared_mailbox=values["shared_mailbox"],
        aliases=values["aliases"],
        old_deleted=values.get(OLD_DELETED) == OLD_DELETED,
    )
