"""The jobs that one process has in hand."""

from datetime import timedelta

import structlog

from bot.common.clock import Clock
from storage.database import Store, Transaction
from storage.jobs import NO_SHARE, Share
from storage.tables import Job

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=30)
"""How long a job is its worker's, unless the worker says before that it is still at it. A worker
that is killed leaves its jobs leased; another does them again, from the start, when the lease
ends."""


class ClaimedJobs:
    """Takes jobs, keeps them while they are done, and ends them. Whatever is said of a job that is
    somebody else's by now changes nothing."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._in_hand: dict[int, Job] = {}

    def in_hand(self) -> list[Job]:
        """What is being done."""
        return list(self._in_hand.values())

    def claim(self, limit: int, kept: int, share: Share = NO_SHARE) -> list[Job]:
        """Take up to `limit` due jobs; `kept` of them only for what a person waits for, and of some
        kinds no more than their `share`."""
        now = self._clock.now()
        with self._store.transaction() as tx:
            # Our own come first: a clock that leaps must not give us what we are doing
            self._keep(tx)
            jobs = tx.jobs.claim_due(now, limit, LEASE, kept, share)
        self._in_hand |= {job.id: job for job in jobs}
        return jobs

    def keep(self) -> None:
        """What is in hand stays so for another lease."""
        if self._in_hand:
            with self._store.transaction() as tx:
                self._keep(tx)

    def hand_back(self) -> None:
        """Let others have what is in hand; that it was begun does not count."""
        for job in list(self._in_hand.values()):
            self.return_one(job)

    def return_one(self, job: Job) -> None:
        """The same for one job."""
        log.info("worker.job_handed_back", kind=job.kind)
        with self._store.transaction() as tx:
            tx.jobs.hand_back(job)
        self._in_hand.pop(job.id, None)

    def done(self, job: Job) -> None:
        """Forget a job that is done."""
        self._store.done(job)

    def again(self, job: Job, wait: timedelta, failed: bool) -> None:
        """Have a job done again after `wait`; `failed`: it ended in an error of its own."""
        with self._store.transaction() as tx:
            tx.jobs.retry(job, self._clock.now() + wait, failed)

    def ended(self, job: Job) -> None:
        """Nothing is done any more for a job."""
        self._in_hand.pop(job.id, None)

    def _keep(self, tx: Transaction) -> None:
        tx.jobs.keep(list(self._in_hand.values()), self._clock.now() + LEASE)
