"""Old accounts in Slack: planned one by one, and replaced by new ones in one go."""

from dataclasses import replace

from bot.common.people import Person
from bot.services import Services
from bot.support.rights import Action
from bot.views.legacy import OldAccountView
from handlers.cards.actions import ActionId
from handlers.cards.kit import Block
from handlers.cards.legacy import PAGE, OldView, plan_window
from handlers.features.legacy_import import paste_window
from handlers.slack.listeners import Listeners
from handlers.slack.payloads import Press
from storage.vocabulary import Plan


def register(listeners: Listeners, services: Services) -> None:
    """Register every listener of this feature."""
    listeners.press(ActionId.OLD_OPEN, lambda press: show(services, press))
    listeners.press(ActionId.OLD_PLAN, lambda press: show_plan(services, press))
    listeners.press(ActionId.OLD_NEXT, lambda press: turn(services, press))
    listeners.press(ActionId.OLD_PREVIOUS, lambda press: turn(services, press))
    listeners.press(ActionId.OLD_CHANGE, lambda press: plan(services, press, Plan.CHANGE))
    listeners.press(ActionId.OLD_RETAIN, lambda press: plan(services, press, Plan.RETAIN))
    listeners.press(ActionId.OLD_DELETED, lambda press: mark(services, press, deleted=True))
    listeners.press(ActionId.OLD_STILL_THERE, lambda press: mark(services, press, deleted=False))
    listeners.press(ActionId.OLD_TAKE_OFF, lambda press: take_off(services, press))
    listeners.press(ActionId.OLD_CREATE, lambda press: create_accounts(services, press))
    listeners.press(ActionId.OLD_CANCEL, lambda press: cancel(services, press))


def show(services: Services, press: Press) -> None:
    """*Your old accounts*."""
    press.windows.open(first_window(services, press.person, press.place))


def show_plan(services: Services, press: Press) -> None:
    """*See the plan*, in the place of the window that offers it."""
    _show(press, _plan(services, press.person, press.value))


def turn(services: Services, press: Press) -> None:
    """*Next page* and *Previous page* of the plan."""
    channel_id, page = press.page
    _show(press, _plan(services, press.person, channel_id, page))


def plan(services: Services, press: Press, plan: Plan) -> None:
    """*Change* and *Retain*."""
    old = services.rights.old_account(press.person, press.number)
    services.legacy.plan(old.id, plan, press.person)
    _show_page_of(services, press, old)


def mark(services: Services, press: Press, deleted: bool) -> None:
    """*It is deleted* and *It is still there*."""
    old = services.rights.old_account(press.person, press.number)
    services.legacy.mark(old.id, deleted, press.person)
    _show_page_of(services, press, old)


def take_off(services: Services, press: Press) -> None:
    """*Take off the list*."""
    old = services.rights.old_account(press.person, press.number)
    page = _page_of(_plan(services, press.person, old.channel_id), old)
    services.legacy.take_off(old.id, press.person)
    _show(press, _plan(services, press.person, old.channel_id, page))


def create_accounts(services: Services, press: Press) -> None:
    """*Create the new accounts*."""
    channel = services.rights.channel(press.person, press.value, Action.ADD)
    services.legacy.begin_batch(channel.id, press.person)
    _show(press, _plan(services, press.person, channel.id))


def cancel(services: Services, press: Press) -> None:
    """*Stop* on a batch."""
    batch_id = services.rights.batch(press.person, press.number)
    services.legacy.cancel_batch(batch_id, press.person)


def first_window(services: Services, person: Person, channel_id: str) -> Block:
    """The plan of the channel's customer, or where old accounts are imported while there are
    none."""
    view = _plan(services, person, channel_id)
    return plan_window(view) if view.listed else paste_window(services, person, channel_id)


def _show_page_of(services: Services, press: Press, old: OldAccountView) -> None:
    """The plan again, at the page where the old account stands."""
    view = _plan(services, press.person, old.channel_id)
    _show(press, replace(view, page=_page_of(view, old)))


def _page_of(view: OldView, old: OldAccountView) -> int:
    """The page of the plan where an old account stands."""
    return [each.id for each in view.listed].index(old.id) // PAGE


def _show(press: Press, view: OldView) -> None:
    """In the place of the window where the button is; a button on a card opens one."""
    if press.view_id:
        press.windows.replace(plan_window(view))
    else:
        press.windows.open(plan_window(view))


def _plan(services: Services, person: Person, channel_id: str, page: int = 0) -> OldView:
    channel = services.rights.channel(person, channel_id, Action.LIST_OLD)
    old = services.legacy.of_customer(channel.customer_id)
    last_page = max(len(old.accounts) - 1, 0) // PAGE
    return OldView(
        channel_id=channel.id,
        listed=old.accounts,
        stands=old.stands,
        under_way=old.under_way,
        page=min(page, last_page),
        waiting=old.unfinished,
    )
