"""Work that is due."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import BindParameter, ColumnElement, Connection, Subquery, bindparam, case
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, col, delete, func, or_, select, update
from sqlmodel.sql.expression import SelectOfScalar

from storage.tables import Job
from storage.types import LIMIT, NOW, UtcDateTime

MAX_IN_LANE = 2
"""So many jobs of one lane are in hand at a time, of all workers together."""

CLAIMING = 0x6A6F6273
"""The number of the advisory lock, "jobs" in ASCII; migrations have another."""


@dataclass(frozen=True)
class Share:
    """How many jobs of some kinds, all together, a worker has room for.

    Attributes:
        kept: so many of them only for what a person waits for.
    """

    kinds: frozenset[str]
    room: int
    kept: int = 0


NO_SHARE = Share(frozenset(), 0)
"""No kind has less room than the others."""


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

    @property
    def lane(self) -> str | None:
        """Whose it is; None where it belongs to nobody."""
        ...

    @property
    def awaited(self) -> bool:
        """Whether a person waits for it."""
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
        if waiting is not None:
            waiting.awaited = waiting.awaited or work.awaited
        self._session.flush()

    def _waiting(self, key: str | None) -> Job | None:
        return self._session.exec(WITH_KEY, params={"key": key}).first() if key else None

    def _added(self, job: Job) -> bool:
        """Whether it could be added: another transaction may ask for the same at the same time."""
        try:
            with self._session.begin_nested():
                self._session.add(job)
        except IntegrityError:
            return False
        return True

    def claim_due(
        self,
        now: datetime,
        limit: int,
        lease: timedelta,
        kept: int = 0,
        share: Share = NO_SHARE,
    ) -> list[Job]:
        """Take up to `limit` jobs that are due at `now`, so that no other worker takes them until
        the lease ends. Taken jobs give up their key: a new request for the same work is new work.

        What a person waits for is taken first. A lane that has `MAX_IN_LANE` jobs in hand is passed
        over, and one with fewer goes before one with more.

        Args:
            kept: so many of the `limit` are only taken up by what a person waits for.
            share: of these kinds no more are taken; what comes after them takes their place.
        """
        if not self._may_claim(now):
            return []
        asked = {"now": now, "limit": limit, "kinds": sorted(share.kinds)}
        asked |= {"room": share.room, "room_for_others": share.room - share.kept}
        turn = self._session.exec(WHOSE_TURN, params=asked)
        jobs = [job for number, job in enumerate(turn) if job.awaited or number < limit - kept]
        if jobs:
            self._take(jobs, now + lease)
        return jobs

    def _may_claim(self, now: datetime) -> bool:
        """Whether something is due: mostly nothing is, and the ranking costs ten times as much.
        Where something is, the right to claim is held until the transaction ends.

        Locked rows are not enough: whoever claims while another's claim is not committed yet counts
        its lanes without what that one takes. The same jobs are locked, but one that was asked for
        between the two, and comes first, would be one too many. With the lock one claim comes after
        the other; and since it is taken by a statement before the ranking, that one reads what was
        committed before. SQLite's transactions begin with the write lock: there it is held.
        """
        connection = self._session.connection()
        due = LOCKED_IF_DUE if connection.dialect.name == "postgresql" else SOMETHING_DUE
        return connection.execute(due, {"now": now}).first() is not None

    def _take(self, jobs: Iterable[Job], until: datetime) -> None:
        """Jobs are somebody's until then; their rows and what was read of them say so alike."""
        for job in jobs:
            set_committed_value(job, "leased_until", until)
            set_committed_value(job, "attempts", job.attempts + 1)
            set_committed_value(job, "claim", job.claim + 1)
            set_committed_value(job, "key", None)
        self._session.connection().execute(TAKE, {"ids": [job.id for job in jobs], "until": until})

    def hurry(self, work: Work) -> None:
        """A person waits from now on for waiting work of the same key."""
        waiting = update(Job).where(col(Job.key) == work.key)
        self._session.exec(waiting.values(awaited=True))

    def keep(self, jobs: Iterable[Job], until: datetime) -> None:
        """Whoever claimed these jobs is still at work on them, and has them until then; except for
        those that are somebody else's by now."""
        kept = [
            {"job": job.id, "number": job.claim, "until": until}
            for job in sorted(jobs, key=lambda each: each.id)
        ]
        if kept:
            self._session.connection().execute(KEEP, kept)

    def retry(self, job: Job, due_at: datetime, failed: bool) -> None:
        """Give a claimed job back, to be done at `due_at`; `failed`: it ended in an error of its
        own. Nothing happens where the job is somebody else's by now."""
        failures = col(Job.failures) + int(failed)
        self._give_back(job, due_at=due_at, failures=failures)

    def hand_back(self, job: Job) -> None:
        """Give a claimed job back as it was, in its place: it was begun and says nothing of how it
        went. Nothing happens where the job is somebody else's by now."""
        self._give_back(job, attempts=col(Job.attempts) - 1)

    def _give_back(self, job: Job, **changed: Any) -> None:
        free = {"leased_until": None, "claim": col(Job.claim) + 1}
        given_back = update(Job).where(*AS_CLAIMED).values(**free, **changed)
        self._session.connection().execute(given_back, {"job": job.id, "number": job.claim})

    def of_kind(self, kind: str) -> list[Job]:
        """Every job of a kind, whether it waits or is being done."""
        return list(self._session.exec(select(Job).where(Job.kind == kind)))

    def done(self, job: Job) -> None:
        """Forget a finished job, unless it is somebody else's by now."""
        forget(self._session.connection(), job)

    def cancel(self, work: Work) -> None:
        """Forget waiting work of the same key."""
        self._session.exec(delete(Job).where(col(Job.key) == work.key))

    def unfinished(self) -> int:
        """How many jobs somebody is at work on."""
        return len(
            self._session.exec(select(Job.id).where(col(Job.leased_until).is_not(None))).all()
        )

    def next_due(self) -> datetime | None:
        """When the next unclaimed job is due of which the lane is not full."""
        return self._session.exec(NEXT_DUE).first()


def forget(connection: Connection, job: Job) -> None:
    """Forget a finished job, unless it is somebody else's by now."""
    connection.execute(DONE, {"job": job.id, "number": job.claim})


def _job(work: Work, due_at: datetime) -> Job:
    job = Job(kind=work.kind, key=work.key, args=work.to_args(), due_at=due_at)
    job.lane = work.lane
    job.awaited = work.awaited
    return job


UNTIL: BindParameter[datetime] = bindparam("until", type_=UtcDateTime())

FREE = col(Job.leased_until).is_(None) | (col(Job.leased_until) < NOW)
DUE = (col(Job.due_at) <= NOW, FREE)
"""What a job must be that can be taken."""

AS_CLAIMED = (col(Job.id) == bindparam("job"), col(Job.claim) == bindparam("number"))
"""The row of a claimed job, as long as nobody else claimed it."""


def _in_hand() -> Subquery:
    """How many jobs of each lane somebody is at work on."""
    leased = (col(Job.leased_until) >= NOW, col(Job.lane).is_not(None))
    return select(Job.lane, func.count().label("jobs")).where(*leased).group_by(Job.lane).subquery()


def _ranked() -> Subquery:
    """Every job that can be taken, with its place: how many of its lane would be in hand if it and
    those before it were taken. The database counts, so that of a long lane no more rows are read
    into memory than can be taken. What is in a full lane is left out before the others are ranked:
    thousands may wait there, and as long as they do, others claim."""
    held = _in_hand()
    in_hand = func.coalesce(held.c.jobs, 0)
    order = (col(Job.awaited).desc(), col(Job.due_at), col(Job.id))
    before = func.row_number().over(partition_by=col(Job.lane), order_by=order)
    place = case(
        (col(Job.lane).is_(None), 1),
        else_=before + in_hand,
    )
    found = select(Job.id, Job.due_at, Job.awaited, place.label("place")).add_columns(col(Job.kind))
    found = found.outerjoin(held, held.c.lane == Job.lane).where(*DUE, in_hand < MAX_IN_LANE)
    return found.subquery()


def _whose_turn() -> SelectOfScalar[Job]:
    """The first `limit` jobs whose turn it is, in their order, each locked."""
    may_come = _may_come()
    room = case((may_come.c.awaited, bindparam("room")), else_=bindparam("room_for_others"))
    fits = or_(may_come.c.shares.is_(False), may_come.c.number <= room)
    first = may_come.select().where(fits).order_by(*_turn(may_come)).limit(LIMIT).subquery()
    # What is due is asked again of the row that was locked: a worker of the version before does
    # not wait for our lock, and may have taken the job since it was ranked.
    found = select(Job).join(first, first.c.id == col(Job.id)).where(*DUE)
    return found.order_by(*_turn(first)).with_for_update(skip_locked=True, of=Job)


def _may_come() -> Subquery:
    """Every job for which its lane has room, with its number among those whose kinds share room, or
    among all others."""
    ranked = _ranked()
    shares = ranked.c.kind.in_(bindparam("kinds", expanding=True)).label("shares")
    number = func.row_number().over(partition_by=shares, order_by=_turn(ranked)).label("number")
    found = ranked.select().add_columns(shares, number)
    return found.where(ranked.c.place <= MAX_IN_LANE).subquery()


def _turn(jobs: Subquery) -> Sequence[ColumnElement[Any]]:
    """Who comes before whom."""
    return (jobs.c.awaited.desc(), jobs.c.place, jobs.c.due_at, jobs.c.id)


def _next_due() -> SelectOfScalar[datetime]:
    """When the next unclaimed job is due of which the lane is not full."""
    full = (
        select(Job.lane)
        .where(col(Job.leased_until).is_not(None), col(Job.lane).is_not(None))
        .group_by(col(Job.lane))
        .having(func.count() >= MAX_IN_LANE)
    )
    open_lane = or_(col(Job.lane).is_(None), col(Job.lane).not_in(full))
    unclaimed = select(Job.due_at).where(col(Job.leased_until).is_(None), open_lane)
    return unclaimed.order_by(col(Job.due_at)).limit(1)


# Workers ask these every second, or with each job: each is put together once. What changes rows is
# asked of the connection, past the session, which would look for each row in its memory.
WITH_KEY = select(Job).where(col(Job.key) == bindparam("key"))
SOMETHING_DUE = select(Job.id).where(*DUE).limit(1)
LOCKED_IF_DUE = select(func.pg_advisory_xact_lock(CLAIMING)).select_from(SOMETHING_DUE.subquery())
WHOSE_TURN = _whose_turn()
TAKE = (
    update(Job)
    .where(col(Job.id).in_(bindparam("ids", expanding=True)))
    .values(leased_until=UNTIL, attempts=col(Job.attempts) + 1, claim=col(Job.claim) + 1, key=None)
)
KEEP = update(Job).where(*AS_CLAIMED).values(leased_until=UNTIL)
DONE = delete(Job).where(*AS_CLAIMED)
NEXT_DUE = _next_due()
