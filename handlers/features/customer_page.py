"""The page of one customer: opened, its parts and pages turned."""

from dataclasses import replace
from functools import partial

from bot.services import Services
from bot.support.rights import Action
from bot.views.overview import Wanted
from handlers.cards.actions import ActionId
from handlers.cards.customer_page import (
    SIZES,
    TABS,
    Customer,
    Part,
    Where,
    accounts_page,
    history_page,
    people_page,
    settings_page,
)
from handlers.cards.kit import Block
from handlers.features.setup import form_for
from handlers.slack.listeners import Listeners
from handlers.slack.payloads import Press


def register(listeners: Listeners, services: Services) -> None:
    """Register every listener of this feature."""
    for part, action in TABS.items():
        listeners.press(action, partial(show, services, part))
    listeners.press(ActionId.CUSTOMER_NEXT, lambda press: turn_page(services, press))
    listeners.press(ActionId.CUSTOMER_PREVIOUS, lambda press: turn_page(services, press))
    listeners.press(ActionId.CUSTOMER_SETUP, lambda press: change_setup(services, press))


def show(services: Services, part: Part, press: Press) -> None:
    """A part of a customer's page: within the page in its place, else as a window of its own."""
    services.rights.support(press.person, Action.SEE)
    page = page_of(services, Where(press.number, part))
    if Where.read(press.about) is None:
        press.windows.open(page)
    else:
        press.windows.replace(page)


def turn_page(services: Services, press: Press) -> None:
    """*Next page* and *Previous page* of a part."""
    services.rights.support(press.person, Action.SEE)
    there = Where.read(press.about) or Where(0)
    _, page = press.page
    press.windows.replace(page_of(services, replace(there, page=page)))


def change_setup(services: Services, press: Press) -> None:
    """*Change the set-up* of a channel: who looks after the customer, and when they work."""
    services.rights.support(press.person)
    press.windows.open(form_for(services, press.person, press.value))


def page_of(services: Services, where: Where) -> Block:
    """A page of a customer.

    Raises:
        Refused: there is no such customer (any more).
    """
    customer = _customer(services, where.customer_id)
    pages = services.views.customer_pages
    span = (where.customer_id, where.first, SIZES[where.part])
    match where.part:
        case Part.ACCOUNTS:
            return accounts_page(where, customer, pages.accounts(*span), services.rights.link_to)
        case Part.HISTORY:
            return history_page(where, customer, pages.history(*span))
        case Part.PEOPLE:
            return people_page(where, customer, pages.people(where.customer_id))
        case Part.SETTINGS:
            return settings_page(where, customer)


def _customer(services: Services, customer_id: int) -> Customer:
    facts = services.administration.facts(customer_id)
    overview = services.views.overview
    standing = next(iter(overview.standings(Wanted(customer_id=customer_id))), None)
    tested = overview.last_tests([customer_id]).get(customer_id)
    return Customer(facts, standing, tested)
