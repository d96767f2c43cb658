"""Lists of alerts in Slack: opened, filtered and turned."""

from bot.services import Services
from handlers.cards.actions import ActionId
from handlers.cards.incident_list import Choices, list_window
from handlers.cards.kit import Block
from handlers.slack.listeners import Listeners
from handlers.slack.payloads import Press

CHOSEN_BY = (
    ActionId.ALERT_LIST_PART,
    ActionId.ALERT_LIST_SEVERITY,
    ActionId.ALERT_LIST_CAUSE,
    ActionId.ALERT_LIST_CUSTOMER,
)


def register(listeners: Listeners, services: Services) -> None:
    """Register every listener of this feature."""
    listeners.press(ActionId.ALERT_LIST, lambda press: show(services, press))
    for action in CHOSEN_BY:
        listeners.press(action, lambda press: choose(services, press))
    listeners.press(ActionId.ALERT_LIST_NEXT, lambda press: turn(services, press))
    listeners.press(ActionId.ALERT_LIST_PREVIOUS, lambda press: turn(services, press))


def show(services: Services, press: Press) -> None:
    """*Show all alerts*."""
    services.rights.on_call(press.person)
    press.windows.open(listed(services, Choices()))


def choose(services: Services, press: Press) -> None:
    """A choice in one of the lists above the alerts."""
    services.rights.on_call(press.person)
    press.windows.replace(listed(services, Choices.read(press.about).chosen(press.fields)))


def turn(services: Services, press: Press) -> None:
    """*Next page* and *Previous page*."""
    services.rights.on_call(press.person)
    _, page = press.page
    press.windows.replace(listed(services, Choices.read(press.about).turned(page)))


def listed(services: Services, choices: Choices) -> Block:
    """The window of a list."""
    return list_window(choices, services.views.incident_lists.page(choices.only))
