"""How many jobs a second one worker claims and ends on PostgreSQL, beside PgQueuer on the same
server in the same run.

`python -m tests.claim_bench` prints both and their ratio. It needs `pip install pgqueuer`, which
nothing else does. A claim takes as many jobs as a worker has threads; each job is ended by itself,
as workers do. Ours gives every customer their turn, which PgQueuer does not.
"""

import asyncio
import statistics
import time
import uuid
from datetime import UTC, datetime, timedelta

import psycopg
from pgqueuer.domain.types import QueueEntrypoint, QueueManagerId
from pgqueuer.ports.repository import EntrypointExecutionParameter
from pgqueuer.queries import Queries

from bot.app.claimed_jobs import ClaimedJobs
from bot.common.clock import SystemClock
from bot.common.jobs import Work
from storage.database import Store, connect
from storage.migrate import upgrade
from tests.real.postgres import Postgres

JOBS = 1000
OWNERS = 100
AT_A_TIME = 8
AT_ONCE = 200
ROUNDS = 5
AT_LEAST = 0.5
"""What ours may do at least, as a share of PgQueuer's."""


class Nothing(Work):
    """Work for one of the customers."""

    kind = "nothing"
    customer_id: int
    number: int


def ours(url: str) -> float:
    """Jobs a second of ours."""
    store = Store(connect(url))
    now = datetime.now(UTC)
    for first in range(0, JOBS, AT_ONCE):
        with store.transaction() as tx:
            for number in range(first, first + AT_ONCE):
                tx.jobs.add(Nothing(customer_id=number % OWNERS, number=number), now)
    jobs = ClaimedJobs(store, SystemClock())
    begun = time.perf_counter()
    done = 0
    while claimed := jobs.claim(AT_A_TIME, 0):
        done += len(claimed)
        for job in claimed:
            jobs.done(job)
            jobs.ended(job)
    took = time.perf_counter() - begun
    assert done == JOBS
    store.engine.dispose()
    return JOBS / took


async def _theirs(url: str) -> float:
    connection = await psycopg.AsyncConnection.connect(url, autocommit=True)
    async with connection:
        queries = Queries.from_psycopg_connection(connection)
        if not await queries.schema_is_installed():
            await queries.install()
        await queries.enqueue(["nothing"] * JOBS, [b"{}"] * JOBS, [0] * JOBS)
        points = {QueueEntrypoint("nothing"): EntrypointExecutionParameter(0)}
        manager = QueueManagerId(uuid.uuid4())
        begun = time.perf_counter()
        done = 0
        while jobs := await queries.dequeue(
            AT_A_TIME, points, manager, None, timedelta(seconds=30)
        ):
            done += len(jobs)
            for job in jobs:
                await queries.log_jobs([(job, "successful", None)])
        took = time.perf_counter() - begun
        assert done == JOBS
    return JOBS / took


def main() -> None:
    """Print the figures, and fail where ours does less than it may."""
    with Postgres() as cluster:
        upgrade(cluster.url)
        plain = cluster.url.replace("postgresql+psycopg", "postgresql")
        rounds = [(ours(cluster.url), asyncio.run(_theirs(plain))) for _ in range(ROUNDS)]
    for our, their in rounds:
        print(f"ours {our:6.0f} a second   PgQueuer {their:6.0f} a second   {our / their:.2f}")
    ratio = statistics.median(our / their for our, their in rounds)
    print(f"median {ratio:.2f} (at least {AT_LEAST})")
    if ratio < AT_LEAST:
        raise SystemExit("outside its limit")


if __name__ == "__main__":
    main()
