"""The forms that people send: a channel's set-up, a new account, the folder mapping."""

from bot.accounts import Form, InvalidForm
from bot.customers import LONGEST_NAME
from bot.desk import Desk
from bot.folders import InvalidMapping
from bot.rights import Action
from handlers import lookup
from handlers.cards.error import error_window, meaning_window
from handlers.cards.form import OAUTH
from handlers.cards.kit import Audience
from handlers.listening import Listeners, NextWindow, form_errors
from handlers.stimulus import Submission
from storage.vocabulary import FolderRole


def register(listeners: Listeners) -> None:
    """Hang every form into Bolt."""
    desk = listeners.desk
    listeners.submission("setup.save", lambda sent: save_setup(desk, sent))
    listeners.submission("account.save", lambda sent: save_account(desk, sent))
    listeners.submission("folders.save", lambda sent: save_folders(desk, sent))
    listeners.submission("error.look_up", lambda sent: look_up(desk, sent))


def look_up(desk: Desk, sent: Submission) -> dict[str, str] | NextWindow:
    """Say what an error ID or a pasted text means."""
    text = sent.values["text"].strip()
    if lookup.is_error_id(text):
        return NextWindow(error_window(*lookup.error_named(desk, sent.person, text)))
    verdict = desk.catalogue.lookup_text(text)
    if verdict is None:
        return form_errors({"text": "error.lookup_unknown"})
    audience = Audience.SUPPORT if desk.rights.is_support(sent.person) else Audience.CUSTOMER
    return NextWindow(meaning_window(verdict, audience))


def save_setup(desk: Desk, sent: Submission) -> dict[str, str] | None:
    """Bind the channel that the form was opened in."""
    desk.rights.support(sent.person)
    name = sent.values["customer"].strip()
    if not name:
        return form_errors({"customer": "form.name_missing"})
    if len(name) > LONGEST_NAME:
        return form_errors({"customer": "form.name_too_long"})
    desk.customers.bind(sent.about, name, sent.person)
    return None


def save_account(desk: Desk, sent: Submission) -> dict[str, str] | None:
    """Create the account, or say at each field what is wrong with it."""
    channel = desk.rights.channel(sent.person, sent.about, Action.ADD)
    values = sent.values
    form = Form(
        name=values["name"],
        sender_name=values["sender_name"],
        sender_email=values["sender_email"],
        username=values["username"],
        use_oauth=values["use_oauth"] == OAUTH,
        shared_mailbox=values["shared_mailbox"],
    )
    try:
        desk.accounts.create(channel, form, sent.person)
    except InvalidForm as error:
        return form_errors(error.problems)
    return None


def save_folders(desk: Desk, sent: Submission) -> dict[str, str] | None:
    """Keep the mapping, or say at each role what is wrong with it."""
    account = desk.rights.account(sent.person, sent.about, Action.MAP_FOLDERS)
    chosen = {FolderRole(role): key for role, key in sent.values.items() if key}
    try:
        desk.folders.save(account, chosen, sent.person)
    except InvalidMapping as error:
        return form_errors({role.value: problem for role, problem in error.problems.items()})
    return None
