"""*Show all accounts* in Slack: the list, by whose turn it is, and what is done for many."""

from dataclasses import replace

from bot.common.people import Person
from bot.services import Services
from bot.support.rights import Action
from handlers.cards.account_list import Listing, Place, account_list
from handlers.cards.actions import ActionId
from handlers.cards.folders import accepted_window
from handlers.cards.kit import Block, Safe
from handlers.features.audience import audience_of
from handlers.slack.listeners import Listeners
from handlers.slack.payloads import Press
from handlers.text.words import say


def register(listeners: Listeners, services: Services) -> None:
    """Register every listener of this feature."""
    listeners.press(ActionId.ACCOUNT_LIST, lambda press: show_list(services, press))
    listeners.press(ActionId.ACCOUNT_LIST_NEXT, lambda press: turn_list(services, press))
    listeners.press(ActionId.ACCOUNT_LIST_PREVIOUS, lambda press: turn_list(services, press))
    listeners.press(ActionId.ACCOUNT_LIST_WHOSE, lambda press: filter_list(services, press))
    listeners.press(ActionId.FOLDERS_ACCEPT_ALL, lambda press: accept_all(services, press))
    listeners.press(ActionId.TEST_ALL, lambda press: test_all(services, press))


def show_list(services: Services, press: Press) -> None:
    """*Show all accounts*."""
    press.windows.open(list_window(services, press.person, press.place))


def turn_list(services: Services, press: Press) -> None:
    """*Next page* and *Previous page* of the list."""
    channel_id, page = press.page
    there = Place.read(press.about) or Place(channel_id)
    place = replace(there, channel_id=channel_id, page=page)
    press.windows.replace(listed(services, press.person, place))


def filter_list(services: Services, press: Press) -> None:
    """The list of those whose turn it is."""
    there = Place.read(press.about) or Place("")
    place = replace(there, page=0, whose=press.value)
    press.windows.replace(listed(services, press.person, place))


def accept_all(services: Services, press: Press) -> None:
    """*Accept all folders that leave no doubt*."""
    channel = services.rights.channel(press.person, press.value, Action.MAP_FOLDERS)
    unmapped = services.folders.unmapped(channel.customer_id)
    there = services.rights.among(press.person, unmapped, Action.MAP_FOLDERS)
    accepted = services.folders.accept_all([each.id for each in there], press.person)
    press.windows.replace(accepted_window(accepted))


def test_all(services: Services, press: Press) -> None:
    """*Test all*."""
    channel = services.rights.channel(press.person, press.value, Action.TEST)
    count = services.checks.start_all(channel.customer_id, press.person)
    place = Place.read(press.about)
    if place is not None:
        note = say("test.all_started", count=count)
        press.windows.replace(listed(services, press.person, place, note))


def list_window(services: Services, person: Person, channel_id: str) -> Block:
    """The accounts of a channel's customer."""
    return listed(services, person, Place(channel_id))


def listed(services: Services, person: Person, place: Place, note: Safe | None = None) -> Block:
    """A page of the accounts of a channel's customer. Of those in other channels only the plain
    facts are shown to who is not there."""
    channel = services.rights.channel(person, place.channel_id, Action.SEE)
    accounts = services.accounts.of_customer(channel.customer_id)
    listing = Listing(place, channel.customer, accounts, note=note)
    there = services.rights.among(person, listing.on_page, Action.SEE)
    cards = services.views.accounts.cards([each.id for each in there])
    return account_list(listing.with_cards(cards), audience_of(services, person))
