"""How many jobs a second one worker claims and ends on PostgreSQL, beside PgQueuer on the same
server in the same run.

`python -m tests.claim_bench` prints both and their ratio, and how many of the others' jobs ours
claims while one customer has thousands waiting, and as many in hand as it may. It needs PgQueuer
(`pip install pgqueuer`), which nothing else does, and says so where that is not there. A claim takes
as many jobs as a worker has threads; each job is ended by itself, as workers do. Ours gives every
customer their turn, which PgQueuer does not.
"""

import asyncio
import statistics
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from importlib import import_module
from importlib.util import find_spec

import psycopg

from bot.app.claimed_jobs import ClaimedJobs
from bot.common.clock import SystemClock
from bot.common.jobs import CustomersWork
from storage.database import Store, connect
from storage.jobs import MAX_IN_LANE
from storage.migrate import upgrade
from storage.tables import Job
from tests.real.postgres import Postgres

JOBS = 1000
OWNERS = 100
BACKLOG = 5000
AT_A_TIME = 8
AT_ONCE = 200
ROUNDS = 5
AT_LEAST = 0.5
"""What ours may do at least, as a share of PgQueuer's."""


class Nothing(CustomersWork):
    """Work for one of the customers."""

    kind = "nothing"
    lanes = "nothing"
    number: int


def ours(url: str, backlog: int = 0) -> float:
    """Jobs a second of ours, while so many of one more customer wait for their turn."""
    store = Store(connect(url))
    now = datetime.now(UTC)
    with store.transaction() as tx:
        long_due = {"kind": "nothing", "lane": "nothing:0", "due_at": now - timedelta(hours=1)}
        tx.session.add_all(Job(**long_due) for _ in range(backlog))
    for first in range(0, JOBS, AT_ONCE):
        with store.transaction() as tx:
            for number in range(first, first + AT_ONCE):
                tx.jobs.add(Nothing(customer_id=1 + number % OWNERS, number=number), now)
    jobs = ClaimedJobs(store, SystemClock())
    if backlog:
        jobs.claim(MAX_IN_LANE, 0)
    begun = time.perf_counter()
    done = 0
    while done < JOBS:
        claimed = jobs.claim(AT_A_TIME, 0)
        assert claimed
        for job in claimed:
            jobs.done(job)
            jobs.ended(job)
        done += len(claimed)
    took = time.perf_counter() - begun
    with store.transaction() as tx:
        left = tx.jobs.of_kind("nothing")
        assert len(left) == backlog
        for job in left:
            tx.jobs.done(job)
    store.engine.dispose()
    return done / took


async def theirs(url: str) -> float:
    """Jobs a second of PgQueuer's."""
    queries_of = import_module("pgqueuer.queries").Queries
    no_limit = import_module("pgqueuer.ports.repository").EntrypointExecutionParameter(0)
    connection = await psycopg.AsyncConnection.connect(url, autocommit=True)
    async with connection:
        queries = queries_of.from_psycopg_connection(connection)
        if not await queries.schema_is_installed():
            await queries.install()
        await queries.enqueue(["nothing"] * JOBS, [b"{}"] * JOBS, [0] * JOBS)
        claim = (AT_A_TIME, {"nothing": no_limit}, uuid.uuid4(), None, timedelta(seconds=30))
        begun = time.perf_counter()
        done = 0
        while jobs := await queries.dequeue(*claim):
            done += len(jobs)
            for job in jobs:
                await queries.log_jobs([(job, "successful", None)])
        took = time.perf_counter() - begun
        assert done == JOBS
    return done / took


def measured() -> Sequence[tuple[float, float, float]]:
    """Of each round: ours, PgQueuer's, and ours behind a backlog."""
    with Postgres() as cluster:
        upgrade(cluster.url)
        plain = cluster.url.replace("postgresql+psycopg", "postgresql")
        return [
            (ours(cluster.url), asyncio.run(theirs(plain)), ours(cluster.url, BACKLOG))
            for _ in range(ROUNDS)
        ]


def main() -> None:
    """Print the figures, and fail where ours does less than it may."""
    if find_spec("pgqueuer") is None:
        print("claims beside PgQueuer are not measured: pip install pgqueuer")
        return
    rounds = measured()
    for our, their, behind in rounds:
        print(
            f"ours {our:6.0f} a second   PgQueuer {their:6.0f} a second   {our / their:.2f}   "
            f"ours behind {BACKLOG} of one customer {behind:6.0f} a second"
        )
    ratio = statistics.median(our / their for our, their, _ in rounds)
    print(f"median {ratio:.2f} (at least {AT_LEAST})")
    if ratio < AT_LEAST:
        raise SystemExit("outside its limit")


if __name__ == "__main__":
    main()
