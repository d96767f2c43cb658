"""The worker: APScheduler ticks, and what is due in the database is done."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler

from bot.common.clock import Clock
from bot.common.jobs import Doers
from bot.messages.delivery import Delivery
from storage.database import Store
from storage.tables import Job

log = structlog.get_logger(__name__)

TICK_SECONDS = 1
SENDERS = 2
LEASE = timedelta(minutes=5)
MAX_ATTEMPTS = 5
FIRST_WAIT = timedelta(seconds=10)


class Worker:
    """Does due jobs on a few threads, sweeps for due reminders, and empties the outbox.

    Any number of workers may share a database; each job has one of them at a time.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        delivery: Delivery,
        doers: Doers,
        sweeps: Sequence[Callable[[], int]],
        threads: int = 8,
        pool: Executor | None = None,
    ) -> None:
        """`doers`: who does which kind of work. `sweeps`: run at every tick, each says how much it
        did. `pool`: where jobs are done; threads of its own where none is given."""
        self._store = store
        self._clock = clock
        self._delivery = delivery
        self._doers = doers
        self._sweeps = sweeps
        self._threads = threads
        self._in_hand = threading.Semaphore(threads)
        self._pool = pool or ThreadPoolExecutor(threads, thread_name_prefix="work")
        self._senders = ThreadPoolExecutor(SENDERS, thread_name_prefix="outbox")
        self._free_senders = threading.BoundedSemaphore(SENDERS)
        self._scheduler = BackgroundScheduler(timezone=UTC)

    def start(self) -> None:
        """Begin to tick."""
        tick = {
            "seconds": TICK_SECONDS,
            "max_instances": 1,
            "coalesce": True,
            "misfire_grace_time": None,
        }
        self._scheduler.add_job(self.tick, "interval", id="tick", **tick)
        self._scheduler.add_job(self._send_on_a_thread, "interval", id="outbox", **tick)
        self._scheduler.start()

    def nudge(self) -> None:
        """Look for due work now rather than at the next tick."""
        for name in ("tick", "outbox"):
            self._wake(name, timedelta())

    def stop(self) -> None:
        """Stop taking work and finish what was begun."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)
        self._pool.shutdown(wait=True)
        self._senders.shutdown(wait=True)

    def tick(self) -> None:
        """Do what is due: sweeps here, jobs on the pool."""
        for sweep in self._sweeps:
            try:
                sweep()
            except Exception:
                log.exception("worker.sweep_failed", sweep=getattr(sweep, "__name__", ""))
        free = 0
        while free < self._threads and self._in_hand.acquire(blocking=False):
            free += 1
        jobs: list[Job] = []
        try:
            if free:
                with self._store.transaction() as tx:
                    jobs = tx.jobs.claim_due(self._clock.now(), free, LEASE)
        finally:
            if free > len(jobs):
                self._in_hand.release(free - len(jobs))
        for job in jobs:
            self._pool.submit(self._do, job)

    def _send_on_a_thread(self) -> None:
        """Deliver on a thread of our own: APScheduler's must not ask APScheduler for anything, or
        it could not stop."""
        if self._free_senders.acquire(blocking=False):
            self._senders.submit(self._deliver)

    def _deliver(self) -> None:
        try:
            self._delivery.deliver_due()
        except Exception:
            log.exception("worker.delivery_failed")
        finally:
            self._free_senders.release()
        due = self._delivery.next_due()
        wait = due - self._clock.now() if due is not None else timedelta(seconds=TICK_SECONDS)
        if wait < timedelta(seconds=TICK_SECONDS):  # a channel's rest ends before the next tick
            self._wake("outbox", max(wait, timedelta(milliseconds=50)))

    def _wake(self, name: str, wait: timedelta) -> None:
        with suppress(JobLookupError):  # this process may have no running worker
            self._scheduler.modify_job(name, next_run_time=datetime.now(UTC) + wait)

    def _do(self, job: Job) -> None:
        try:
            self._doers.do(job.kind, job.args)
        except Exception:
            log.exception("worker.job_failed", kind=job.kind, attempts=job.attempts)
            self._failed(job.id, job.attempts)
        else:
            with self._store.transaction() as tx:
                tx.jobs.done(job.id)
        finally:
            self._in_hand.release()
        self.nudge()

    def _failed(self, job_id: int, attempts: int) -> None:
        with self._store.transaction() as tx:
            if attempts >= MAX_ATTEMPTS:
                tx.jobs.done(job_id)
            else:
                tx.jobs.retry(job_id, self._clock.now() + FIRST_WAIT * 2**attempts)
