"""What support is told of a customer: a cause that keeps its mailboxes from working, or that all of
them are live."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.diagnosis.explainer import Explainer
from bot.diagnosis.verdict import Verdict
from bot.messages import notices
from bot.views.accounts import AccountView
from bot.views.places import Place, place_of
from storage.database import Store, Transaction
from storage.setbacks import STUCK
from storage.tables import Account

MAX_NAMED = 10
"""So many mailboxes are named."""


@dataclass(frozen=True)
class Whose:
    """A customer as support's messages name it: with a channel of theirs ("" if there is none), who
    of the team looks after them, and how many mailboxes are in use."""

    name: str
    channel_id: str
    helper: str
    mailboxes: int
    id: int = 0


@dataclass(frozen=True)
class SetbackCard:
    """What support is told of a cause at a customer. `verdict` is None where mailboxes are stuck:
    every reminder went out. `accounts`: some of the `hit` that do not work now, and `cards` where
    the card of each stands, by its id; `error`: the ID of the newest failure; `over_at`: all of
    them work again; `answered_at`: somebody answered in the customer's channel."""

    id: int
    customer: Whose
    verdict: Verdict | None
    error: str
    accounts: Sequence[AccountView]
    hit: int
    most: int
    began_at: datetime
    over_at: datetime | None = None
    answered_at: datetime | None = None
    answered_by_user: str = ""
    cards: Mapping[int, Place] = field(default_factory=dict)


class SetbackCards:
    """Reads what support is told of customers, as it stands now."""

    def __init__(self, store: Store, explainer: Explainer) -> None:
        self._store = store
        self._explainer = explainer

    def card(self, setback_id: int) -> SetbackCard:
        """What the message of a setback tells."""
        with self._store.reading() as tx:
            setback = tx.setbacks.get(setback_id)
            accounts = tx.setbacks.hit(setback, MAX_NAMED)
            example = tx.setbacks.example(setback)
            stuck = setback.cause == STUCK
            return SetbackCard(
                id=setback.id,
                customer=_facts(tx, setback.customer_id),
                verdict=None if stuck else self._explainer.verdict(tx, setback.cause),
                error=example.ref if example else "",
                accounts=[AccountView.of(each) for each in accounts],
                hit=setback.hit,
                most=setback.most,
                began_at=setback.began_at,
                over_at=setback.over_at,
                answered_at=setback.answered_at,
                answered_by_user=setback.answered_by_user,
                cards=_cards(tx, accounts),
            )

    def customer(self, customer_id: int) -> Whose:
        """A customer whose mailboxes are all live."""
        with self._store.reading() as tx:
            return _facts(tx, customer_id)


def _cards(tx: Transaction, accounts: Sequence[Account]) -> dict[int, Place]:
    """Where the accounts' cards stand, by their ids."""
    places = {each.id: place_of(tx, notices.card_key(each)) for each in accounts}
    return {account_id: place for account_id, place in places.items() if place is not None}


def _facts(tx: Transaction, customer_id: int) -> Whose:
    customer = tx.channels.customer(customer_id)
    channels = tx.channels.bound_to(customer_id)
    return Whose(
        name=customer.name,
        channel_id=channels[0].id if channels else "",
        helper=customer.owner_user,
        mailboxes=len(tx.accounts.of_customer(customer_id)),
        id=customer_id,
    )
