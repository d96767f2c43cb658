"""Preparing Exchange: what the customer's administrator switches, and the test of it."""

from bot.common.refusals import Refused
from bot.services import Services
from bot.support.rights import Action
from bot.views.telling import Affected
from handlers.cards.actions import ActionId
from handlers.cards.exchange import Preparation, exchange_tested, exchange_window
from handlers.slack.listeners import Listeners
from handlers.slack.payloads import Press

SENDING_IS_OFF = "smtp-auth-off-tenant"
"""The cause whose remedy is the preparation of Exchange."""


def register(listeners: Listeners, services: Services) -> None:
    """Register every listener of this feature."""
    listeners.press(ActionId.EXCHANGE_OPEN, lambda press: open_preparation(services, press))
    listeners.press(ActionId.EXCHANGE_DONE, lambda press: try_it(services, press))


def open_preparation(services: Services, press: Press) -> None:
    """*Exchange preparation*."""
    channel = services.rights.channel(press.person, press.place, Action.SEE)
    accounts = services.accounts.of_customer(channel.customer_id)
    preparation = Preparation(
        customer=channel.customer,
        channel_id=channel.id,
        vendor=services.vendor_name,
        support_email=services.support_email,
        mailboxes=[Affected.of(each) for each in accounts],
        verdict=services.catalogue.verdict(SENDING_IS_OFF),
    )
    press.windows.open(exchange_window(preparation))


def try_it(services: Services, press: Press) -> None:
    """*It's done*: not believed, but tried with every mailbox that is connected."""
    channel = services.rights.channel(press.person, press.value, Action.TEST)
    count = services.checks.start_all(channel.customer_id, press.person)
    if not count:
        raise Refused("exchange.nobody")
    press.windows.replace(exchange_tested(count))
