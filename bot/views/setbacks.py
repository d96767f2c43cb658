"""What support is told of a customer: a cause that keeps its mailboxes from working, or that all of
them are live."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.diagnosis.explainer import Explainer
from bot.diagnosis.verdict import Verdict
from bot.views.accounts import AccountView
from storage.database import Store, Transaction

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


@dataclass(frozen=True)
class SetbackCard:
    """What support is told of a cause at a customer. `accounts`: some of the `hit` that do not work
    now; `error`: the ID of the newest failure; `over_at`: all of them work again."""

    customer: Whose
    verdict: Verdict
    error: str
    accounts: Sequence[AccountView]
    hit: int
    most: int
    began_at: datetime
    over_at: datetime | None


class SetbackCards:
    """Reads what support is told of customers, as it stands now."""

    def __init__(self, store: Store, explainer: Explainer) -> None:
        self._store = store
        self._explainer = explainer

    def card(self, setback_id: int) -> SetbackCard:
        """What the message of a setback tells."""
        with self._store.transaction() as tx:
            setback = tx.setbacks.get(setback_id)
            accounts = tx.setbacks.hit(setback, MAX_NAMED)
            example = tx.setbacks.example(setback)
            return SetbackCard(
                customer=_facts(tx, setback.customer_id),
                verdict=self._explainer.verdict(tx, setback.cause),
                error=example.ref if example else "",
                accounts=[AccountView.of(each) for each in accounts],
                hit=setback.hit,
                most=setback.most,
                began_at=setback.began_at,
                over_at=setback.over_at,
            )

    def customer(self, customer_id: int) -> Whose:
        """A customer whose mailboxes are all live."""
        with self._store.transaction() as tx:
            return _facts(tx, customer_id)


def _facts(tx: Transaction, customer_id: int) -> Whose:
    customer = tx.channels.customer(customer_id)
    channels = tx.channels.bound_to(customer_id)
    return Whose(
        name=customer.name,
        channel_id=channels[0].id if channels else "",
        helper=customer.owner_user,
        mailboxes=len(tx.accounts.of_customer(customer_id)),
    )
