"""Connection tests in Slack: run now, with a message, or after somebody reports a fix."""

from bot.services import Services
from bot.support.rights import Action
from handlers.cards.actions import ActionId
from handlers.features.drawn_again import draw_again
from handlers.slack.listeners import Listeners
from handlers.slack.payloads import Press


def register(listeners: Listeners, services: Services) -> None:
    """Register every listener of this feature."""
    listeners.press(ActionId.TEST_RUN, lambda press: test(services, press))
    listeners.press(ActionId.TEST_WITH_MESSAGE, lambda press: test_with_message(services, press))
    listeners.press(ActionId.FIX_REPORTED, lambda press: report_fix(services, press))


def test(services: Services, press: Press) -> None:
    """*Test connection*."""
    account = services.rights.account(press.person, press.value, Action.TEST)
    services.checks.start(account.id, press.person)
    draw_again(services, press)


def test_with_message(services: Services, press: Press) -> None:
    """*Test with a message*."""
    account = services.rights.account(press.person, press.value, Action.TEST)
    services.checks.start(account.id, press.person, round_trip=True)
    draw_again(services, press)


def report_fix(services: Services, press: Press) -> None:
    """*It's changed*."""
    account = services.rights.account(press.person, press.value, Action.TEST)
    services.fixes.said(account.id, press.person)
    draw_again(services, press)
