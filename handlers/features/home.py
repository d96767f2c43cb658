"""The Home tab: drawn when it is opened, turned and filtered by its buttons, and the search over
every customer."""

from dataclasses import replace

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.common import ids
from bot.common.people import Person
from bot.common.refusals import SlackBusy
from bot.common.texts import reads_as, whole_number
from bot.messages.refusals import Subject
from bot.services import Services
from bot.support.rights import Action
from bot.views.overview import CustomerName, Wanted
from handlers.cards.actions import ActionId, FormId
from handlers.cards.diagnosis import error_window
from handlers.cards.home import (
    ANY,
    OWNERS,
    PLACES,
    REQUESTS_SHOWN,
    Filter,
    HomeView,
    found_window,
    home,
    on_call_home,
    search_form,
)
from handlers.cards.kit import Block
from handlers.features.account_list import list_window
from handlers.features.lookup import error_named
from handlers.slack.listeners import Listeners, NextWindow, form_errors
from handlers.slack.modals import why_not
from handlers.slack.payloads import Press, Submission
from handlers.slack.private import UNANSWERED
from handlers.slack.refusals import about, error_of
from storage.vocabulary import Owner

log = structlog.get_logger(__name__)

MAX_FOUND = 40
NOTHING = Filter()


class HomeTab:
    """Draws the Home tab and does what its buttons ask for."""

    def __init__(self, services: Services, client: WebClient) -> None:
        self._services = services
        self._client = client

    def register(self, listeners: Listeners) -> None:
        """Hang the lists, the buttons and the search into Bolt."""
        for name in (ActionId.HOME_STATE, ActionId.HOME_OWNER, ActionId.HOME_CUSTOMER):
            listeners.press(name, self.choose)
        listeners.press(ActionId.HOME_NEXT, self.turn)
        listeners.press(ActionId.HOME_PREVIOUS, self.turn)
        listeners.press(ActionId.HOME_ACCOUNTS, self.accounts)
        listeners.press(ActionId.HOME_SEARCH, self.search)
        listeners.press(ActionId.HOME_TAKE, self.take)
        listeners.press(ActionId.HOME_ACKNOWLEDGE, self.acknowledge)
        listeners.submission(FormId.ACCOUNT_SEARCH, self.found)

    def show(self, person: Person, only: Filter = NOTHING) -> None:
        """Draw the tab for a person: support sees every customer, engineers on call the open
        alerts, others where to go. Who has none (any more), or has just got a newer one, gets
        nothing.

        Raises:
            SlackBusy: Slack does not do it just now.
        """
        tab = self._tab(person, only)
        try:
            self._client.views_publish(user_id=person.user, view=tab)
        except SlackApiError as error:
            if about(error) is not Subject.TARGET:
                raise why_not(error) from None
            log.info("home.not_shown", error=error_of(error))
        except UNANSWERED:
            raise SlackBusy from None

    def choose(self, press: Press) -> None:
        """A choice in one of the lists: what counts is what all of them show, since two choices may
        follow fast."""
        self._services.rights.support(press.person, Action.SEE)
        state, owner, customer = (
            press.fields.get(f"home.{name}", "") for name in ("state", "owner", "customer")
        )
        self.show(press.person, Filter(_state(state), _owner(owner), _number(customer)))

    def turn(self, press: Press) -> None:
        """*Next page* or *Previous page*."""
        self._services.rights.support(press.person, Action.SEE)
        self.show(press.person, replace(read(press.about), page=press.page[1]))

    def accounts(self, press: Press) -> None:
        """*Accounts* of a customer."""
        self._services.rights.support(press.person, Action.SEE)
        press.windows.open(list_window(self._services, press.person, press.value))

    def take(self, press: Press) -> None:
        """*I'll take it* on a request; the tab shows it at once."""
        self._services.rights.support(press.person)
        self._services.requests.take(press.number, press.person)
        self.show(press.person, read(press.about))

    def acknowledge(self, press: Press) -> None:
        """*Acknowledge* of an alert; the tab shows how it stands, even where that was refused."""
        self._services.rights.on_call(press.person)
        try:
            self._services.incidents.acknowledge(press.number, press.person)
        finally:
            self.show(press.person, read(press.about))

    def search(self, press: Press) -> None:
        """*Search*: the form."""
        self._services.rights.support(press.person, Action.SEE)
        press.windows.open(search_form())

    def found(self, sent: Submission) -> dict[str, str] | NextWindow:
        """What is found under a name, an address or an ID: customers, accounts, or the error."""
        self._services.rights.support(sent.person, Action.SEE)
        text = sent.values["text"].strip()
        if not text:
            return form_errors({"text": "home.search_empty"})
        if _is_error(text):
            return NextWindow(error_window(*error_named(self._services, sent.person, text)))
        found = self._services.views.accounts.found(_as_ref(text), MAX_FOUND)
        customers = self._customers_called(text)[:MAX_FOUND]
        return NextWindow(found_window(found, text, customers, self._services.rights.link_to))

    def _customers_called(self, text: str) -> list[CustomerName]:
        """The customers with `text` in their names, those without a channel, too."""
        wanted = reads_as(text)
        channels = {each.id: each for each in self._services.views.overview.customers()}
        return [
            channels.get(each.id, CustomerName(each.id, each.name))
            for each in self._services.administration.all()
            if wanted in reads_as(each.name)
        ]

    def _tab(self, person: Person, only: Filter) -> Block:
        """The tab as it is for a person."""
        if self._services.rights.is_support(person):
            return home(self._view(only))
        if self._services.rights.is_on_call(person):
            return on_call_home(self._services.views.incident_lists.at_work())
        return home(None)

    def _view(self, only: Filter) -> HomeView:
        views = self._services.views
        requests = views.requests.open(REQUESTS_SHOWN)
        view = HomeView(
            customers=views.overview.standings(_wanted(only)),
            requests=requests.shown,
            more=requests.count - len(requests.shown),
            alerts=views.incident_lists.at_work(),
            only=only,
            names=views.overview.customers(),
            link=self._services.rights.link_to,
        )
        shown = [each.customer_id for each in view.page]
        return replace(view, tested=views.overview.last_tests(shown))


def _is_error(text: str) -> bool:
    """Whether a text is an error ID, whichever way it is written, or begins like one."""
    if not text.upper().startswith("MX"):
        return False
    try:
        ids.read_error_ref(text)
    except ids.NotAnId:
        return text.upper().startswith("MX-")
    return True


def _as_ref(text: str) -> str:
    """An account ID in its proper form, however it was typed; any other text as it is."""
    if not text.upper().startswith("MB"):  # a name may happen to read like the rest of an ID
        return text
    try:
        return ids.read_account_ref(text)
    except ids.NotAnId:
        return text


def _wanted(only: Filter) -> Wanted:
    return Wanted(
        stands=None if only.state == ANY else only.state,
        owner=None if only.owner == ANY else Owner(only.owner),
        customer_id=None if only.customer == ANY else int(only.customer),
    )


def read(text: str) -> Filter:
    """The filter that a Home tab carries; whatever is not known there is as if it was not set."""
    state, owner, customer, page, *_ = [*text.split("|"), "", "", "", ""]
    return Filter(_state(state), _owner(owner), _number(customer), whole_number(page))


def _state(text: str) -> str:
    return text if text in PLACES else ANY


def _owner(text: str) -> str:
    return text if text in OWNERS else ANY


def _number(text: str) -> str:
    return text if whole_number(text) else ANY
