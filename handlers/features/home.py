"""The Home tab: drawn when it is opened, turned and filtered by its buttons, and the search over
every customer."""

from dataclasses import replace

from slack_sdk import WebClient

from bot.common.people import Person
from bot.services import Services
from bot.views.overview import Wanted
from handlers.cards.home import (
    ANY,
    OWNERS,
    STATES,
    Filter,
    HomeView,
    found_window,
    home,
    search_form,
)
from handlers.slack.listeners import Listeners, NextWindow, form_errors
from handlers.slack.modals import Windows, open_list
from handlers.slack.payloads import Press, Submission, page_of
from handlers.slack.presenter import Presenter
from storage.vocabulary import Owner, State

MAX_FOUND = 40
NOTHING = Filter()


class HomeTab:
    """Draws the Home tab and does what its buttons ask for."""

    def __init__(self, services: Services, client: WebClient, presenter: Presenter) -> None:
        self._services = services
        self._client = client
        self._presenter = presenter

    def register(self, listeners: Listeners) -> None:
        """Hang the lists, the buttons and the search into Bolt."""
        for name in ("home.state", "home.owner", "home.customer"):
            listeners.press(name, self.choose)
        listeners.press("home.next", self.turn)
        listeners.press("home.previous", self.turn)
        listeners.press("home.accounts", self.accounts)
        listeners.press("home.search", self.search)
        listeners.submission("account.search", self.found)

    def show(self, person: Person, only: Filter = NOTHING) -> None:
        """Draw the tab for a person: support sees every customer, others where to go."""
        view = self._view(only) if self._services.rights.is_support(person) else None
        self._client.views_publish(user_id=person.user, view=home(view))

    def choose(self, press: Press) -> None:
        """A choice in one of the lists: what counts is what all of them show, since two choices may
        follow fast."""
        self._services.rights.support(press.person)
        state, owner, customer = (
            press.fields.get(f"home.{name}", "") for name in ("state", "owner", "customer")
        )
        self.show(press.person, Filter(_state(state), _owner(owner), _number(customer)))

    def turn(self, press: Press) -> None:
        """*Next page* or *Previous page*."""
        self._services.rights.support(press.person)
        self.show(press.person, replace(read(press.about), page=page_of(press.value)[1]))

    def accounts(self, press: Press) -> None:
        """*Accounts* of a customer."""
        self._services.rights.support(press.person)
        open_list(self._services, Windows.of(self._client, press), press.person, press.value)

    def search(self, press: Press) -> None:
        """*Search*: the form."""
        self._services.rights.support(press.person)
        Windows.of(self._client, press).open(search_form())

    def found(self, sent: Submission) -> dict[str, str] | NextWindow:
        """What is found under a name, an address or an ID."""
        self._services.rights.support(sent.person)
        text = sent.values["text"].strip()
        if not text:
            return form_errors({"text": "home.search_empty"})
        found = self._services.views.accounts.search(text, MAX_FOUND)
        return NextWindow(found_window(found, text))

    def _view(self, only: Filter) -> HomeView:
        views = self._services.views
        return HomeView(
            customers=views.overview.standings(_wanted(only)),
            requests=views.requests.open(),
            alerts=views.overview.incidents(),
            only=only,
            names=views.overview.customers(),
        )


def _wanted(only: Filter) -> Wanted:
    return Wanted(
        state=None if only.state == ANY else State(only.state),
        owner=None if only.owner == ANY else Owner(only.owner),
        customer_id=None if only.customer == ANY else int(only.customer),
    )


def read(text: str) -> Filter:
    """The filter that a Home tab carries; whatever is not known there is as if it was not set."""
    state, owner, customer, page, *_ = [*text.split("|"), "", "", "", ""]
    return Filter(
        _state(state), _owner(owner), _number(customer), int(page) if page.isdigit() else 0
    )


def _state(text: str) -> str:
    return text if text in STATES else ANY


def _owner(text: str) -> str:
    return text if text in OWNERS else ANY


def _number(text: str) -> str:
    return text if text.isdigit() else ANY
