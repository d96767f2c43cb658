"""What a customer's channel is told of mailboxes that were live, as it stands now."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from bot.views.accounts import AccountCard, AccountDetails, AccountView
from bot.views.addressed import IsCustomers, addressed
from bot.views.failures import Fault
from storage.database import Store, Transaction
from storage.tables import Account, Outage
from storage.vocabulary import State

STILL_LIVE = (State.LIVE, State.TESTING)


@dataclass(frozen=True)
class OutageCard:
    """What the message about one cause tells.

    Attributes:
        out: the mailboxes that do not work, or wait for their folders.
        back: those that work again.
        fault: why the first of them does not work; None where its folders are lost.
        link: that one's usable login link.
        people: who of the customer's people can act.
    """

    began_at: datetime
    ended_at: datetime | None
    out: Sequence[AccountView] = ()
    back: Sequence[AccountView] = ()
    fault: Fault | None = None
    link: str = ""
    people: Sequence[str] = ()

    @property
    def first(self) -> AccountCard:
        """The card of the first of them, as far as its next step needs it."""
        return AccountCard(self.out[0], link=self.link, fault=self.fault)


class OutageCards:
    """Reads what is told of outages, and of mailboxes that are live for the first time."""

    def __init__(self, store: Store, details: AccountDetails, is_customers: IsCustomers) -> None:
        self._store = store
        self._details = details
        self._is_customers = is_customers

    def card(self, outage_id: int) -> OutageCard:
        """What the message about an outage tells."""
        with self._store.reading() as tx:
            outage = tx.outages.get(outage_id)
            here = [
                (account, works_at)
                for account, works_at in tx.outages.hit(outage_id)
                if account.channel_id == outage.channel_id
            ]
            out = [account for account, works_at in here if works_at is None]
            back = [a for a, works_at in here if works_at is not None and a.state is State.LIVE]
            card = self._card(tx, outage, out, back)
        return replace(card, people=addressed(out, self._is_customers))

    def addressed(self, account_id: int) -> list[str]:
        """Who of the customer's people can act where an account waits for one of them."""
        with self._store.reading() as tx:
            account = tx.accounts.get(account_id)
        return addressed([account], self._is_customers)

    def live(self, channel_id: str, day: str) -> list[AccountView]:
        """The channel's mailboxes that were live for the first time that day (UTC), as far as they
        still are: the message is drawn anew when another one joins them."""
        first = datetime.combine(date.fromisoformat(day), time(0), UTC)
        with self._store.reading() as tx:
            there = tx.outages.went_live(channel_id, first, first + timedelta(days=1))
            still = [each for each in there if each.state in STILL_LIVE]
            return [AccountView.of(account) for account in still or there]

    def _card(
        self, tx: Transaction, outage: Outage, out: Sequence[Account], back: Sequence[Account]
    ) -> OutageCard:
        first = out[0] if out else None
        return OutageCard(
            outage.began_at,
            outage.ended_at,
            [AccountView.of(account) for account in out],
            [AccountView.of(account) for account in back],
            self._details.fault(tx, first) if first else None,
            self._details.link(self._details.ticket(tx, first)) if first else "",
        )
