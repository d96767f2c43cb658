"""What support sees of everybody: each customer's progress, who has to act, and since when."""

from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.diagnosis.explainer import Explainer
from bot.lifecycle.fix_tests import is_retested
from storage.accounts import Alike
from storage.database import Store, Transaction
from storage.vocabulary import Owner, State, stand


@dataclass
class Standing:
    """How far a customer is. `waits` says since when each owner has to act, by their first account
    that waits for them, of those that were asked for. `stands` counts the accounts in use by where
    they are (see `storage/vocabulary.py`), `broken` those that worked and do not, `cause` is what
    most of those that do not work have, in few words. `helper` is who of the support team looks
    after the customer; `ended`: it was offboarded."""

    customer: str
    channels: list[str]
    live: int = 0
    total: int = 0
    waits: dict[Owner, datetime] = field(default_factory=dict)
    customer_id: int = 0
    helper: str = ""
    ended: bool = False
    stands: dict[str, int] = field(default_factory=dict)
    broken: int = 0
    cause: str = ""

    @property
    def oldest(self) -> tuple[datetime, Owner] | None:
        """Who has kept the customer waiting the longest, and since when."""
        waits = [
            (since, owner) for owner, since in self.waits.items() if owner is not Owner.MAILDESK
        ]
        return min(waits, default=None)


@dataclass(frozen=True)
class CustomerName:
    """A customer by ID and name, and the channel where they are met."""

    id: int
    name: str
    channel_id: str = ""


@dataclass(frozen=True)
class Wanted:
    """Which customers are asked for: those with an account that is there (see
    `storage/vocabulary.py`), with one that waits for an owner, one customer alone; None is any."""

    stands: str | None = None
    owner: Owner | None = None
    customer_id: int | None = None

    def fits(self, stands: str, owner: Owner) -> bool:
        """Whether an account that is there with that owner is one of those asked for."""
        return self.stands in (None, stands) and self.owner in (None, owner)

    def includes(self, standing: Standing, fitting: Container[int]) -> bool:
        """Whether a customer is asked for; `fitting`: those with an account that is."""
        every = self.stands is None and self.owner is None
        return self.customer_id in (None, standing.customer_id) and (
            every or standing.customer_id in fitting
        )


class Overview:
    """Reads how far every customer is, and what the support team has to look at."""

    def __init__(self, store: Store, explainer: Explainer) -> None:
        self._store = store
        self._explainer = explainer

    def standings(self, wanted: Wanted) -> list[Standing]:
        """The customers that are asked for: first those where something broke, then who has waited
        the longest; who waits for nothing last."""
        with self._store.reading() as tx:
            found = _customers(tx)
            rows = tx.accounts.standing()
            causes = tx.setbacks.worst()
            titles = {each: self._explainer.verdict(tx, each).title for each in {*causes.values()}}
        for customer_id in found.keys() & causes.keys():
            found[customer_id].cause = titles[causes[customer_id]]
        fitting = set()
        for row in rows:
            fits = wanted.fits(_stands(row), _turn(row))
            if fits:
                fitting.add(row.customer_id)
            if row.customer_id in found:
                _add(found[row.customer_id], row, fits)
        chosen = [each for each in found.values() if wanted.includes(each, fitting)]
        return sorted(chosen, key=_worst_first)

    def last_tests(self, customer_ids: Sequence[int]) -> dict[int, datetime]:
        """When each of these customers was last tested."""
        with self._store.reading() as tx:
            return tx.accounts.last_tests(customer_ids)

    def customers(self) -> list[CustomerName]:
        """Every customer with a channel, once, by name; with a channel that is open, if one is."""
        with self._store.reading() as tx:
            bound = sorted(tx.channels.all(), key=lambda each: each[0].closed != "")
        names: dict[int, CustomerName] = {}
        for channel, customer in bound:
            names.setdefault(customer.id, CustomerName(customer.id, customer.name, channel.id))
        return sorted(names.values(), key=lambda each: each.name)


def _customers(tx: Transaction) -> dict[int, Standing]:
    """Every customer by ID, with their channels and no accounts yet."""
    found: dict[int, Standing] = {}
    for channel, customer in tx.channels.all():
        standing = Standing(customer.name, [], customer_id=customer.id, helper=customer.owner_user)
        standing.ended = customer.ended_at is not None
        found.setdefault(customer.id, standing).channels.append(channel.id)
    return found


def _worst_first(standing: Standing) -> tuple[object, ...]:
    waits = standing.oldest
    return (not standing.broken, waits is None, waits or (), standing.customer.lower())


def _stands(row: Alike) -> str:
    return stand(row.state, row.trouble, row.was_live)


def _turn(row: Alike) -> Owner:
    return Owner.MAILDESK if is_retested(row.state, row.retested) else row.owner


def _add(standing: Standing, row: Alike, fits: bool) -> None:
    name, turn = _stands(row), _turn(row)
    standing.total += row.accounts
    standing.stands[name] = standing.stands.get(name, 0) + row.accounts
    standing.broken += row.accounts if row.state is State.BROKEN else 0
    if row.state is State.LIVE:
        standing.live += row.accounts
    elif fits:
        standing.waits[turn] = min(row.since, standing.waits.get(turn, row.since))
