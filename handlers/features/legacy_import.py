"""Old accounts imported from Slack: pasted, typed or uploaded, looked over, mended, and taken."""

from slack_sdk import WebClient

from bot.common.jobs import ReadFile
from bot.common.people import Person
from bot.common.texts import whole_number
from bot.common.ways_out import WaysOut
from bot.legacy.columns import Unclear
from bot.legacy.decoding import NotAList, decode
from bot.services import Services
from bot.support.rights import Action
from bot.views.legacy_import import Choice
from handlers.cards.actions import ActionId, FormId
from handlers.cards.kit import Block
from handlers.cards.legacy_import import (
    COLUMNS,
    FILE,
    MAX_FIELD_LENGTH,
    columns_form,
    field_of,
    listed_window,
    paste_form,
    reading_window,
    review_form,
    unreadable_window,
)
from handlers.slack.files import fetch
from handlers.slack.listeners import FormErrors, Listeners, NextWindow, form_errors
from handlers.slack.modals import fill
from handlers.slack.payloads import Press, Submission


def register(listeners: Listeners, services: Services) -> None:
    """Register every listener of this feature."""
    listeners.press(ActionId.IMPORT_PASTE, lambda press: paste(services, press))
    listeners.press(ActionId.IMPORT_AGAIN, lambda press: try_again(services, press))
    listeners.press(ActionId.IMPORT_GO_ON, lambda press: go_on(services, press))
    listeners.submission(FormId.IMPORT_CHECK, lambda sent: check(services, sent))
    listeners.submission(FormId.IMPORT_COLUMNS, lambda sent: choose_columns(services, sent))
    listeners.submission(FormId.IMPORT_SAVE, lambda sent: save(services, sent))


def paste(services: Services, press: Press) -> None:
    """*List more*: where old accounts are pasted."""
    press.windows.open(paste_window(services, press.person, press.value))


def try_again(services: Services, press: Press) -> None:
    """*Try another file*, in the place of the window that said what was wrong."""
    press.windows.replace(paste_window(services, press.person, press.value))


def go_on(services: Services, press: Press) -> None:
    """*Continue this list*: the import that was begun and not taken."""
    draft_id = services.rights.draft(press.person, press.number)
    press.windows.replace(review_form(services.drafts.review(draft_id)))


def check(services: Services, sent: Submission) -> FormErrors | NextWindow:
    """Show what taking the pasted text or the file would do."""
    channel = services.rights.channel(sent.person, sent.about, Action.LIST_OLD)
    field = field_of([*sent.values])
    text = sent.values[field]
    file_id = sent.values.get(FILE, "")
    if file_id and text.strip():
        return form_errors({FILE: "old.one_of_two"})
    if file_id:
        services.drafts.have_file_read(channel.id, file_id, sent.view_id, sent.person)
        return NextWindow(reading_window())
    return _begin(services, channel.id, sent)


def choose_columns(services: Services, sent: Submission) -> FormErrors | NextWindow:
    """Show what taking the list would do, now that somebody said which column is what."""
    channel_id, file_id, key = (*sent.about.split("|"), "", "")[:3]
    channel = services.rights.channel(sent.person, channel_id, Action.LIST_OLD)
    columns = [sent.values.get(name, "") for name in COLUMNS]
    if columns[0] and columns[0] == columns[1]:
        return form_errors({COLUMNS[1]: "old.column_twice"})
    choice = Choice.of(",".join([key, *columns]))
    if not file_id:
        return _begin(services, channel.id, sent, choice)
    services.drafts.have_file_read(channel.id, file_id, sent.view_id, sent.person, choice)
    return NextWindow(reading_window())


def save(services: Services, sent: Submission) -> FormErrors | NextWindow:
    """Take what is good of the import; what is not stays in the form, to be mended."""
    draft_id = services.rights.draft(sent.person, whole_number(sent.about))
    field = field_of([*sent.values])
    try:
        review = services.drafts.take(draft_id, sent.values.get(field, ""), sent.person)
    except NotAList as error:
        return form_errors({field: str(error)})
    if review.wrong:
        return NextWindow(review_form(review))
    return NextWindow(listed_window(review.taken, review.channel_id))


def _begin(
    services: Services, channel_id: str, sent: Submission, choice: Choice | None = None
) -> FormErrors | NextWindow:
    """The review of what was pasted, or what has to be known first."""
    field = field_of([*sent.values])
    try:
        review = services.drafts.begin(channel_id, sent.values[field], sent.person, choice)
    except NotAList as error:
        return form_errors({field: str(error)})
    except Unclear as error:
        fits = len(error.cleaned.text) <= MAX_FIELD_LENGTH
        return NextWindow(columns_form(error.cleaned if fits else error.question, channel_id))
    return NextWindow(review_form(review))


def paste_window(services: Services, person: Person, channel_id: str) -> Block:
    """Where old accounts are pasted, with the way back to an import that was begun."""
    channel = services.rights.channel(person, channel_id, Action.LIST_OLD)
    return paste_form(channel.id, services.drafts.unfinished(channel.customer_id))


def read_file(services: Services, client: WebClient, ways: WaysOut, work: ReadFile) -> None:
    """Do the job of an uploaded file: show what importing it would do, in the window that waits for
    it."""
    if services.customers.of_channel(work.channel_id) is None:
        return
    try:
        text = decode(fetch(client, work.file_id, ways))
        if not text.strip():
            raise NotAList("old.file_empty")
        choice = Choice.of(work.columns)
        view = review_form(services.drafts.begin(work.channel_id, text, work.by, choice))
    except NotAList as error:
        view = unreadable_window(str(error), work.channel_id)
    except Unclear as error:
        view = columns_form(error.question, work.channel_id, work.file_id)
    fill(client, work.view_id, view)
