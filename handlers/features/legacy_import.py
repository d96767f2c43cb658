"""Lists of old accounts: pasted, typed or uploaded, looked over, mended, and taken."""

from datetime import timedelta

from slack_sdk import WebClient

from bot.common.jobs import ReadFile
from bot.common.people import Person
from bot.common.refusals import Refused
from bot.legacy import importing
from bot.legacy.importing import NotAList
from bot.services import Services
from bot.support.rights import Action
from handlers.cards.kit import Block
from handlers.cards.legacy_import import (
    FILE,
    field_of,
    listed_window,
    paste_form,
    reading_window,
    review_form,
    unreadable_window,
)
from handlers.slack.files import fetch
from handlers.slack.listeners import Listeners, NextWindow, form_errors
from handlers.slack.modals import Windows, fill
from handlers.slack.payloads import Press, Submission
from storage.tables import Channel, ListDraft

A_MOMENT = timedelta(seconds=1)


def register(listeners: Listeners) -> None:
    """Hang them into Bolt."""
    lists = Lists(listeners.services, listeners.client)
    listeners.press("old.paste", lists.paste)
    listeners.press("old.again", lists.again)
    listeners.press("old.go_on", lists.go_on)
    listeners.submission("old.check", lists.check)
    listeners.submission("old.save", lists.save)


class Lists:
    """What each button and form does."""

    def __init__(self, services: Services, client: WebClient) -> None:
        self._services = services
        self._client = client

    def paste(self, press: Press) -> None:
        """*List more*: where a list is pasted."""
        Windows.of(self._client, press).open(
            paste_window(self._services, press.person, press.value)
        )

    def again(self, press: Press) -> None:
        """*Try another file*, in the place of the window that said what was wrong."""
        Windows.of(self._client, press).replace(
            press.view_id, paste_window(self._services, press.person, press.value)
        )

    def go_on(self, press: Press) -> None:
        """*Go on with it*: the list that was begun and not taken."""
        draft, channel = self._draft(press.person, press.value)
        Windows.of(self._client, press).replace(
            press.view_id, review_form(self._services.drafts.review(draft, channel))
        )

    def check(self, sent: Submission) -> dict[str, str] | NextWindow:
        """Show what taking the pasted text or the file would do."""
        channel = self._services.rights.channel(sent.person, sent.about, Action.LIST_OLD)
        name, file_id = field_of([*sent.values]), sent.values.get(FILE, "")
        text = sent.values[name]
        if file_id and text.strip():
            return form_errors({FILE: "old.one_of_two"})
        if file_id:
            self._have_read(channel, file_id, sent)
            return NextWindow(reading_window())
        try:
            return NextWindow(review_form(self._services.drafts.begin(channel, text, sent.person)))
        except NotAList as error:
            return form_errors({name: str(error)})

    def save(self, sent: Submission) -> dict[str, str] | NextWindow:
        """Take what is good of the list; what is not stays in the form, to be mended."""
        draft, channel = self._draft(sent.person, sent.about)
        name = field_of([*sent.values])
        try:
            review = self._services.drafts.take(
                draft, channel, sent.values.get(name, ""), sent.person
            )
        except NotAList as error:
            return form_errors({name: str(error)})
        return NextWindow(
            review_form(review) if review.wrong else listed_window(review.taken, channel.id)
        )

    def _have_read(self, channel: Channel, file_id: str, sent: Submission) -> None:
        """Have the worker read the file: a moment later, so that what it shows comes after the
        window that says so."""
        work = ReadFile(
            channel_id=channel.id,
            file_id=file_id,
            view_id=sent.view_id,
            team=sent.person.team,
            user=sent.person.user,
            place=sent.person.place,
        )
        with self._services.store.transaction() as tx:
            tx.jobs.add(work, self._services.clock.now() + A_MOMENT)

    def _draft(self, person: Person, text: str) -> tuple[ListDraft, Channel]:
        with self._services.store.transaction() as tx:
            draft = tx.legacy.draft(int(text)) if text.isdigit() else None
        if draft is None:
            raise Refused("old.draft_gone")
        return draft, self._services.rights.channel(person, draft.channel_id, Action.LIST_OLD)


def paste_window(services: Services, person: Person, channel_id: str) -> Block:
    """Where a list is pasted, with the way back to one that was begun."""
    channel = services.rights.channel(person, channel_id, Action.LIST_OLD)
    with services.store.transaction() as tx:
        draft = tx.legacy.latest_draft(channel.customer_id)
    return paste_form(channel_id, draft.id if draft else 0)


def read_file(services: Services, client: WebClient, work: ReadFile) -> None:
    """Do the job of an uploaded file: show what taking its list would do, in the window that waits
    for it."""
    with services.store.transaction() as tx:
        channel = tx.channels.get(work.channel_id)
    if channel is None:
        return
    try:
        text = importing.decode(fetch(client, work.file_id))
        if not text.strip():
            raise NotAList("old.file_empty")
        view = review_form(services.drafts.begin(channel, text, work.by))
    except NotAList as error:
        view = unreadable_window(str(error), channel.id)
    fill(client, work.view_id, view)
