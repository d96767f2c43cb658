"""The worker: APScheduler says when to look, the database says what is due."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler

from bot.api.webhooks import THREADS as COURIERS
from bot.api.webhooks import WebhookDelivery
from bot.app.claimed_jobs import ClaimedJobs
from bot.app.hands import Busy, Hands
from bot.app.leases import Holder, Leases
from bot.app.looking import Looking
from bot.app.reach import Reach
from bot.app.shares import Shares
from bot.checks.rhythm import LOOKERS
from bot.checks.watching import Watching
from bot.common.clock import Clock
from bot.common.correlation import correlated, of_job
from bot.common.jobs import Doers
from bot.common.refusals import SlackBusy
from bot.common.stop import Stop, Stopped
from bot.messages.delivery import Delivery
from storage.database import Conflict, DatabaseAway, Store
from storage.tables import Job

log = structlog.get_logger(__name__)

TICK = timedelta(seconds=1)
"""How late a job or a message may be that nobody was woken for."""

SENDERS = 2
GRACE_SECONDS = 7.0
"""So long what was begun may take to end when the process is to stop; whoever stops it waits for
ten seconds before it kills it."""

MAX_ATTEMPTS = 5
"""How many attempts may end in an error of the job's own before it is given up."""

MAX_BEGUN = 20
"""How often a job may be begun: one whose worker is killed each time kills no more of them."""

FIRST_WAIT = timedelta(seconds=10)
MAX_WAIT = timedelta(minutes=5)
PASSING = (Conflict, DatabaseAway, SlackBusy)
"""What says nothing of the job: the same may succeed in a moment."""


@dataclass(frozen=True)
class Sweep:
    """What is looked for again and again.

    Attributes:
        every: the interval: how late what is due may be found.
        search: does a batch of what is due and says how much that was; 0 when nothing is left.
        holder: who has in hand what it does, where that takes seconds.
    """

    name: str
    every: timedelta
    search: Callable[[], int]
    holder: Holder | None = None


class Abandoned(Exception):
    """Worker after worker was killed by a job."""


class Worker:
    """Does due jobs on a few threads, looks at mailboxes on others, sweeps for what is due by the
    clock, and empties the outbox.

    Any number of workers may share a database; each job has one of them at a time.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        delivery: Delivery,
        doers: Doers,
        sweeps: Sequence[Sweep],
        watching: Watching | None = None,
        threads: int = 8,
        pool: Executor | None = None,
        stop: Stop | None = None,
        webhooks: WebhookDelivery | None = None,
    ) -> None:
        """`doers`: who does which kind of work. `watching`: who looks at mailboxes that work.
        `pool`: where jobs are done, and looks; threads of its own where none is given. With `stop`
        nothing more is begun. `webhooks`: who tells the vendor's product."""
        self._clock = clock
        self._delivery = delivery
        self._doers = doers
        self._sweeps = sweeps
        self._watching = watching
        self._webhooks = webhooks
        self._shares = Shares(threads)
        self._stop = stop or Stop()
        self._jobs = ClaimedJobs(store, clock)
        self._leases = Leases(self._holders())
        self._hands = Hands(threads, "work", pool, self._free_again)
        self._looking = Looking(self.take_jobs)
        self._lookers = Hands(LOOKERS, "look", pool)
        self._couriers = Hands(COURIERS, "webhook", pool)
        self._senders = ThreadPoolExecutor(SENDERS, thread_name_prefix="outbox")
        self._free_senders = threading.BoundedSemaphore(SENDERS)
        self._reach = Reach()
        self._ticks = Busy()
        self._sending = Busy()
        self._sweeping = Busy()
        self._scheduler = BackgroundScheduler(timezone=UTC)

    def start(self) -> None:
        """Begin to look for jobs, for mailboxes whose turn it is, for messages, and for what the
        sweeps find; for each at once."""
        self._repeat("jobs", TICK, self._looking.go, beside=1)
        self._repeat("looks", TICK, self.take_looks)
        self._repeat("webhooks", TICK, self.take_webhooks)
        self._repeat("outbox", TICK, self._send_on_a_thread)
        for sweep in self._sweeps:
            self._repeat(sweep.name, sweep.every, partial(self._sweep, sweep))
        self._leases.start()
        self._scheduler.start()

    def nudge(self) -> None:
        """Look for due jobs and messages now rather than at the next tick."""
        if self._looking.ask():
            self._wake("jobs", timedelta())
        self._wake("outbox", timedelta())

    def tick(self) -> None:
        """Do everything that is due now: what the sweeps find before this returns, jobs on threads
        of their own. For whoever moves the clock."""
        for sweep in self._sweeps:
            self._sweep(sweep)
        self.take_looks()
        self.take_webhooks()
        self.take_jobs()

    def leap(self, move: Callable[[], None]) -> None:
        """Have the clock moved while nothing is in hand, since a lease would seem to have ended and
        its work be done twice, and what was signed on the way seem old; then do what is due."""
        with ExitStack() as held:
            held.enter_context(self._sweeping.all_held())
            held.enter_context(self._hands.all_held())
            held.enter_context(self._lookers.all_held())
            held.enter_context(self._couriers.all_held())
            for turn in [self._free_senders] * SENDERS:
                held.enter_context(turn)
            move()
        self.tick()
        self.nudge()

    def stop(self) -> bool:
        """Stop taking work, finish what ends within seconds, and hand the rest back, so that
        another worker has it at once. Whether everything ended; else threads still wait for
        servers, and what they say of their work changes nothing any more."""
        self._stop.ask()
        end = time.monotonic() + GRACE_SECONDS
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        hands = (self._hands, self._lookers, self._couriers)
        parts = (self._ticks, *hands, self._sending, self._sweeping)
        ended = [part.ended_by(end) for part in parts]
        self._senders.shutdown(wait=False)
        self._leases.end()
        return all(ended)

    def _holders(self) -> list[Holder]:
        of_sweeps = [sweep.holder for sweep in self._sweeps if sweep.holder is not None]
        there = [each for each in (self._watching, self._webhooks) if each is not None]
        return [self._jobs, self._delivery.turns, *there, *of_sweeps]

    def _repeat(
        self, name: str, every: timedelta, look: Callable[[], None], beside: int = 0
    ) -> None:
        """`beside`: so many may be begun while one goes on. Where that is none, one that takes
        longer than its interval is not begun a second time."""
        self._scheduler.add_job(
            look,
            "interval",
            id=name,
            seconds=every.total_seconds(),
            next_run_time=datetime.now(UTC),
            max_instances=1 + beside,
            coalesce=True,  # however many were missed, one makes up for them
            misfire_grace_time=None,
        )

    def _sweep(self, sweep: Sweep) -> None:
        """Search until nothing is left; what goes wrong is logged and tried at the next time."""
        with self._sweeping:
            try:
                with self._reach.watched():
                    while sweep.search() and not self._stop.asked:
                        log.debug("worker.swept", sweep=sweep.name)
            except Exception:
                log.exception("worker.sweep_failed", sweep=sweep.name)

    def take_jobs(self) -> None:
        """Take as many due jobs as there are free threads that are not kept."""
        with self._ticks, self._reach.watched():
            if not self._stop.asked:
                self._hands.take(self._claim_jobs, self._do)

    def take_looks(self) -> None:
        """Look at mailboxes whose turn it is, as many as there are threads for it."""
        with self._ticks, self._reach.watched():
            if self._watching is not None and not self._stop.asked:
                self._lookers.take(self._watching.claim, self._watching.look)

    def take_webhooks(self) -> None:
        """Tell the product what is due, on as many threads as there are for it."""
        with self._ticks, self._reach.watched():
            if self._webhooks is not None and not self._stop.asked:
                self._couriers.take(self._webhooks.claim, self._webhooks.deliver)

    def _free_again(self) -> None:
        """A thread has ended a job, which may have left messages: it looks for the next one itself,
        since whoever wakes the scheduler in the middle of its looking would wait for a tick."""
        if self._scheduler.running:
            self._looking.go()
            self._wake("outbox", timedelta())

    def _claim_jobs(self, free: int) -> list[Job]:
        in_hand = self._jobs.in_hand()
        at_mail_hosts = self._shares.at_mail_hosts(in_hand)
        jobs = self._jobs.claim(free, self._shares.kept(in_hand), at_mail_hosts)
        self._reach.back()
        return jobs

    def _send_on_a_thread(self) -> None:
        """Deliver on a thread of our own: APScheduler's must not ask APScheduler for anything, or
        it could not stop."""
        with self._ticks:
            if not self._stop.asked and self._free_senders.acquire(blocking=False):
                self._senders.submit(self._deliver)

    def _deliver(self) -> None:
        try:
            with self._sending, self._reach.watched():
                self._delivery.deliver_due()
        except Exception:
            log.exception("worker.delivery_failed")
        finally:
            self._free_senders.release()
        with self._reach.watched():
            due = self._delivery.next_due()
            wait = due - self._clock.now() if due is not None else TICK
            if wait < TICK:  # a channel's rest ends before the next tick
                self._wake("outbox", max(wait, timedelta(milliseconds=50)))

    def _wake(self, name: str, wait: timedelta) -> None:
        with suppress(JobLookupError):  # this process may have no running worker
            self._scheduler.modify_job(name, next_run_time=datetime.now(UTC) + wait)

    def _told(self, job: Job, error: Exception, last: bool) -> bool:
        """Whether a person who waited for the job knows by now that it failed."""
        try:
            return self._doers.failed(job.kind, job.args, error, last)
        except Exception:
            log.exception("worker.window_not_told", kind=job.kind)
            return False

    def _do(self, job: Job) -> None:
        try:
            # Where the end of a job cannot be kept, its lease ends and it is done again
            with self._reach.watched(), correlated(of_job(job.args)):
                self._attempt(job)
        finally:
            self._jobs.ended(job)

    def _attempt(self, job: Job) -> None:
        if job.attempts > MAX_BEGUN:
            self._told(job, Abandoned(), last=True)
            self._give_up(job)
            return
        try:
            self._doers.do(job.kind, job.args)
        except Stopped:
            self._jobs.return_one(job)
        except PASSING as error:
            log.warning("worker.job_put_off", kind=job.kind, error=type(error).__name__)
            self._again(job, failed=False)
        except Exception as error:
            log.exception("worker.job_failed", kind=job.kind, failures=job.failures + 1)
            last = job.failures + 1 >= MAX_ATTEMPTS
            if self._told(job, error, last):
                self._jobs.done(job)
            elif not last:
                self._again(job, failed=True)
            else:
                self._give_up(job)
        else:
            self._jobs.done(job)

    def _again(self, job: Job, failed: bool) -> None:
        times = job.failures + 1 if failed else job.attempts
        wait = min(FIRST_WAIT * (1 << min(times, 10)), MAX_WAIT)
        self._jobs.again(job, wait, failed)

    def _give_up(self, job: Job) -> None:
        """Forget a job, after whoever does its kind has ended what hangs on it."""
        log.error("worker.job_given_up", kind=job.kind, attempts=job.attempts)
        try:
            self._doers.give_up(job.kind, job.args)
        except Exception:
            log.exception("worker.not_given_up", kind=job.kind)
        self._jobs.done(job)
