"""What support sees of everybody: each customer's progress, who has to act, and since when."""

from dataclasses import dataclass, field
from datetime import datetime

from storage.database import Store
from storage.vocabulary import Owner, State


@dataclass
class Standing:
    """How far a customer is. `waits` says since when each owner has to act, by their first account that waits for them."""

    customer: str
    channels: list[str]
    live: int = 0
    total: int = 0
    waits: dict[Owner, datetime] = field(default_factory=dict)

    @property
    def oldest(self) -> tuple[datetime, Owner] | None:
        """Who has kept the customer waiting the longest, and since when."""
        waits = [(since, owner) for owner, since in self.waits.items() if owner is not Owner.MAILDESK]
        return min(waits, default=None)


def standings(store: Store, owner: Owner | None = None) -> list[Standing]:
    """Every customer, or those where something waits for `owner`: who has waited the longest first, who waits for nothing
    last."""
    found: dict[int, Standing] = {}
    with store.transaction() as tx:
        for channel, customer in tx.channels.all():
            found.setdefault(customer.id or 0, Standing(customer.name, [])).channels.append(channel.id)
        rows = tx.accounts.standing()
    for customer_id, state, turn, count, since in rows:
        if customer_id in found:
            _add(found[customer_id], state, turn, count, since)
    wanted = [each for each in found.values() if owner is None or owner in each.waits]
    return sorted(wanted, key=lambda each: (each.oldest is None, each.oldest or (), each.customer.lower()))


def _add(standing: Standing, state: State, turn: Owner, count: int, since: datetime) -> None:
    standing.total += count
    if state is State.LIVE:
        standing.live += count
    else:
        standing.waits[turn] = min(since, standing.waits.get(turn, since))
