"""Accounts in Slack: the window of one, and the forms that create, change and end it."""

from dataclasses import replace

from bot.accounts.room import FULL
from bot.accounts.service import InvalidForm, OldAccountThere
from bot.common.people import Person
from bot.common.texts import whole_number
from bot.services import Services
from bot.support.rights import Action
from bot.views.account_form import Form
from bot.views.accounts import AccountView
from handlers.cards.account_form import OAUTH, OLD_DELETED, PERSON, account_form, offered
from handlers.cards.account_window import disconnect_form, disconnected
from handlers.cards.actions import ActionId, FormId
from handlers.cards.diagnosis import OwnName
from handlers.cards.kit import Block
from handlers.features.drawn_again import draw_again, draw_behind, window_of
from handlers.slack.listeners import FormAnswer, FormErrors, Listeners, NextWindow, form_errors
from handlers.slack.payloads import Press, Submission


def register(listeners: Listeners, services: Services) -> None:
    """Register every listener of this feature."""
    listeners.press(ActionId.ACCOUNT_ADD, lambda press: add(services, press))
    listeners.press(ActionId.ACCOUNT_SHOW, lambda press: show(services, press))
    listeners.press(ActionId.ACCOUNT_CHANGE, lambda press: change(services, press))
    listeners.press(ActionId.ACCOUNT_KEEP, lambda press: keep(services, press))
    listeners.press(ActionId.ACCOUNT_COPY, lambda press: copy(services, press))
    listeners.press(ActionId.ACCOUNT_DISCONNECT, lambda press: ask_to_disconnect(services, press))
    listeners.submission(FormId.ACCOUNT_CREATE, lambda sent: save(services, sent))
    listeners.submission(FormId.ACCOUNT_CHANGE, lambda sent: save_change(services, sent))
    listeners.submission(FormId.ACCOUNT_DISCONNECT, lambda sent: disconnect(services, sent))


def add(services: Services, press: Press) -> None:
    """*Add an account*: the form."""
    press.windows.open(new_account_form(services, press.person, press.place))


def show(services: Services, press: Press) -> None:
    """*Details* of an account in the list, *More* on its card."""
    press.windows.open(window_of(services, press.person, press.value))


def change(services: Services, press: Press) -> None:
    """*Change details*: the form. *Use as Username*: the same, with the name filled in that
    somebody signed in by."""
    own_name = OwnName.of(press.value)
    account = services.rights.account(press.person, own_name.account, Action.CHANGE)
    form = services.accounts.form(account.id)
    if own_name.upn:
        form = replace(form, username=own_name.upn)
    press.windows.open(account_form(account.ref, form, changes=True))


def keep(services: Services, press: Press) -> None:
    """*Leave it as it is*: a change of addresses ends that its owner has not agreed to."""
    account = services.rights.account(press.person, press.value, Action.CHANGE_ADDRESSES)
    services.accounts.withdraw_change(account.id, press.person)
    draw_again(services, press)


def copy(services: Services, press: Press) -> None:
    """*Create copy*: the form for another account like this one."""
    account = services.rights.account(press.person, press.value, Action.ADD)
    press.windows.open(copy_form(services, account))


def ask_to_disconnect(services: Services, press: Press) -> None:
    """*Disconnect*: the question before it."""
    account = services.rights.account(press.person, press.value, Action.DISCONNECT)
    press.windows.open(disconnect_form(account))


def save(services: Services, sent: Submission) -> FormAnswer:
    """Create the account, or say at each field what is wrong with it; where an old one of its
    address is there still, offer to mark it deleted."""
    channel = services.rights.channel(sent.person, sent.about, Action.ADD)
    form = _form(sent)
    chosen = sent.values.get(PERSON, "")
    if chosen:
        person = services.known_people.find(channel.id, whole_number(chosen))
        if person is None:
            return form_errors({PERSON: "form.person_gone"})
        form = form.sent_by(person)
    try:
        services.accounts.create(channel.id, form, sent.person, sent.view_id)
    except InvalidForm as error:
        problems = _at_choice(error.problems) if chosen else error.problems
        return form_errors(problems, **error.values)
    except OldAccountThere:
        if OLD_DELETED in sent.values:
            return form_errors({OLD_DELETED: "form.old_needed"})
        people = services.known_people.of_channel(channel.id)
        return NextWindow(account_form(channel.id, form, old_there=True, people=people))
    return None


def save_change(services: Services, sent: Submission) -> FormErrors | None:
    """Change the account, or say at each field what is wrong with it."""
    account = services.rights.account(sent.person, sent.about, Action.CHANGE)
    form = _form(sent)
    new = services.accounts.readdresses(account.id, form)
    if new and not services.rights.may(sent.person, account.channel_id, Action.CHANGE_ADDRESSES):
        return form_errors(dict.fromkeys(new, "form.members_only"))
    try:
        services.accounts.change(account.id, form, sent.person)
    except InvalidForm as error:
        return form_errors(error.problems, **error.values)
    draw_behind(services, sent, account.ref)
    return None


def disconnect(services: Services, sent: Submission) -> NextWindow:
    """Disconnect the account, after the question."""
    account = services.rights.account(sent.person, sent.about, Action.DISCONNECT)
    services.accounts.disconnect(account.id, sent.person)
    draw_behind(services, sent, account.ref)
    return NextWindow(disconnected(account))


def new_account_form(services: Services, person: Person, channel_id: str) -> Block:
    """The form for a new account in a channel."""
    channel = services.rights.channel(person, channel_id, Action.ADD)
    people = services.known_people.of_channel(channel.id)
    # What nobody typed is the chosen person's
    values = Form() if offered(people) else Form(sender_name=channel.customer)
    return account_form(channel.id, values, people=people)


def copy_form(services: Services, account: AccountView) -> Block:
    """The form for another account like this one, of the same domain."""
    people = services.known_people.of_channel(account.channel_id)
    domain = account.sender_email.partition("@")[2]
    name = "" if offered(people) else account.sender_name
    values = Form(sender_name=name, sender_email=f"@{domain}")
    return account_form(account.channel_id, values, people=people)


def _at_choice(problems: dict[str, str]) -> dict[str, str]:
    """That somebody who was chosen has too many accounts, is said where they were chosen."""
    return {PERSON if each == FULL else field: each for field, each in problems.items()}


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
