"""The worker: what it has taken is done once, however long it takes."""

import threading
import time
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.app.claimed_jobs import LEASE
from bot.app.shares import FOR_OTHERS, KEPT_FREE, Shares
from bot.app.worker import Sweep, Worker
from bot.common.jobs import AT_MAIL_HOSTS, Doers, FillFolders, RunTest, Work
from bot.config.settings import FEWEST_THREADS
from bot.messages.delivery import Delivery
from bot.messages.outgoing import Outgoing
from storage.database import Store, connect
from storage.tables import Job
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


THREADS = 8
CUSTOMERS = range(2 * THREADS)


class HangingHosts:
    """Every mail host hangs until it is let go; whatever asks none is done at once."""

    def __init__(self, store: Store) -> None:
        self.let_go = threading.Event()
        self.at_hosts: list[int] = []
        self._begun = threading.Semaphore(0)
        self._done = threading.Semaphore(0)
        self._store = store
        self._clock = HandClock()
        doers = Doers()
        doers.add(RunTest, lambda work: self._hang(work.test_id))
        doers.add(FillFolders, lambda work: self._hang(work.account_id))
        doers.add(Slow, lambda work: self._done.release())
        delivery = Delivery(store, self._clock, NoCourier())
        self.worker = Worker(store, self._clock, delivery, doers, [], threads=THREADS)

    def ask(self, *works: Work) -> None:
        """These are due, and the worker looks."""
        with self._store.transaction() as tx:
            for work in works:
                tx.jobs.add(work, self._clock.at)
        self.worker.tick()

    def hang(self, count: int) -> None:
        """So many more hang by now, and not one more."""
        for _ in range(count):
            assert self._begun.acquire(timeout=60)
        self.worker.tick()
        with self._store.transaction() as tx:
            asking = [job for kind in AT_MAIL_HOSTS for job in tx.jobs.of_kind(kind)]
        assert len([job for job in asking if job.leased_until]) == len(self.at_hosts)

    def does(self, *works: Slow) -> None:
        """What asks no mail host is done, with nobody let go."""
        self.ask(*works)
        for _ in works:
            until = time.monotonic() + 60
            while not self._done.acquire(timeout=0.02):
                assert time.monotonic() < until, "no thread is left for it"
                self.worker.tick()  # the thread that did the last one may not have been free yet

    def _hang(self, number: int) -> None:
        self.at_hosts.append(number)
        self._begun.release()
        assert self.let_go.wait(60)


@pytest.fixture
def hosts(store: Store) -> Iterator[HangingHosts]:
    hosts = HangingHosts(store)
    yield hosts
    hosts.let_go.set()
    assert hosts.worker.stop()


def checks_of(customers: range, awaited: bool) -> list[RunTest]:
    return [RunTest(test_id=each, customer_id=each, awaited=awaited) for each in customers]


@pytest.mark.attacks
def test_mail_hosts_that_hang_leave_threads_for_what_asks_none(hosts: HangingHosts) -> None:
    windows = [FillFolders(account_id=each, customer_id=each, view_id="V") for each in CUSTOMERS]
    hosts.ask(*checks_of(CUSTOMERS, awaited=True), *windows)
    hosts.hang(THREADS - FOR_OTHERS)
    for number in range(THREADS):
        hosts.does(Slow(number=number))
        hosts.does(Slow(number=number, awaited=True))


@pytest.mark.attacks
def test_a_test_that_is_waited_for_finds_room_among_those_that_nobody_waits_for(
    hosts: HangingHosts,
) -> None:
    hosts.ask(*checks_of(CUSTOMERS, awaited=False))
    hosts.hang(THREADS - FOR_OTHERS - 1)
    hosts.does(Slow(number=1))
    hosts.ask(*checks_of(range(100, 102), awaited=True))
    hosts.hang(1)
    assert sorted(hosts.at_hosts)[-1] == 100
    hosts.does(Slow(number=2))
    hosts.does(Slow(number=3, awaited=True))


@pytest.mark.parametrize("threads", range(FEWEST_THREADS, 9))
def test_however_few_threads_there_are_each_kind_of_work_has_one(threads: int) -> None:
    shares = Shares(threads)
    of_mail = [Job(kind=RunTest.kind, due_at=datetime.now(UTC), awaited=True)]
    others = [Job(kind=Slow.kind, due_at=datetime.now(UTC))]
    assert shares.at_mail_hosts([]).room - shares.at_mail_hosts([]).kept >= 1
    for awaited in (True, False):
        of_mail[0].awaited = awaited
        share = shares.at_mail_hosts([])
        hanging = of_mail * (share.room if awaited else share.room - share.kept)
        free = threads - len(hanging)
        assert free - shares.kept(hanging) >= 1, "for what nobody waits for"
        assert free - 1 - shares.kept(hanging + others) >= 0
        assert free >= 2, "for what somebody waits for"


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
