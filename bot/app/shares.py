"""How a worker shares its threads among the jobs that it takes."""

from collections.abc import Collection

from bot.common.jobs import AT_MAIL_HOSTS
from storage.jobs import Share
from storage.tables import Job

KEPT_FREE = 2
"""So many threads are kept for what a person waits for, however much else is due."""

FOR_OTHERS = 2
"""So many threads are left for what asks no mail host: one for whatever it is, and one for what a
person waits for."""


class Shares:
    """What may be taken beside what a worker has in hand.

    A mail host that hangs holds each job that asks it for as long as we are patient. So these jobs
    together never have every thread, however many customers press for theirs.
    """

    def __init__(self, threads: int) -> None:
        self._kept = max(min(KEPT_FREE, threads - FOR_OTHERS), 0)
        self._at_hosts = max(threads - FOR_OTHERS, 1)

    def kept(self, in_hand: Collection[Job]) -> int:
        """So many of the free threads are only for what a person waits for. What that has in hand
        counts; one more stays free for the next."""
        awaited = [job for job in in_hand if job.awaited]
        return max(self._kept - len(awaited), min(self._kept, 1))

    def at_mail_hosts(self, in_hand: Collection[Job]) -> Share:
        """How many jobs that ask mail hosts may be taken. The last place is for one that a person
        waits for."""
        asking = [job for job in in_hand if job.kind in AT_MAIL_HOSTS]
        return Share(AT_MAIL_HOSTS, self._at_hosts - len(asking), min(self._at_hosts - 1, 1))
