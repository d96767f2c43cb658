"""Ending what a customer has under way: in one of their channels, or everywhere."""

from collections.abc import Sequence

from bot.accounts.service import Accounts
from bot.common.clock import Clock
from bot.common.people import Person
from bot.messages import notices
from bot.views.accounts import AccountView
from storage.database import Store, Transaction
from storage.statuses import BATCHES, BatchEvent, RequestEvent
from storage.tables import Account
from storage.vocabulary import State


class Partings:
    """What it takes to part a channel or a customer from what there is."""

    def __init__(
        self, store: Store, clock: Clock, accounts: Accounts, support_channel: str
    ) -> None:
        self._store = store
        self._clock = clock
        self._accounts = accounts
        self._support_channel = support_channel

    def _disconnect(
        self, tx: Transaction, customer_id: int, channel_id: str | None, by: Person
    ) -> list[Account]:
        """Disconnect the customer's accounts that are in use (in one channel, or with None
        everywhere), and say which they were."""
        accounts = in_use_there(tx.accounts.lock_all_of(customer_id), channel_id)
        for account in accounts:
            self._accounts.disconnect_in(tx, account, by)
        return accounts

    def _end_batch(self, tx: Transaction, customer_id: int, channel_id: str | None) -> None:
        """No further account is created in the batch that is under way (there)."""
        batch = tx.legacy.open_batch(customer_id)
        if batch is None or channel_id not in (None, batch.channel_id):
            return
        now = self._clock.now()
        if BATCHES.allows(batch.status, BatchEvent.CANCELLED):
            batch.happened(BatchEvent.CANCELLED, now)
        batch.happened(BatchEvent.FINISHED, now)

    def _end_requests(self, tx: Transaction, channel_ids: Sequence[str], by: Person) -> None:
        """The requests for help of these channels are over."""
        now = self._clock.now()
        for request in tx.requests.open_in(channel_ids):
            request.happened(RequestEvent.FINISHED, (by.team, by.user), now)
            notices.show_request(tx, request, self._support_channel, now)


def in_use_there(accounts: list[Account], channel_id: str | None) -> list[Account]:
    """Those in use of a channel, or with None of all."""
    return [
        each
        for each in accounts
        if channel_id in (None, each.channel_id) and each.state is not State.DISCONNECTED
    ]


def views_of(accounts: list[Account]) -> list[AccountView]:
    """What others are told of them."""
    return [AccountView.of(each) for each in accounts]
