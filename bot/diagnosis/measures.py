"""What is measured of the whole service, as it stands now; every process says the same."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from bot.common.clock import Clock
from bot.common.tallies import Tallies
from bot.diagnosis.duties import Duties
from storage.database import Conflict, DatabaseAway, Store
from storage.measures import Key, Labels, Waiting

log = structlog.get_logger(__name__)

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Measured:
    """What there is, by the values of labels; of tests and reminders, within a day. `counted` is
    what all processes have counted together."""

    messages: Waiting
    jobs: Mapping[Labels, Waiting]
    incidents: Mapping[Labels, int]
    accounts: Mapping[Labels, int]
    failures: Mapping[Labels, int]
    tests: Mapping[Labels, int]
    reminders: int
    duties: Mapping[Labels, float]
    webhooks: Waiting
    counted: Mapping[Key, float] = field(default_factory=dict)


class Measures:
    """Takes the measures, and keeps what this process counts."""

    def __init__(self, store: Store, clock: Clock, tallies: Tallies, duties: Duties) -> None:
        self._store = store
        self._clock = clock
        self._tallies = tallies
        self._duties = duties

    def keep(self) -> None:
        """Add what this process has counted to what all have. Never raises: what cannot be kept
        now is kept the next time."""
        taken = self._tallies.take()
        if not taken:
            return
        try:
            with self._store.transaction() as tx:
                tx.measures.add(taken)
        except (Conflict, DatabaseAway) as error:
            log.info("measures.put_off", error=type(error).__name__)
            self._tallies.give_back(taken)

    def take(self) -> Measured:
        """The measures as they are now, with what all processes have kept so far: whoever asks
        waits for nobody who writes."""
        now = self._clock.now()
        ages = self._duties.ages()
        with self._store.reading() as tx:
            measures = tx.measures
            return Measured(
                messages=measures.messages(now),
                jobs=measures.jobs(now),
                incidents=measures.incidents(),
                accounts=measures.accounts(),
                failures=measures.failures(),
                tests=measures.tests(now - DAY),
                reminders=measures.reminders(now - DAY),
                duties={(name,): age.total_seconds() for name, age in ages.items()},
                webhooks=measures.webhooks(now),
                counted=measures.counted(),
            )
