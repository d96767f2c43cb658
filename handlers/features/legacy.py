"""Old accounts: the buttons by which they are planned and replaced."""

from slack_sdk import WebClient

from bot.common.people import Person
from bot.common.refusals import Refused
from bot.services import Services
from bot.support.rights import Action
from bot.views.legacy import OldAccountView
from handlers.cards.legacy import PAGE, OldView, plan_window
from handlers.features.legacy_import import paste_window
from handlers.slack.listeners import Listeners
from handlers.slack.modals import Windows
from handlers.slack.payloads import Press, page_of
from storage.tables import OldAccount
from storage.vocabulary import Plan


def register(listeners: Listeners) -> None:
    """Hang them into Bolt."""
    old = OldButtons(listeners.services, listeners.client)
    listeners.press("old.open", old.open)
    listeners.press("old.plan", old.plan)
    listeners.press("old.next", old.turn)
    listeners.press("old.previous", old.turn)
    listeners.press("old.change", lambda press: old.decide(press, Plan.CHANGE))
    listeners.press("old.retain", lambda press: old.decide(press, Plan.RETAIN))
    listeners.press("old.gone", lambda press: old.mark(press, deleted=True))
    listeners.press("old.back", lambda press: old.mark(press, deleted=False))
    listeners.press("old.create", old.create)
    listeners.press("old.cancel", old.cancel)


class OldButtons:
    """What each button does."""

    def __init__(self, services: Services, client: WebClient) -> None:
        self._services = services
        self._client = client

    def open(self, press: Press) -> None:
        """*Your old accounts*: the plan, or where the list is pasted while there is none."""
        open_old(self._services, Windows.of(self._client, press), press.person, press.channel)

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
        self._services.legacy.plan(old, plan, press.person)
        self._show_again(press, old)

    def mark(self, press: Press, deleted: bool) -> None:
        """*It is deleted* and *It is still there*."""
        old = self._old(press)
        self._services.legacy.mark(old, deleted, press.person)
        self._show_again(press, old)

    def create(self, press: Press) -> None:
        """*Create the new accounts*."""
        channel = self._services.rights.channel(press.person, press.value, Action.ADD)
        self._services.legacy.begin(channel, press.person)
        self._show(press, press.value)

    def cancel(self, press: Press) -> None:
        """*Stop* on a batch."""
        with self._services.store.transaction() as tx:
            batch = tx.legacy.batch(int(press.value)) if press.value.isdigit() else None
        if batch is None:
            raise Refused("old.gone")
        self._services.rights.channel(press.person, batch.channel_id, Action.ADD)
        self._services.legacy.cancel(batch, press.person)

    def _old(self, press: Press) -> OldAccount:
        with self._services.store.transaction() as tx:
            old = tx.legacy.get(int(press.value)) if press.value.isdigit() else None
        if old is None:
            raise Refused("old.gone")
        self._services.rights.channel(press.person, old.channel_id, Action.LIST_OLD)
        return old

    def _show_again(self, press: Press, old: OldAccount) -> None:
        with self._services.store.transaction() as tx:
            ids = [each.id for each in tx.legacy.of_customer(old.customer_id)]
        self._show(press, old.channel_id, of=ids.index(old.id))

    def _show(self, press: Press, channel_id: str, page: int = 0, of: int = -1) -> None:
        view = old_view(self._services, press.person, channel_id, page, of)
        if press.view_id:
            Windows.of(self._client, press).replace(press.view_id, plan_window(view))
        else:
            Windows.of(self._client, press).open(plan_window(view))


def open_old(services: Services, windows: Windows, person: Person, channel_id: str) -> None:
    """The plan of the channel's customer, or where a list is pasted while there is none."""
    view = old_view(services, person, channel_id)
    windows.open(plan_window(view) if view.listed else paste_window(services, person, channel_id))


def old_view(
    services: Services, person: Person, channel_id: str, page: int = 0, of: int = -1
) -> OldView:
    """What the customer has listed; the page asked for, or the one where the old account with index
    `of` stands."""
    channel = services.rights.channel(person, channel_id, Action.LIST_OLD)
    with services.store.transaction() as tx:
        listed = tx.legacy.of_customer(channel.customer_id)
        made = {old.account_id: old.id for old in listed if old.account_id}
        states = {made[one.id]: str(one.state) for one in tx.accounts.several([*made])}
        under_way = tx.legacy.open_batch(channel.customer_id) is not None
        draft = tx.legacy.latest_draft(channel.customer_id)
    page = of // PAGE if of >= 0 else min(page, max(len(listed) - 1, 0) // PAGE)
    return OldView(
        channel_id,
        [OldAccountView.of(old) for old in listed],
        states,
        under_way,
        page,
        draft.id if draft else 0,
    )
