"""Work that is due."""

from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, delete, select

from storage.tables import Job


class Work(Protocol):
    """What is to be done, as a row keeps it."""

    @property
    def kind(self) -> str:
        """Which work it is."""
        ...

    @property
    def key(self) -> str | None:
        """Of the same key one piece of work waits at a time; None where each is its own."""
        ...

    def to_args(self) -> dict[str, Any]:
        """What has to be known to do it, as JSON."""
        ...


class JobRepository:
    """The queue of work. Claimed work comes back after its lease, so a killed worker loses
    nothing."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, work: Work, due_at: datetime, sooner: bool = False) -> None:
        """Ask for work at `due_at`. Waiting work of the same key is moved there instead; with
        `sooner` only if it would be done later."""
        waiting = self._waiting(work.key)
        if waiting is None and self._added(_job(work, due_at)):
            return
        waiting = waiting or self._waiting(work.key)
        if waiting is None:  # another transaction asked first, and a worker has taken it by now
            self._session.add(_job(work, due_at))
        elif not sooner or waiting.due_at > due_at:
            waiting.args = work.to_args()
            waiting.due_at = due_at
            waiting.attempts = 0
            waiting.failures = 0
        self._session.flush()

    def _waiting(self, key: str | None) -> Job | None:
        return self._session.exec(select(Job).where(Job.key == key)).first() if key else None

    def _added(self, job: Job) -> bool:
        """Whether it could be added: another transaction may ask for the same at the same time."""
        try:
            with self._session.begin_nested():
                self._session.add(job)
        except IntegrityError:
            return False
        return True

    def claim_due(self, now: datetime, limit: int, lease: timedelta) -> list[Job]:
        """Take up to `limit` jobs that are due at `now`, so that no other worker takes them until
        the lease ends. Taken jobs give up their key: a new request for the same work is new
        work."""
        free = col(Job.leased_until).is_(None) | (col(Job.leased_until) < now)
        due = (
            select(Job)
            .where(Job.due_at <= now, free)
            .order_by(col(Job.due_at), col(Job.id))
            .limit(limit)
        )
        jobs = list(self._session.exec(due.with_for_update(skip_locked=True)))
        for job in jobs:
            job.leased_until = now + lease
            job.attempts = job.attempts + 1
            job.key = None
        self._session.flush()
        return jobs

    def retry(self, job_id: int, due_at: datetime, failed: bool) -> None:
        """Give a claimed job back, to be done at `due_at`; `failed`: it ended in an error of its
        own."""
        job = self._session.get(Job, job_id)
        if job is not None:
            job.due_at = due_at
            job.leased_until = None
            job.failures += failed

    def of_kind(self, kind: str) -> list[Job]:
        """Every job of a kind, whether it waits or is being done."""
        return list(self._session.exec(select(Job).where(Job.kind == kind)))

    def done(self, job_id: int) -> None:
        """Forget a finished job."""
        self._session.exec(delete(Job).where(col(Job.id) == job_id))

    def cancel(self, work: Work) -> None:
        """Forget waiting work of the same key."""
        self._session.exec(delete(Job).where(col(Job.key) == work.key))

    def unfinished(self) -> int:
        """How many jobs somebody is at work on."""
        return len(
            self._session.exec(select(Job.id).where(col(Job.leased_until).is_not(None))).all()
        )

    def next_due(self) -> datetime | None:
        """When the next unclaimed job is due."""
        unclaimed = select(Job.due_at).where(col(Job.leased_until).is_(None))
        return self._session.exec(unclaimed.order_by(col(Job.due_at)).limit(1)).first()


def _job(work: Work, due_at: datetime) -> Job:
    return Job(kind=work.kind, key=work.key, args=work.to_args(), due_at=due_at)
