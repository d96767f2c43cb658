"""The set-up of a customer's channel as it is shown: the road as a checklist."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.lifecycle.fix_tests import FAILS
from bot.views.accounts import AccountView
from bot.views.legacy import OldAccountView
from storage.database import Store
from storage.vocabulary import THEIRS, Owner, Plan, State

SENDING_IS_OFF = ("smtp-auth-off-tenant", "smtp-auth-off-mailbox")
"""The causes (of the catalogue) that Exchange preparation fixes."""

UNSIGNED = frozenset({State.CREATED, State.AWAITING_SIGN_IN, State.AWAITING_ADMIN})
UNTESTED = UNSIGNED | {State.TESTING, State.FAILING, State.BROKEN}
UNMAPPED = UNTESTED | {State.UNMAPPED}


class Part(StrEnum):
    """The parts of the road, in their order."""

    OLD = "old"
    EXCHANGE = "exchange"
    CREATE = "create"
    SIGN_IN = "sign_in"
    TEST = "test"
    FOLDERS = "folders"


class Mark(StrEnum):
    """How a part stands."""

    DONE = "done"
    WAITS = "waits"
    OPEN = "open"


@dataclass(frozen=True)
class Step:
    """One part: how many of `total` are through it. While it waits, `owner` has to act, `since` the
    first of those that wait."""

    part: Part
    mark: Mark
    done: int = 0
    total: int = 0
    owner: Owner | None = None
    since: datetime | None = None


@dataclass(frozen=True)
class Facts:
    """What the checklist is made from: the customer's accounts in use, the old ones that they
    listed, and since when Exchange is known to refuse sending, if it does."""

    accounts: Sequence[AccountView] = ()
    old: Sequence[OldAccountView] = ()
    sending_off_since: datetime | None = None


@dataclass(frozen=True)
class SetupCard:
    """What a channel's set-up card tells: the customer's accounts in use, how many old ones they
    listed, and the checklist."""

    customer: str
    accounts: Sequence[AccountView]
    old: int
    steps: Sequence[Step]

    @property
    def left(self) -> Sequence[AccountView]:
        """The accounts at which there is something to do."""
        return [account for account in self.accounts if account.turn is not None]

    @property
    def waits_for_them(self) -> bool:
        """Whether the customer's people have something to do for one of the accounts."""
        return any(account.owner in THEIRS for account in self.left)


class SetupCards:
    """Reads what is shown of a channel's set-up, as it stands now."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def card(self, channel_id: str) -> SetupCard:
        """What the set-up card of a bound channel tells."""
        with self._store.reading() as tx:
            channel = tx.channels.get(channel_id)
            assert channel is not None
            customer = tx.channels.customer(channel.customer_id)
            accounts = tx.accounts.of_customer(customer.id)
            old = tx.legacy.of_customer(customer.id)
            facts = Facts(
                [AccountView.of(account) for account in accounts],
                [OldAccountView.of(each) for each in old],
                tx.failures.open_since(customer.id, SENDING_IS_OFF),
            )
        return SetupCard(customer.name, facts.accounts, len(facts.old), checklist(facts))


def checklist(facts: Facts) -> list[Step]:
    """The parts of the road in their order."""
    return [
        _old(facts),
        _exchange(facts),
        _create(facts),
        _through(Part.SIGN_IN, facts, UNSIGNED, lambda _: True),
        _through(Part.TEST, facts, UNTESTED, lambda account: account.state not in UNSIGNED),
        _through(Part.FOLDERS, facts, UNMAPPED, lambda account: account.state is State.UNMAPPED),
    ]


def _old(facts: Facts) -> Step:
    total = len(facts.old)
    left = [old for old in facts.old if old.account_id is None and old.plan is not Plan.RETAIN]
    if not left:
        return Step(Part.OLD, Mark.DONE if total else Mark.OPEN, total, total)
    return Step(
        Part.OLD,
        Mark.WAITS,
        total - len(left),
        total,
        Owner.USER,
        min(old.listed_at for old in left),
    )


def _exchange(facts: Facts) -> Step:
    """Sending is proved by a mailbox that passed the test, not by anybody's word."""
    if facts.sending_off_since is not None:
        fails = [account for account in facts.accounts if account.state in FAILS]
        tested = bool(fails) and all(account.retest_at is not None for account in fails)
        owner = Owner.MAILDESK if tested else Owner.ADMINISTRATOR
        return Step(Part.EXCHANGE, Mark.WAITS, owner=owner, since=facts.sending_off_since)
    proved = any(account.state not in UNTESTED for account in facts.accounts)
    return Step(Part.EXCHANGE, Mark.DONE if proved else Mark.OPEN)


def _create(facts: Facts) -> Step:
    count = len(facts.accounts)
    return Step(Part.CREATE, Mark.DONE if count else Mark.OPEN, count, count)


def _through(
    part: Part, facts: Facts, before: frozenset[State], waits_here: Callable[[AccountView], bool]
) -> Step:
    """How many accounts are beyond the states `before`; of the others those that wait at this very
    part say whose turn it is."""
    total = len(facts.accounts)
    left = [account for account in facts.accounts if account.state in before]
    here = [account for account in left if waits_here(account)]
    first = min(here, key=lambda account: account.state_since, default=None)
    mark = Mark.WAITS if first else Mark.OPEN if left or not total else Mark.DONE
    step = Step(part, mark, total - len(left), total)
    return replace(step, owner=first.owner, since=first.state_since) if first else step
