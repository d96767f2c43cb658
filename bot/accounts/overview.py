"""What support sees of everybody: each customer's progress, who has to act, and since when."""

from dataclasses import dataclass, field
from datetime import datetime

from storage.database import Store
from storage.vocabulary import Owner, State


@dataclass
class Standing:
    """How far a customer is. `waits` says since when each owner has to act, by their first account
    that waits for them, of those that were asked for. `helper` is who of the support team looks
    after the customer."""

    customer: str
    channels: list[str]
    live: int = 0
    total: int = 0
    waits: dict[Owner, datetime] = field(default_factory=dict)
    customer_id: int = 0
    helper: str = ""

    @property
    def oldest(self) -> tuple[datetime, Owner] | None:
        """Who has kept the customer waiting the longest, and since when."""
        waits = [
            (since, owner) for owner, since in self.waits.items() if owner is not Owner.MAILDESK
        ]
        return min(waits, default=None)


@dataclass(frozen=True)
class Wanted:
    """Which customers are asked for: those with an account in a state, with one that waits for an
    owner, one customer alone; None is any."""

    state: State | None = None
    owner: Owner | None = None
    customer_id: int | None = None

    def fits(self, state: State, owner: Owner) -> bool:
        """Whether an account in that state with that owner is one of those asked for."""
        return self.state in (None, state) and self.owner in (None, owner)


def standings(store: Store, wanted: Wanted) -> list[Standing]:
    """The customers that are asked for: who has waited the longest first, who waits for nothing
    last."""
    found: dict[int, Standing] = {}
    with store.transaction() as tx:
        for channel, customer in tx.channels.all():
            standing = Standing(
                customer.name, [], customer_id=customer.id, helper=customer.owner_user
            )
            found.setdefault(standing.customer_id, standing).channels.append(channel.id)
        rows = tx.accounts.standing()
    fitting = {customer_id for customer_id, state, owner, _, _ in rows if wanted.fits(state, owner)}
    for customer_id, state, owner, count, since in rows:
        if customer_id in found:
            _add(
                found[customer_id],
                state,
                owner,
                count,
                since if wanted.fits(state, owner) else None,
            )
    every = wanted.state is None and wanted.owner is None
    chosen = [each for each in found.values() if every or each.customer_id in fitting]
    chosen = [each for each in chosen if wanted.customer_id in (None, each.customer_id)]
    return sorted(
        chosen, key=lambda each: (each.oldest is None, each.oldest or (), each.customer.lower())
    )


def _add(standing: Standing, state: State, turn: Owner, count: int, since: datetime | None) -> None:
    standing.total += count
    if state is State.LIVE:
        standing.live += count
    elif since is not None:
        standing.waits[turn] = min(since, standing.waits.get(turn, since))
