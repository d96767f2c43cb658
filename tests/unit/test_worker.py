"""The worker: what it has taken is done once, however long it takes."""

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.app.worker import LEASE, Worker
from bot.common.jobs import Doers, Work
from bot.messages.delivery import Delivery
from storage.database import Store, connect
from storage.migrate import upgrade
from storage.tables import OutboxItem

JOBS = 20


class HandClock:
    """A time that the test moves."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 24, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


class Slow(Work):
    """Work that takes its time."""

    kind = "slow"
    number: int


class NoCourier:
    """Nothing is to be carried."""

    def show(self, item: OutboxItem, ts: str | None, thread_ts: str | None) -> str:
        raise NotImplementedError

    def take_away(self, item: OutboxItem, ts: str) -> None:
        raise NotImplementedError

    def find(self, item: OutboxItem, thread_ts: str | None) -> str | None:
        raise NotImplementedError


@pytest.fixture
def store(tmp_path: Path) -> Store:
    url = f"sqlite:///{tmp_path / 'maildesk.db'}"
    upgrade(url)
    return Store(connect(url))


def test_work_that_waits_longer_than_a_lease_for_a_free_thread_is_done_once(store: Store) -> None:
    clock, done, all_done = HandClock(), list[int](), threading.Event()

    def work(asked: Slow) -> None:
        """Takes most of a lease, in which the worker ticks on."""
        done.append(asked.number)
        for _ in range(2):
            clock.at += LEASE * 0.4
            worker.tick()
        if len(done) >= JOBS:
            all_done.set()

    doers = Doers()
    doers.add(Slow, work)
    worker = Worker(store, clock, Delivery(store, clock, NoCourier()), doers, [], threads=1)
    with store.transaction() as tx:
        for number in range(JOBS):
            tx.jobs.add(Slow(number=number), clock.at)
    worker.start()
    assert all_done.wait(20)
    worker.stop()
    assert sorted(done) == list(range(JOBS))
