"""Several workers who tell a pager at once, on both databases: each page is sent by one of them, and
in order under its fingerprint, while others still add to it."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from storage.database import Store, connect
from storage.vocabulary import PageChange, Pager, Standing
from tests.support.pagers import facts

pytestmark = pytest.mark.real

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LEASE = timedelta(seconds=90)
WORKERS = 4
FINGERPRINTS = [f"smtp.auth_disabled/tenant/{number}" for number in range(6)]
CHANGES = [PageChange.OPENED, PageChange.ACKNOWLEDGED, PageChange.UNACKNOWLEDGED] * 3


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    made = Store(connect(url), [Pager.PAGERDUTY])
    yield made
    made.engine.dispose()


def test_each_page_is_taken_by_one_worker_and_in_order(store: Store) -> None:
    taken: dict[str, list[int]] = defaultdict(list)
    in_hand: set[str] = set()
    guard = threading.Lock()
    added = threading.Event()

    def add(fingerprint: str) -> None:
        for number, change in enumerate(CHANGES):
            with store.transaction() as tx:
                tx.pages.add(1, fingerprint, change, facts(change, mailboxes=number), NOW)

    def work() -> None:
        while True:
            last = added.is_set()
            with store.transaction() as tx:
                claimed = tx.pages.claim_next(Pager.PAGERDUTY, NOW, LEASE)
            if claimed is None:
                if last:
                    return
                continue
            fingerprint = claimed.page.fingerprint
            with guard:
                assert fingerprint not in in_hand
                in_hand.add(fingerprint)
                taken[fingerprint].append(claimed.page.facts["mailboxes"])
            with guard:
                in_hand.discard(fingerprint)
            with store.transaction() as tx:
                tx.pages.sent(claimed, Standing.TRIGGERED, NOW)

    with ThreadPoolExecutor(WORKERS + len(FINGERPRINTS)) as pool:
        workers = [pool.submit(work) for _ in range(WORKERS)]
        for adding in [pool.submit(add, each) for each in FINGERPRINTS]:
            adding.result(60)
        added.set()
        for working in workers:
            working.result(60)
    assert taken == {each: list(range(len(CHANGES))) for each in FINGERPRINTS}


def test_what_a_killed_worker_had_in_hand_comes_back_when_its_lease_ends(store: Store) -> None:
    with store.transaction() as tx:
        tx.pages.add(1, "a/b/c", PageChange.OPENED, facts(PageChange.OPENED), NOW)
        tx.pages.claim_next(Pager.PAGERDUTY, NOW, LEASE)
    with store.transaction() as tx:
        assert tx.pages.claim_next(Pager.PAGERDUTY, NOW + LEASE / 2, LEASE) is None
        again = tx.pages.claim_next(Pager.PAGERDUTY, NOW + LEASE, LEASE)
        assert again is not None
        assert (again.page.attempts, again.there.unsure) == (2, True)
