"""The windows that commands and buttons open alike, each after its rights are checked."""

from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.accounts.service import Form
from bot.common.people import Person
from bot.common.refusals import Refused
from bot.services import Services
from bot.support.rights import Action
from bot.views.accounts import AccountView
from handlers.cards import account_list as customer_cards
from handlers.cards.account_form import account_form
from handlers.cards.exchange import Preparation, exchange_window
from handlers.cards.kit import Block
from handlers.slack.payloads import Press
from storage.tables import Account

SENDING_IS_OFF = "smtp-auth-off-tenant"
"""The cause whose remedy is the preparation of Exchange."""


class Windows:
    """Opens windows with one trigger: the first window, or one on top of the window in which a
    button was pressed."""

    def __init__(self, client: WebClient, trigger: str, in_window: bool = False) -> None:
        self._client = client
        self._trigger = trigger
        self._in_window = in_window

    @classmethod
    def of(cls, client: WebClient, press: Press) -> "Windows":
        """The windows of who pressed a button."""
        return cls(client, press.trigger, in_window=bool(press.view_id))

    def open(self, view: Block) -> str:
        """Show a window and say its id. A trigger is good for one window, within three seconds."""
        call = self._client.views_push if self._in_window else self._client.views_open
        opened: dict[str, Any] = call(trigger_id=self._trigger, view=view)["view"]
        return str(opened["id"])

    def replace(self, view_id: str, view: Block) -> None:
        """Show another window in the place of one that is open."""
        self._client.views_update(view_id=view_id, view=view)


def open_form(services: Services, windows: Windows, person: Person, channel_id: str) -> None:
    """The form for a new account."""
    channel = services.rights.channel(person, channel_id, Action.ADD)
    with services.store.transaction() as tx:
        customer = tx.channels.customer(channel.customer_id)
    windows.open(account_form(channel_id, Form(sender_name=customer.name)))


def open_copy(windows: Windows, account: Account) -> None:
    """The form for another account like this one, of the same domain."""
    domain = account.sender_email.partition("@")[2]
    windows.open(
        account_form(
            account.channel_id, Form(sender_name=account.sender_name, sender_email=f"@{domain}")
        )
    )


def open_list(services: Services, windows: Windows, person: Person, channel_id: str) -> None:
    """Every account of the channel's customer."""
    windows.open(account_list(services, person, channel_id, 0))


def account_list(services: Services, person: Person, channel_id: str, page: int) -> Block:
    """A page of the accounts of the channel's customer."""
    channel = services.rights.channel(person, channel_id, Action.SEE)
    with services.store.transaction() as tx:
        customer = tx.channels.customer(channel.customer_id)
        accounts = tx.accounts.of_customer(channel.customer_id)
    return customer_cards.account_list(
        customer.name, [AccountView.of(a) for a in accounts], channel_id, page
    )


def test_all(services: Services, person: Person, channel_id: str) -> int:
    """Have every account of the channel's customer tested that somebody signed in; how many."""
    channel = services.rights.channel(person, channel_id, Action.TEST)
    with services.store.transaction() as tx:
        accounts = [a for a in tx.accounts.of_customer(channel.customer_id) if a.object_id]
        for account in accounts:
            services.checks.request(tx, account, person)
    return len(accounts)


def open_exchange(services: Services, windows: Windows, person: Person, channel_id: str) -> None:
    """What the channel's administrator switches in Exchange."""
    channel = services.rights.channel(person, channel_id, Action.SEE)
    with services.store.transaction() as tx:
        customer = tx.channels.customer(channel.customer_id).name
    verdict = services.catalogue.verdict(SENDING_IS_OFF)
    windows.open(
        exchange_window(
            Preparation(customer, channel_id, services.vendor_name, services.support_email, verdict)
        )
    )


def start_test(
    services: Services, account: Account, person: Person, round_trip: bool = False
) -> None:
    """Have an account tested, with a message that makes the round where that is asked for.

    Raises:
        Refused: nobody signed in yet.
    """
    if not account.object_id:
        raise Refused("test.not_signed_in", name=account.name)
    with services.store.transaction() as tx:
        services.checks.request(tx, tx.accounts.lock(account.id), person, round_trip)


def fill(client: WebClient, view_id: str, view: Block) -> None:
    """Show a window in the place of one that waits for it; one that was closed meanwhile is
    forgotten."""
    try:
        client.views_update(view_id=view_id, view=view)
    except SlackApiError as error:
        if error.response["error"] not in ("not_found", "expired_trigger_id"):
            raise
