"""Folder mapping: the window with its lists, searched and paged; suggestions accepted, for one
mailbox or all of a customer."""

from collections.abc import Mapping
from dataclasses import replace

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.common.jobs import FillFolders
from bot.common.people import Person
from bot.common.refusals import Refused
from bot.diagnosis.failures import Recorded
from bot.folders.service import FoldersUnavailable, InvalidMapping, SameFolder
from bot.services import Services
from bot.support.rights import Action
from bot.views.accounts import AccountView
from handlers.cards.folders import (
    FILTER,
    PAGE,
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
from handlers.slack.listeners import Listeners, NextWindow, form_errors, unexpected
from handlers.slack.modals import Windows, fill
from handlers.slack.payloads import Press, Submission
from storage.tables import Account
from storage.vocabulary import FolderRole, State

log = structlog.get_logger(__name__)


def register(listeners: Listeners) -> None:
    """Hang them into Bolt."""
    buttons = FolderButtons(listeners.services, listeners.client)
    listeners.press("folders.open", buttons.open)
    listeners.press("folders.again", buttons.again)
    for name in ("folders.filter", "folders.search"):
        listeners.press(name, buttons.search)
    listeners.press("folders.next", lambda press: buttons.turn(press, 1))
    listeners.press("folders.previous", lambda press: buttons.turn(press, -1))
    listeners.press("folders.accept", buttons.accept)
    listeners.press("folders.use_all", buttons.use_for_all)
    listeners.submission("folders.save", buttons.save)


class FolderButtons:
    """What each button and form does."""

    def __init__(self, services: Services, client: WebClient) -> None:
        self._services = services
        self._client = client

    def open(self, press: Press) -> None:
        """*Map folders*."""
        account = self._account(press.person, press.value)
        open_folders(self._services, Windows.of(self._client, press), account)

    def again(self, press: Press) -> None:
        """*Try again*, in the window that said why the folders could not be had."""
        account = self._account(press.person, press.value)
        Windows.of(self._client, press).replace(press.view_id, loading(AccountView.of(account)))
        have_filled(self._services, account, press.view_id)

    def search(self, press: Press) -> None:
        """The lists hold what has these words in its name."""
        self._redraw(press, press.fields.get(FILTER, ""), 0)

    def turn(self, press: Press, by: int) -> None:
        """*Next page* and *Previous page* of the lists."""
        _, page, _, words = read(press.about)
        asked = press.fields.get(FILTER, "").strip()
        self._redraw(press, asked, max(page + by, 0) if asked == words else 0)

    def accept(self, press: Press) -> None:
        """*Accept all suggestions*."""
        account = self._account(press.person, press.value)
        if not self._services.folders.accept(account, press.person):
            raise Refused("folders.needs_a_look", name=account.name)

    def use_for_all(self, press: Press) -> None:
        """*Use for all*: the customer's other mailboxes, by evidence."""
        account = self._account(press.person, press.value)
        others = self._others(press.person, account)
        accepted = self._services.folders.use_for_all(account, others, press.person)
        Windows.of(self._client, press).replace(press.view_id, accepted_window(accepted))

    def save(self, sent: Submission) -> dict[str, str] | NextWindow | None:
        """Keep the mapping, or say at each role what is wrong with it; a folder that is chosen
        twice is asked about."""
        ref, page, round, _ = read(sent.about)
        account = self._account(sent.person, ref)
        chosen = _chosen(sent.values)
        try:
            self._save(account, chosen, sent)
        except InvalidMapping as error:
            return form_errors({role.value: problem for role, problem in error.problems.items()})
        except SameFolder as error:
            form = self._form(account, chosen, sent.values.get(FILTER, ""), page, round + 1)
            return NextWindow(mapping_form(replace(form, twice=error.twice)))
        others = self._others(sent.person, account)
        return NextWindow(saved_window(AccountView.of(account), len(others))) if others else None

    def _save(self, account: Account, chosen: Mapping[FolderRole, str], sent: Submission) -> None:
        """A yes is one to exactly the question that was asked."""
        try:
            self._services.folders.save(account, chosen, sent.person)
        except SameFolder as error:
            if sent.values.get(SAME) != question(error.twice):
                raise
            self._services.folders.save(account, chosen, sent.person, same_is_meant=True)

    def _others(self, person: Person, account: Account) -> list[Account]:
        """The customer's other accounts that wait for their folders and that the person may map."""
        with self._services.store.transaction() as tx:
            accounts = [
                a for a in tx.accounts.of_customer(account.customer_id) if a.state is State.UNMAPPED
            ]
        allowed = {
            a.channel_id: self._may(person, a) for a in {a.channel_id: a for a in accounts}.values()
        }
        return [a for a in accounts if a.id != account.id and allowed[a.channel_id]]

    def _may(self, person: Person, account: Account) -> bool:
        try:
            self._account(person, account.ref)
        except Refused:
            return False
        return True

    def _redraw(self, press: Press, words: str, page: int) -> None:
        ref, _, round, _ = read(press.about)
        account = self._account(press.person, ref)
        form = self._form(account, _chosen(press.fields), words.strip(), page, round + 1)
        Windows.of(self._client, press).replace(press.view_id, mapping_form(form))

    def _form(
        self, account: Account, chosen: Mapping[FolderRole, str], words: str, page: int, round: int
    ) -> FolderForm:
        form = FolderForm(
            AccountView.of(account),
            self._services.folders.listed(account.id),
            chosen,
            words,
            page,
            round,
        )
        return form if page * PAGE < len(form.fitting) else replace(form, page=0)

    def _account(self, person: Person, ref: str) -> Account:
        return self._services.rights.account(person, ref, Action.MAP_FOLDERS)


def open_folders(services: Services, windows: Windows, account: Account) -> None:
    """The window of the folder mapping: empty at once, filled by the worker, since a mailbox may be
    slow.

    Raises:
        Refused: nobody signed in yet.
    """
    if not account.object_id:
        raise Refused("folders.not_connected", name=account.name)
    have_filled(services, account, windows.open(loading(AccountView.of(account))))


def have_filled(services: Services, account: Account, view_id: str) -> None:
    """Have the worker fetch an account's folders into a window."""
    with services.store.transaction() as tx:
        tx.jobs.add(FillFolders(account_id=account.id, view_id=view_id), services.clock.now())


def fill_folders(services: Services, client: WebClient, work: FillFolders) -> None:
    """Do the job of fetching an account's folders into the window that waits for them."""
    with services.store.transaction() as tx:
        account = tx.accounts.get(work.account_id)
    try:
        view = mapping_form(first_form(AccountView.of(account), services.folders.fetch(account.id)))
    except FoldersUnavailable as error:
        view = _told(account, error.recorded)
    try:
        fill(client, work.view_id, view)
    except SlackApiError as error:
        if not str(error.response["error"]).startswith("invalid"):
            raise  # another time
        log.exception("folders.window_refused")
        fill(client, work.view_id, _told(account, unexpected(services, work.kind, error)))


def _told(account: Account, recorded: Recorded) -> Block:
    return unavailable(AccountView.of(account), recorded.verdict, recorded.failure.ref)


def read(about: str) -> tuple[str, int, int, str]:
    """The account, the page, the round and the words that the window carries."""
    ref, page, round, words = (*about.split("|", 3), "", "", "")[:4]
    return ref, _small(page), _small(round), words


def _small(text: str) -> int:
    return int(text) if text.isdigit() and len(text) < 6 else 0


def _chosen(values: Mapping[str, str]) -> dict[FolderRole, str]:
    return {role: values[role] for role in FolderRole if values.get(role)}
