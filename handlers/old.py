"""Old accounts: the buttons and forms by which they are listed, planned and replaced."""

from slack_sdk import WebClient

from bot import listing
from bot.desk import Desk
from bot.listing import NotAList
from bot.people import Person
from bot.refusals import Refused
from bot.rights import Action
from handlers.cards.old import LIST, PAGE, OldView, listed_window, paste_form, plan_window, review_form
from handlers.listening import Listeners, NextWindow, form_errors
from handlers.stimulus import Press, Submission, page_of
from handlers.windows import Windows
from storage.tables import OldAccount
from storage.vocabulary import Plan


def register(listeners: Listeners) -> None:
    """Hang them into Bolt."""
    old = OldButtons(listeners.desk, listeners.client)
    listeners.press("old.open", old.open)
    listeners.press("old.paste", old.paste)
    listeners.press("old.plan", old.plan)
    listeners.press("old.next", old.turn)
    listeners.press("old.previous", old.turn)
    listeners.press("old.change", lambda press: old.decide(press, Plan.CHANGE))
    listeners.press("old.retain", lambda press: old.decide(press, Plan.RETAIN))
    listeners.press("old.gone", lambda press: old.mark(press, deleted=True))
    listeners.press("old.back", lambda press: old.mark(press, deleted=False))
    listeners.press("old.create", old.create)
    listeners.press("old.cancel", old.cancel)
    listeners.submission("old.check", lambda sent: check(listeners.desk, sent))
    listeners.submission("old.save", lambda sent: save(listeners.desk, sent))


def check(desk: Desk, sent: Submission) -> dict[str, str] | NextWindow:
    """Show what listing the pasted text would do."""
    channel = desk.rights.channel(sent.person, sent.about, Action.LIST_OLD)
    try:
        rows = desk.old.check(channel, _text(sent))
    except NotAList as error:
        return _wrong(sent, str(error))
    head = listing.header(_text(sent))
    return NextWindow(review_form(channel.id, rows, head)) if rows else _wrong(sent, "old.empty")


def save(desk: Desk, sent: Submission) -> dict[str, str] | NextWindow:
    """List what is good of the text; what is not stays in the form, to be mended."""
    channel = desk.rights.channel(sent.person, sent.about, Action.LIST_OLD)
    try:
        rows = desk.old.list(channel, _text(sent), sent.person)
    except NotAList as error:
        return _wrong(sent, str(error))
    wrong = [row for row in rows if row.problem]
    count = len(rows) - len(wrong)
    if not wrong:
        return NextWindow(listed_window(count, channel.id))
    return NextWindow(review_form(channel.id, wrong, listing.header(_text(sent)), count))


def _field(sent: Submission) -> str:
    return next(name for name in sent.values if name.startswith(LIST))


def _text(sent: Submission) -> str:
    return sent.values[_field(sent)]


def _wrong(sent: Submission, sentence: str) -> dict[str, str]:
    return form_errors({_field(sent): sentence})


class OldButtons:
    """What each button does."""

    def __init__(self, desk: Desk, client: WebClient) -> None:
        self._desk = desk
        self._client = client

    def open(self, press: Press) -> None:
        """*Your old accounts*: the plan, or where the list is pasted while there is none."""
        view = self._view(press.person, press.channel)
        self._windows(press).open(plan_window(view) if view.listed else paste_form(press.channel))

    def paste(self, press: Press) -> None:
        """*Add more*."""
        self._desk.rights.channel(press.person, press.value, Action.LIST_OLD)
        self._windows(press).open(paste_form(press.value))

    def plan(self, press: Press) -> None:
        """*See the plan*, in the place of the window that offers it."""
        self._show(press, press.value)

    def turn(self, press: Press) -> None:
        """*Next* and *Previous*."""
        channel, page = page_of(press.value)
        self._show(press, channel, page)

    def decide(self, press: Press, plan: Plan) -> None:
        """*Change* and *Retain*."""
        old = self._old(press)
        self._desk.old.plan(old, plan, press.person)
        self._show_again(press, old)

    def mark(self, press: Press, deleted: bool) -> None:
        """*It is deleted* and *It is still there*."""
        old = self._old(press)
        self._desk.old.mark(old, deleted, press.person)
        self._show_again(press, old)

    def create(self, press: Press) -> None:
        """*Create the new accounts*."""
        channel = self._desk.rights.channel(press.person, press.value, Action.ADD)
        self._desk.old.begin(channel, press.person)
        self._show(press, press.value)

    def cancel(self, press: Press) -> None:
        """*Stop* on a batch."""
        with self._desk.store.transaction() as tx:
            batch = tx.old.batch(int(press.value)) if press.value.isdigit() else None
        if batch is None:
            raise Refused("old.gone")
        self._desk.rights.channel(press.person, batch.channel_id, Action.ADD)
        self._desk.old.cancel(batch, press.person)

    def _old(self, press: Press) -> OldAccount:
        with self._desk.store.transaction() as tx:
            old = tx.old.get(int(press.value)) if press.value.isdigit() else None
        if old is None:
            raise Refused("old.gone")
        self._desk.rights.channel(press.person, old.channel_id, Action.LIST_OLD)
        return old

    def _show_again(self, press: Press, old: OldAccount) -> None:
        with self._desk.store.transaction() as tx:
            ids = [each.id for each in tx.old.of_customer(old.customer_id)]
        self._show(press, old.channel_id, of=ids.index(old.id))

    def _show(self, press: Press, channel_id: str, page: int = 0, of: int = -1) -> None:
        view = self._view(press.person, channel_id, page, of)
        if press.view_id:
            self._windows(press).replace(press.view_id, plan_window(view))
        else:
            self._windows(press).open(plan_window(view))

    def _view(self, person: Person, channel_id: str, page: int = 0, of: int = -1) -> OldView:
        channel = self._desk.rights.channel(person, channel_id, Action.LIST_OLD)
        with self._desk.store.transaction() as tx:
            listed = tx.old.of_customer(channel.customer_id)
            made = {old.account_id: old.id or 0 for old in listed if old.account_id}
            states = {made[one.id or 0]: str(one.state) for one in tx.accounts.several([*made])}
            under_way = tx.old.open_batch(channel.customer_id) is not None
        page = of // PAGE if of >= 0 else min(page, max(len(listed) - 1, 0) // PAGE)
        return OldView(channel_id, listed, states, under_way, page)

    def _windows(self, press: Press) -> Windows:
        return Windows(self._client, press.trigger, in_window=bool(press.view_id))
