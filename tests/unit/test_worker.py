"""The worker: what it has taken is done once, however long it takes."""

import threading
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.app.claimed_jobs import LEASE
from bot.app.worker import KEPT_FREE, Sweep, Worker
from bot.common.jobs import Doers, Work
from bot.messages.delivery import Delivery
from bot.messages.outgoing import Outgoing
from storage.database import Store, connect
from tests.support.practice import database_in

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

    def show(
        self,
        message: Outgoing,
        ts: str | None,
        thread_ts: str | None,
        left_out: Collection[str] = (),
    ) -> str:
        raise NotImplementedError

    def show_plainly(self, message: Outgoing, ts: str | None, thread_ts: str | None) -> str:
        raise NotImplementedError

    def take_away(self, message: Outgoing, ts: str) -> None:
        raise NotImplementedError

    def find(self, message: Outgoing, thread_ts: str | None) -> str | None:
        raise NotImplementedError


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(connect(database_in(tmp_path)))


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


@pytest.mark.attacks
def test_some_threads_are_kept_for_what_a_person_waits_for(store: Store) -> None:
    clock, begun, go_on = HandClock(), threading.Semaphore(0), threading.Event()
    done: list[int] = []

    def work(asked: Slow) -> None:
        """Takes until the test lets it end, unless a person waits for it."""
        begun.release()
        if asked.number < JOBS:
            assert go_on.wait(20)
        done.append(asked.number)

    doers = Doers()
    doers.add(Slow, work)
    others = 2
    worker = Worker(
        store, clock, Delivery(store, clock, NoCourier()), doers, [], threads=KEPT_FREE + others
    )
    with store.transaction() as tx:
        for number in range(JOBS):
            tx.jobs.add(Slow(number=number), clock.at)
    worker.tick()
    worker.tick()
    for _ in range(others):
        assert begun.acquire(timeout=60)
    assert not begun.acquire(timeout=0.1), "the other threads are kept"

    with store.transaction() as tx:
        tx.jobs.add(Slow(number=JOBS, awaited=True), clock.at)
    worker.tick()
    assert begun.acquire(timeout=60)
    go_on.set()
    worker.stop()
    assert done[0] == JOBS


def never() -> int:
    raise RuntimeError("the database is away")


def worker_with(store: Store, *sweeps: Sweep) -> Worker:
    clock = HandClock()
    return Worker(store, clock, Delivery(store, clock, NoCourier()), Doers(), sweeps, threads=1)


def test_a_sweep_is_repeated_until_nothing_is_left(store: Store) -> None:
    left = [3, 2, 0, 9]
    worker = worker_with(store, Sweep("lists", timedelta(hours=1), lambda: left.pop(0)))
    worker.tick()
    assert left == [9]
    worker.stop()


def test_a_sweep_that_fails_does_not_keep_the_others_from_their_work(store: Store) -> None:
    found: list[str] = []

    def find() -> int:
        found.append("reminder")
        return 0

    hourly = timedelta(hours=1)
    worker = worker_with(store, Sweep("broken", hourly, never), Sweep("reminders", hourly, find))
    worker.tick()
    assert found == ["reminder"]
    worker.stop()


def test_a_worker_that_starts_sweeps_at_once_and_then_at_each_sweeps_own_interval(
    store: Store,
) -> None:
    rare, often = threading.Semaphore(0), threading.Semaphore(0)

    def seldom() -> int:
        rare.release()
        return 0

    def again() -> int:
        often.release()
        return 0

    worker = worker_with(
        store,
        Sweep("seldom", timedelta(hours=1), seldom),
        Sweep("often", timedelta(milliseconds=50), again),
    )
    worker.start()
    for _ in range(4):
        assert often.acquire(timeout=60)
    assert rare.acquire(timeout=60)
    worker.nudge()
    worker.stop()
    assert not rare.acquire(blocking=False), "a nudge is for jobs and messages"


def test_a_worker_that_stops_ends_a_sweep_between_two_batches(store: Store) -> None:
    begun, batches = threading.Event(), list[int]()

    def endless() -> int:
        batches.append(1)
        begun.set()
        return 1

    worker = worker_with(store, Sweep("endless", timedelta(hours=1), endless))
    worker.start()
    assert begun.wait(20)
    stopping = threading.Thread(target=worker.stop, daemon=True)
    stopping.start()
    stopping.join(20)
    assert not stopping.is_alive()
    done = len(batches)
    worker.nudge()
    assert len(batches) == done
