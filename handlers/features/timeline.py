"""What happened to an account: its window, turned page by page."""

from zoneinfo import ZoneInfo

from bot.common.people import Person
from bot.lifecycle.hours import BadZone, read_zone
from bot.services import Services
from bot.support.rights import Action
from handlers.cards.actions import ActionId
from handlers.cards.kit import Block, Message
from handlers.cards.timeline import SHOWN, SHOWN_BELOW, answer_with_newest, timeline_window
from handlers.slack.listeners import Listeners
from handlers.slack.payloads import Press


def register(listeners: Listeners, services: Services) -> None:
    """Register every listener of this feature."""
    listeners.press(ActionId.TIMELINE_SHOW, lambda press: show(services, press))
    listeners.press(ActionId.TIMELINE_OLDER, lambda press: turn_page(services, press))
    listeners.press(ActionId.TIMELINE_NEWER, lambda press: turn_page(services, press))


def show(services: Services, press: Press) -> None:
    """*Timeline* of an account."""
    account = services.rights.account(press.person, press.value, Action.TIMELINE)
    press.windows.open(page_of(services, press.person, account.id, 0))


def turn_page(services: Services, press: Press) -> None:
    """*Older* and *Newer*."""
    ref, page = press.page
    account = services.rights.account(press.person, ref, Action.TIMELINE)
    press.windows.replace(page_of(services, press.person, account.id, page))


def page_of(services: Services, reader: Person, account_id: int, page: int) -> Block:
    """A page of what happened to an account."""
    timeline = services.views.timelines.of(account_id, page * SHOWN, SHOWN)
    return timeline_window(timeline, page, zone_of(services, reader))


def with_newest(services: Services, reader: Person, answer: Message, account_id: int) -> Message:
    """An answer about an account to support or on-call, with what happened to it last."""
    newest = services.views.timelines.of(account_id, 0, SHOWN_BELOW)
    return answer_with_newest(answer, newest, zone_of(services, reader))


def zone_of(services: Services, reader: Person) -> ZoneInfo:
    """By whose days it is told: the reader's, as Slack draws times, else ours."""
    try:
        return read_zone(services.rights.zone_of(reader))
    except BadZone:
        return services.hours.zone
