"""The buttons on cards, messages and windows."""

from collections.abc import Callable

from slack_sdk import WebClient

from bot.accounts.service import form_of
from bot.common.people import Person
from bot.common.refusals import Refused
from bot.diagnosis.evidence import bundle
from bot.services import Services
from bot.signin.links import Said
from bot.support.rights import Action
from bot.views.accounts import AccountView
from handlers.cards.account_form import account_form
from handlers.cards.account_window import Packet, account_window, disconnect_form, packet_window
from handlers.cards.diagnosis import error_window, evidence_window, lookup_form, meaning_window
from handlers.cards.exchange import exchange_tested
from handlers.cards.home import help_window
from handlers.cards.kit import Audience
from handlers.cards.support import request_sent
from handlers.features import lookup
from handlers.slack import modals
from handlers.slack.listeners import Listeners
from handlers.slack.payloads import Choice, Press, page_of
from handlers.slack.presenter import Presenter


def register(listeners: Listeners, presenter: Presenter) -> None:
    """Hang every button into Bolt."""
    buttons = Buttons(listeners.services, listeners.client, presenter)
    listeners.press("account.add", buttons.add)
    listeners.press("account.list", buttons.list)
    listeners.press("account.next", buttons.turn)
    listeners.press("account.previous", buttons.turn)
    listeners.press("account.show", buttons.show)
    listeners.press("link.opened", lambda press: None)
    listeners.press("admin.page", lambda press: None)
    listeners.press("link.renew", buttons.renew_link)
    listeners.press("link.withdraw", buttons.withdraw_link)
    listeners.press("organisation.confirm", buttons.confirm_organisation)
    listeners.press("organisation.deny", buttons.deny_organisation)
    listeners.press("said.approval", lambda press: buttons.said(press, Said.APPROVAL))
    listeners.press("said.no_sign_in", lambda press: buttons.said(press, Said.NO_SIGN_IN))
    listeners.press("said.closed", lambda press: buttons.said(press, Said.CLOSED))
    listeners.press("said.number", buttons.said_number)
    listeners.press("admin.packet", buttons.packet)
    listeners.press("account.change", buttons.change)
    listeners.press("account.end", buttons.disconnect)
    listeners.press("account.copy", buttons.copy)
    listeners.shortcut("error.message", buttons.look_up_message)
    listeners.press("exchange.open", buttons.exchange)
    listeners.press("exchange.done", buttons.exchange_done)
    listeners.press("test.run", buttons.test)
    listeners.press("error.show", buttons.error)
    listeners.press("error.evidence", buttons.evidence)
    listeners.press("error.look_up", buttons.look_up)
    listeners.press("mend.said", buttons.changed)
    listeners.press("test.message", buttons.test_with_message)
    listeners.press("help.show", buttons.help)
    listeners.press("help.ask", buttons.contact_support)
    listeners.press("help.do_it", buttons.do_it)
    listeners.press(
        "request.take", lambda press: buttons.request(press, listeners.services.requests.take)
    )
    listeners.press(
        "request.hand_back",
        lambda press: buttons.request(press, listeners.services.requests.hand_back),
    )
    listeners.press(
        "request.finish", lambda press: buttons.request(press, listeners.services.requests.finish)
    )
    listeners.press("alert.acknowledge", buttons.acknowledge)


class Buttons:
    """What each button does: authorise, call, show."""

    def __init__(self, services: Services, client: WebClient, presenter: Presenter) -> None:
        self._services = services
        self._client = client
        self._presenter = presenter

    def add(self, press: Press) -> None:
        """*Add an account*: the form."""
        modals.open_form(
            self._services, modals.Windows.of(self._client, press), press.person, press.channel
        )

    def list(self, press: Press) -> None:
        """*Show all accounts*."""
        modals.open_list(
            self._services, modals.Windows.of(self._client, press), press.person, press.channel
        )

    def turn(self, press: Press) -> None:
        """*Next page* and *Previous page* of the list."""
        channel, page = page_of(press.value)
        window = modals.account_list(self._services, press.person, channel, page)
        modals.Windows.of(self._client, press).replace(press.view_id, window)

    def show(self, press: Press) -> None:
        """*Details* of an account in the list."""
        account = self._services.rights.account(press.person, press.value, Action.SEE)
        modals.Windows.of(self._client, press).open(
            account_window(self._services.views.accounts.card(account.id))
        )

    def change(self, press: Press) -> None:
        """*Change details*: the form."""
        account = self._services.rights.account(press.person, press.value, Action.CHANGE)
        modals.Windows.of(self._client, press).open(
            account_form(account.ref, form_of(account), changes=True)
        )

    def copy(self, press: Press) -> None:
        """*Create copy*: the form for another account like this one."""
        account = self._services.rights.account(press.person, press.value, Action.ADD)
        modals.open_copy(modals.Windows.of(self._client, press), account)

    def disconnect(self, press: Press) -> None:
        """*Disconnect*: the question before it."""
        account = self._services.rights.account(press.person, press.value, Action.DISCONNECT)
        modals.Windows.of(self._client, press).open(disconnect_form(AccountView.of(account)))

    def packet(self, press: Press) -> None:
        """*For your administrator*."""
        account = self._services.rights.account(press.person, press.value, Action.SIGN_IN)
        approval = self._services.views.accounts.approval(account.id)
        packet = Packet(
            approval.customer,
            self._services.vendor_name,
            self._services.support_email,
            approval.link,
            self._services.consent.scopes,
        )
        modals.Windows.of(self._client, press).open(packet_window(packet))

    def confirm_organisation(self, press: Press) -> None:
        """*Yes, it is ours*."""
        account = self._services.rights.account(
            press.person, press.value, Action.CONFIRM_ORGANISATION
        )
        self._services.signin.confirm(account, press.person)

    def deny_organisation(self, press: Press) -> None:
        """*No, it is not*."""
        account = self._services.rights.account(
            press.person, press.value, Action.CONFIRM_ORGANISATION
        )
        self._services.signin.withdraw_held(account, press.person)

    def said(self, press: Press, said: Said) -> None:
        """What Microsoft's page said, and what that means."""
        account = self._services.rights.account(press.person, press.value, Action.SIGN_IN)
        recorded = self._services.links.answered(account, said, press.person)
        if recorded is not None:
            modals.Windows.of(self._client, press).open(
                error_window(
                    *lookup.error_named(self._services, press.person, recorded.failure.ref)
                )
            )

    def said_number(self, press: Press) -> None:
        """Microsoft's page said something else: where it is pasted."""
        account = self._services.rights.account(press.person, press.value, Action.SIGN_IN)
        modals.Windows.of(self._client, press).open(lookup_form(account.ref))

    def withdraw_link(self, press: Press) -> None:
        """*Withdraw the login link*."""
        account = self._services.rights.account(press.person, press.value, Action.SIGN_IN)
        self._services.links.withdraw(account, press.person)

    def renew_link(self, press: Press) -> None:
        """*New login link*."""
        account = self._services.rights.account(press.person, press.value, Action.SIGN_IN)
        self._services.accounts.renew_link(account, press.person)

    def test(self, press: Press) -> None:
        """*Test connection*."""
        account = self._services.rights.account(press.person, press.value, Action.TEST)
        modals.start_test(self._services, account, press.person)

    def error(self, press: Press) -> None:
        """*Details* and *What to do* of a failure."""
        modals.Windows.of(self._client, press).open(
            error_window(*lookup.error_named(self._services, press.person, press.value))
        )

    def evidence(self, press: Press) -> None:
        """*Copy evidence* of a failure."""
        view, audience = lookup.error_named(self._services, press.person, press.value)
        if audience is not Audience.SUPPORT:
            raise Refused("refused.support_only")
        with self._services.store.transaction() as tx:
            failure = tx.failures.get(view.failure.ref)
            assert failure is not None
            account = tx.accounts.get(view.account.id) if view.account else None
            test = tx.checks.with_error(account.id, failure.ref) if account else None
        modals.Windows.of(self._client, press).open(
            evidence_window(bundle(failure, view.verdict, account, test))
        )

    def look_up(self, press: Press) -> None:
        """*What does an error mean?*: where it is pasted."""
        modals.Windows.of(self._client, press).open(lookup_form())

    def look_up_message(self, chosen: Choice) -> None:
        """*Look up Microsoft error* on a message."""
        support = self._services.rights.is_support(chosen.person)
        verdict = lookup.pasted(self._services, chosen.text)
        window = meaning_window(verdict, Audience.SUPPORT if support else Audience.CUSTOMER)
        modals.Windows(self._client, chosen.trigger).open(window)

    def exchange(self, press: Press) -> None:
        """*Exchange preparation*."""
        modals.open_exchange(
            self._services, modals.Windows.of(self._client, press), press.person, press.channel
        )

    def exchange_done(self, press: Press) -> None:
        """*It's done*: not believed, but tried with every mailbox that is connected."""
        count = modals.test_all(self._services, press.person, press.value)
        if not count:
            raise Refused("exchange.nobody")
        modals.Windows.of(self._client, press).replace(press.view_id, exchange_tested(count))

    def changed(self, press: Press) -> None:
        """*It's changed*."""
        account = self._services.rights.account(press.person, press.value, Action.TEST)
        self._services.fixes.said(account, press.person)

    def test_with_message(self, press: Press) -> None:
        """*Test with a message*."""
        account = self._services.rights.account(press.person, press.value, Action.TEST)
        modals.start_test(self._services, account, press.person, round_trip=True)

    def contact_support(self, press: Press) -> None:
        """*Contact support* about a failure."""
        view = lookup.error_to_ask_about(self._services, press.person, press.value)
        with self._services.store.transaction() as tx:
            failure = tx.failures.get(view.failure.ref)
            assert failure is not None
            account = tx.accounts.get(view.account.id) if view.account else None
        self._services.requests.ask(failure, account, press.person, press.channel)
        modals.Windows.of(self._client, press).open(
            request_sent(view.failure.ref, self._services.support_email)
        )

    def do_it(self, press: Press) -> None:
        """*Do it for us*, on the set-up card or on an account."""
        rights, account = self._services.rights, None
        if press.value:
            account = rights.account(press.person, press.value, Action.ASK_SUPPORT)
        channel = rights.channel(
            press.person, account.channel_id if account else press.channel, Action.ASK_SUPPORT
        )
        self._services.requests.do_it(channel, account, press.person)
        modals.Windows.of(self._client, press).open(request_sent("", self._services.support_email))

    def request(self, press: Press, change: Callable[[int, Person], None]) -> None:
        """*I take it*, *Hand back* and *Done* on a request."""
        self._services.rights.support(press.person)
        change(int(press.value) if press.value.isdigit() else 0, press.person)

    def help(self, press: Press) -> None:
        """*Help*."""
        support = self._services.rights.is_support(press.person)
        if not support:
            self._services.rights.channel(press.person, press.channel, Action.SEE)
        modals.Windows.of(self._client, press).open(
            help_window(Audience.SUPPORT if support else Audience.CUSTOMER)
        )

    def acknowledge(self, press: Press) -> None:
        """*Acknowledge* on an alert."""
        self._services.rights.on_call(press.person)
        with self._services.store.transaction() as tx:
            incident = tx.incidents.get(int(press.value)) if press.value.isdigit() else None
            if incident is not None:
                self._services.failures.acknowledge(tx, incident, press.person)
