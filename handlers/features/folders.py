"""Folder mapping in Slack: the window with its lists, and suggestions accepted, for one mailbox or
all of a customer."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.common.jobs import FillFolders
from bot.common.people import Person
from bot.common.refusals import Refused
from bot.common.texts import whole_number
from bot.diagnosis.failures import Recorded
from bot.folders.service import FoldersUnavailable, InvalidMapping, SameFolder
from bot.services import Services
from bot.support.rights import Action
from bot.views.accounts import AccountView
from bot.views.audience import Audience
from bot.views.telling import for_audience
from handlers.cards.actions import ActionId, FormId
from handlers.cards.folders import (
    FILTER,
    SAME,
    FolderForm,
    accepted_window,
    first_form,
    loading,
    mapping_form,
    question,
    saved_window,
    unavailable,
)
from handlers.cards.kit import Block
from handlers.features.drawn_again import draw_again
from handlers.slack.listeners import FormAnswer, Listeners, NextWindow, form_errors
from handlers.slack.modals import Windows, fill
from handlers.slack.payloads import Press, Submission
from storage.vocabulary import FolderRole

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class About:
    """What the mapping window carries: whose folders, which page of them, how often it was drawn,
    and the words that they are filtered by."""

    ref: str
    page: int
    round: int
    words: str

    @classmethod
    def read(cls, text: str) -> "About":
        """Read a window's `about`."""
        ref, page, round, words = (*text.split("|", 3), "", "", "")[:4]
        return cls(ref, whole_number(page), whole_number(round), words)


def register(listeners: Listeners, services: Services) -> None:
    """Register every listener of this feature."""
    listeners.press(ActionId.FOLDERS_OPEN, lambda press: show(services, press))
    listeners.press(ActionId.FOLDERS_AGAIN, lambda press: try_again(services, press))
    listeners.press(ActionId.FOLDERS_FILTER, lambda press: search(services, press))
    listeners.press(ActionId.FOLDERS_SEARCH, lambda press: search(services, press))
    listeners.press(ActionId.FOLDERS_NEXT, lambda press: turn(services, press, 1))
    listeners.press(ActionId.FOLDERS_PREVIOUS, lambda press: turn(services, press, -1))
    listeners.press(ActionId.FOLDERS_ACCEPT, lambda press: accept(services, press))
    listeners.press(ActionId.FOLDERS_USE_FOR_ALL, lambda press: use_for_all(services, press))
    listeners.submission(FormId.FOLDERS_SAVE, lambda sent: save(services, sent))


def show(services: Services, press: Press) -> None:
    """*Map folders*."""
    account = services.rights.account(press.person, press.value, Action.MAP_FOLDERS)
    open_folders(services, press.windows, account, press.person)


def try_again(services: Services, press: Press) -> None:
    """*Try again*, in the window that said why the folders could not be had."""
    account = services.rights.account(press.person, press.value, Action.MAP_FOLDERS)
    press.windows.replace(loading(account))
    services.folders.show_in(account.id, press.view_id, services.rights.is_support(press.person))


def search(services: Services, press: Press) -> None:
    """The lists hold what has these words in its name."""
    _redraw(services, press, press.fields.get(FILTER, ""), 0)


def turn(services: Services, press: Press, by: int) -> None:
    """*Next page* and *Previous page* of the lists; words that were typed meanwhile count first."""
    about = About.read(press.about)
    words = press.fields.get(FILTER, "").strip()
    page = max(about.page + by, 0) if words == about.words else 0
    _redraw(services, press, words, page)


def accept(services: Services, press: Press) -> None:
    """*Accept all suggestions*."""
    account = services.rights.account(press.person, press.value, Action.MAP_FOLDERS)
    if not services.folders.accept(account.id, press.person):
        raise Refused("folders.needs_a_look", name=account.name)
    draw_again(services, press)


def use_for_all(services: Services, press: Press) -> None:
    """*Use for all*: the customer's other mailboxes, by evidence."""
    account = services.rights.account(press.person, press.value, Action.MAP_FOLDERS)
    others = [other.id for other in _others(services, press.person, account)]
    accepted = services.folders.use_for_all(account.id, others, press.person)
    press.windows.replace(accepted_window(accepted))


def save(services: Services, sent: Submission) -> FormAnswer:
    """Keep the mapping, or say at each role what is wrong with it; a folder that is chosen twice is
    asked about."""
    about = About.read(sent.about)
    account = services.rights.account(sent.person, about.ref, Action.MAP_FOLDERS)
    chosen = _chosen(sent.values)
    try:
        _save(services, account, chosen, sent)
    except InvalidMapping as error:
        return form_errors({role.value: problem for role, problem in error.problems.items()})
    except SameFolder as error:
        again = replace(about, words=sent.values.get(FILTER, ""), round=about.round + 1)
        form = replace(_form(services, account, chosen, again), twice=error.twice)
        return NextWindow(mapping_form(form))
    others = _others(services, sent.person, account)
    return NextWindow(saved_window(account, len(others))) if others else None


def open_folders(
    services: Services, windows: Windows, account: AccountView, person: Person
) -> None:
    """The window of the folder mapping: empty at once, filled by the worker, since a mailbox may be
    slow.

    Raises:
        Refused: nobody signed in yet.
    """
    services.folders.require_connection(account.id)
    view_id = windows.open(loading(account))
    services.folders.show_in(account.id, view_id, services.rights.is_support(person))


def fill_folders(services: Services, client: WebClient, work: FillFolders) -> None:
    """Do the job of fetching an account's folders into the window that waits for them."""
    account = services.accounts.get(work.account_id)
    try:
        view = mapping_form(first_form(account, services.folders.fetch(account.id)))
    except FoldersUnavailable as error:
        view = _told(account, error.recorded, work)
    try:
        fill(client, work.view_id, view)
    except SlackApiError as error:
        if not str(error.response["error"]).startswith("invalid"):
            raise  # another time
        log.exception("folders.window_refused")
        own = services.own_errors.record(work.kind, error)
        fill(client, work.view_id, _told(account, own, work))


def _save(
    services: Services, account: AccountView, chosen: Mapping[FolderRole, str], sent: Submission
) -> None:
    try:
        services.folders.save(account.id, chosen, sent.person)
    except SameFolder as error:
        # A yes counts for exactly the question that was asked, not for what was chosen since
        if sent.values.get(SAME) != question(error.twice):
            raise
        services.folders.save(account.id, chosen, sent.person, same_is_meant=True)


def _others(services: Services, person: Person, account: AccountView) -> list[AccountView]:
    """The customer's other accounts that wait for their folders and that the person may map."""
    others = [
        each for each in services.folders.unmapped(account.customer_id) if each.id != account.id
    ]
    return services.rights.among(person, others, Action.MAP_FOLDERS)


def _redraw(services: Services, press: Press, words: str, page: int) -> None:
    about = About.read(press.about)
    account = services.rights.account(press.person, about.ref, Action.MAP_FOLDERS)
    again = replace(about, words=words.strip(), page=page, round=about.round + 1)
    form = _form(services, account, _chosen(press.fields), again)
    press.windows.replace(mapping_form(form))


def _form(
    services: Services, account: AccountView, chosen: Mapping[FolderRole, str], about: About
) -> FolderForm:
    folders = services.folders.listed(account.id)
    form = FolderForm(account, folders, chosen, about.words, about.page, about.round)
    return form if about.page * form.page_size < len(form.fitting) else replace(form, page=0)


def _told(account: AccountView, recorded: Recorded, work: FillFolders) -> Block:
    audience = Audience.SUPPORT if work.ours else Audience.CUSTOMER
    told = for_audience(recorded.verdict, audience)
    return unavailable(account, told, recorded.failure.ref)


def _chosen(values: Mapping[str, str]) -> dict[FolderRole, str]:
    return {role: values[role] for role in FolderRole if values.get(role)}
