"""The Home tab: drawn when it is opened, turned and filtered by its buttons, and the search over every customer."""

from slack_sdk import WebClient

from bot.desk import Desk
from bot.overview import standings
from bot.people import Person
from handlers.cards.home import FILTERS, HomeView, found_window, home, search_form
from handlers.listening import Listeners, NextWindow, form_errors
from handlers.presenter import Presenter
from handlers.stimulus import Press, Submission, page_of
from handlers.windows import Windows

MOST_FOUND = 40


class HomeTab:
    """Draws the Home tab and does what its buttons ask for."""

    def __init__(self, desk: Desk, client: WebClient, presenter: Presenter) -> None:
        self._desk = desk
        self._client = client
        self._presenter = presenter

    def register(self, listeners: Listeners) -> None:
        """Hang the buttons and the search into Bolt."""
        for name in FILTERS:
            listeners.press(f"home.{name}", self.turn)
        listeners.press("home.next", self.turn)
        listeners.press("home.previous", self.turn)
        listeners.press("home.search", self.search)
        listeners.submission("account.search", self.found)

    def show(self, person: Person, only: str = "all", page: int = 0) -> None:
        """Draw the tab for a person: support sees every customer, others where to go."""
        view = self._view(only, page) if self._desk.rights.is_support(person) else None
        self._client.views_publish(user_id=person.user, view=home(view))

    def turn(self, press: Press) -> None:
        """A filter, *Next page* or *Previous page*."""
        self._desk.rights.support(press.person)
        only, page = page_of(press.value)
        self.show(press.person, only if only in FILTERS else "all", page)

    def search(self, press: Press) -> None:
        """*Search*: the form."""
        self._desk.rights.support(press.person)
        Windows(self._client, press.trigger, in_window=bool(press.view_id)).open(search_form())

    def found(self, sent: Submission) -> dict[str, str] | NextWindow:
        """What is found under a name, an address or an ID."""
        self._desk.rights.support(sent.person)
        text = sent.values["text"].strip()
        if not text:
            return form_errors({"text": "home.search_empty"})
        with self._desk.store.transaction() as tx:
            accounts = tx.accounts.search(text, MOST_FOUND)
            found = [(account, tx.channels.customer(account.customer_id).name) for account in accounts]
        return NextWindow(found_window(found, text))

    def _view(self, only: str, page: int) -> HomeView:
        customers = standings(self._desk.store, FILTERS[only])
        with self._desk.store.transaction() as tx:
            requests = [request.id or 0 for request in tx.requests.open()]
            causes = [(incident.cause, incident.failure_ref) for incident in tx.incidents.all_open()]
        summaries = [self._presenter.request_line(request_id) for request_id in requests]
        alerts = [(self._desk.catalogue.verdict(cause).title, ref) for cause, ref in causes]
        return HomeView(customers, summaries, alerts, only, page)
