"""Changes that several transactions keep at once on PostgreSQL: whoever asks for what follows misses
none, nobody waits for an account that somebody else holds, and each is sent by one worker, in order."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest

from storage.change_statuses import ChangeKind
from storage.changes import NewChange
from storage.database import Store, connect
from storage.tables import Account
from storage.vocabulary import Owner, State

pytestmark = [pytest.mark.real, pytest.mark.api]

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LEASE = timedelta(seconds=90)
WORKERS = 4
LANES = [f"account:{number}" for number in range(6)]
EACH = 8

on_postgresql = pytest.mark.parametrize("url", ["postgresql"], indirect=True)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    made = Store(connect(url))
    yield made
    made.engine.dispose()


def new(lane: str, number: int = 0, *mentions: Account) -> NewChange:
    return NewChange(ChangeKind.LIVE, lane, {"number": number}, mentions=mentions)


def account(store: Store) -> Account:
    """An account of a customer."""
    with store.transaction() as tx:
        customer = tx.channels.add_customer("Acme", NOW)
        made = Account(
            ref="MB-7Q3F-9K2D",
            customer_id=customer.id,
            channel_id="C0ACME",
            name="Info",
            sender_name="Acme",
            sender_email="info@acme.example",
            username="info@acme.example",
            address_key="info@acme.example",
            state=State.LIVE,
            state_since=NOW,
            owner=Owner.MAILDESK,
            created_at=NOW,
            created_by_team="T0ACME",
            created_by_user="U0CAROL",
        )
        return tx.accounts.add(made)


@on_postgresql
def test_what_is_committed_later_follows_what_was_listed_already(store: Store) -> None:
    with ExitStack() as slow:
        first = slow.enter_context(store.transaction())
        first.changes.add(new("account:slow"), NOW, wanted=True)
        with store.transaction() as tx:
            tx.changes.add(new("account:quick"), NOW, wanted=True)
        with store.transaction() as tx:
            [seen] = tx.changes.page("", 10, None)
        assert seen.lane == "account:quick"

    with store.transaction() as tx:
        [behind] = tx.changes.page(seen.public_id, 10, None)
    assert behind.lane == "account:slow"


@on_postgresql
def test_an_incident_is_told_of_without_waiting_for_who_holds_its_accounts(store: Store) -> None:
    made = account(store)
    with store.transaction() as holds:
        holds.accounts.lock(made.id)
        with store.transaction() as tx:
            tx.changes.add(new("incident:1", 0, made), NOW, wanted=True)


def test_each_is_taken_by_one_worker_and_in_order(store: Store) -> None:
    taken: dict[str, list[int]] = defaultdict(list)
    in_hand: set[str] = set()
    guard = threading.Lock()
    added = threading.Event()

    def add(lane: str) -> None:
        for number in range(EACH):
            with store.transaction() as tx:
                tx.changes.add(new(lane, number), NOW, wanted=True)

    def work() -> None:
        while True:
            last = added.is_set()
            with store.transaction() as tx:
                claimed = tx.changes.claim_due(NOW, 1, LEASE)
            if not claimed:
                if last:
                    return
                continue
            change = claimed[0].change
            with guard:
                assert change.lane not in in_hand
                in_hand.add(change.lane)
                taken[change.lane].append(change.data["number"])
            with guard:
                in_hand.discard(change.lane)
            with store.transaction() as tx:
                tx.changes.delivered(claimed[0], NOW)

    with ThreadPoolExecutor(WORKERS + len(LANES)) as pool:
        workers = [pool.submit(work) for _ in range(WORKERS)]
        list(pool.map(add, LANES))
        added.set()
        for each in workers:
            each.result()

    assert taken == {lane: list(range(EACH)) for lane in LANES}
