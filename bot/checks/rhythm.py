"""When each mailbox that works is looked at: a place of its own in every round, and of one tenant
few at a time. Rules alone: `watching.py` follows them, and a simulation of many mailboxes too."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

LOOKED_EVERY = timedelta(minutes=8)
"""How often a mailbox that works is looked at. What is wrong with it is seen after eight minutes at
most, and believed a minute and a half later: within ten minutes. docs/watching.md has the sums."""

TESTED_EVERY = timedelta(days=7)
"""How often it is tested wholly, all but the round trip."""

AT_ONCE_IN_TENANT = 4
"""So many mailboxes of a tenant are looked at at a time, by all workers together."""

LOOKERS = 40
"""So many mailboxes a worker looks at at a time: a look takes a second or two of waiting."""

NEIGHBOURS = 5
"""At so many other mailboxes we look at once where one shows a sign of trouble: of its tenant, and
of others too where it may be ours or Microsoft's. Each that fails has others looked at."""

REST = timedelta(minutes=2)
"""A mailbox that was looked at rests so long before a sign from elsewhere has it looked at
again."""

ENOUGH = 20
"""Where a cause that may be ours or Microsoft's is at work at so many mailboxes, nobody has to be
looked at sooner to know how far it reaches: all would come at once, before the second looks."""

GOLDEN = (5**0.5 - 1) / 2
"""The multiples of this number, taken modulo 1, lie as evenly as any (three-distance theorem):
however many accounts there are, those made one after the other (of one customer, say) are spread as
well as all together."""

BEGINNING = datetime(2026, 1, 5, tzinfo=UTC)


@dataclass(frozen=True)
class Due:
    """An account that can be looked at: which tenant's, and who signed in for it."""

    account_id: int
    tenant: str
    person: str


def next_look(account_id: int, after: datetime) -> datetime:
    """When an account is looked at next."""
    return _next(account_id, after, LOOKED_EVERY)


def next_check(account_id: int, after: datetime) -> datetime:
    """When an account is tested wholly next."""
    return _next(account_id, after, TESTED_EVERY)


def _next(account_id: int, after: datetime, every: timedelta) -> datetime:
    """The account's place in the round that begins next. It does not move: however late a look was,
    and whenever an account came, all stay spread over the whole round."""
    first = BEGINNING + every * (account_id * GOLDEN % 1)
    rounds = (after - first) // every + 1
    return first + every * rounds


def full(in_hand: Sequence[Due]) -> set[str]:
    """The tenants of which no more may be looked at now: however many of theirs are due, they are
    passed over, so that all others have their turn."""
    tenants = Counter(each.tenant for each in in_hand)
    return {tenant for tenant, count in tenants.items() if count >= AT_ONCE_IN_TENANT}


def choose(due: Sequence[Due], in_hand: Sequence[Due], room: int) -> list[Due]:
    """Which of the accounts that are due are looked at now: in their order, up to `room`, and no
    more of a tenant, or of a person (who may have opened several shared mailboxes, and sends as one
    user), than may be."""
    tenants = Counter(each.tenant for each in in_hand)
    people = {each.person for each in in_hand}
    chosen: list[Due] = []
    for each in due:
        if len(chosen) == room:
            break
        if tenants[each.tenant] < AT_ONCE_IN_TENANT and each.person not in people:
            chosen.append(each)
            tenants[each.tenant] += 1
            people.add(each.person)
    return chosen
