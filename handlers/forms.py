"""The forms that people send: a channel's set-up, a new account, the folder mapping."""

from bot.accounts import Form, InvalidForm
from bot.customers import LONGEST_NAME
from bot.desk import Desk
from bot.folders import InvalidMapping
from bot.rights import Action
from handlers.cards.form import OAUTH
from handlers.listening import Listeners, form_errors
from handlers.stimulus import Submission
from storage.vocabulary import FolderRole


def register(listeners: Listeners) -> None:
    """Hang every form into Bolt."""
    desk = listeners.desk
    listeners.submission("setup.save", lambda sent: save_setup(desk, sent))
    listeners.submission("account.save", lambda sent: save_account(desk, sent))
    listeners.submission("folders.save", lambda sent: save_folders(desk, sent))


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
