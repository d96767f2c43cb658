"""What is measured of the service: what waits, how much there is of each kind, and what its
processes count together."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel, col, func, select, update

from storage.change_statuses import UNSENT
from storage.tables import (
    Account,
    Change,
    ConnectionTest,
    Duty,
    Failure,
    Incident,
    Job,
    OutboxItem,
    Reminder,
    Tally,
)
from storage.vocabulary import AT_WORK

Labels = tuple[str, ...]
"""The values of a measure's labels, in their order."""

Key = tuple[str, Labels]
"""A measure's name and the values of its labels."""


@dataclass(frozen=True)
class Waiting:
    """How many wait, and for how many seconds the oldest has waited."""

    count: int
    seconds: float


class MeasureRepository:
    """Questions about the whole, which are asked every half minute or so."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def messages(self, now: datetime) -> Waiting:
        """Messages that wait to be sent."""
        found = select(func.count(), func.min(OutboxItem.created_at)).where(
            col(OutboxItem.done_at).is_(None)
        )
        count, oldest = self._session.exec(found).one()
        return Waiting(count, _age(oldest, now))

    def webhooks(self, now: datetime) -> Waiting:
        """What the product should have heard of, and has not."""
        found = select(func.count(), func.min(Change.at)).where(col(Change.status).in_(UNSENT))
        count, oldest = self._session.exec(found).one()
        return Waiting(count, _age(oldest, now))

    def jobs(self, now: datetime) -> dict[Labels, Waiting]:
        """Jobs that are due, or in hand, by their kind."""
        due = select(Job.kind, func.count(), func.min(Job.due_at)).where(Job.due_at <= now)
        rows = self._session.exec(due.group_by(Job.kind))
        return {(kind,): Waiting(count, _age(oldest, now)) for kind, count, oldest in rows}

    def incidents(self) -> dict[Labels, int]:
        """Incidents that are not over, by severity."""
        at_work = col(Incident.status).in_(AT_WORK)
        return self._by(Incident.severity, at_work)

    def accounts(self) -> dict[Labels, int]:
        """Accounts by state."""
        return self._by(Account.state, True)

    def failures(self) -> dict[Labels, int]:
        """Failures that are still there, by cause."""
        return self._by(Failure.cause, col(Failure.mended_at).is_(None))

    def tests(self, since: datetime) -> dict[Labels, int]:
        """Tests that ended since then, by result."""
        ended = col(ConnectionTest.finished_at) >= since
        found = self._by(ConnectionTest.passed, ended)
        words = {"True": "passed", "False": "failed", "None": "overtaken"}
        return {(words[passed],): count for (passed,), count in found.items()}

    def reminders(self, since: datetime) -> int:
        """Reminders that were posted since then."""
        posted = select(func.count()).where(col(Reminder.posted_at) >= since)
        return self._session.exec(posted).one()

    def done(self, name: str, now: datetime) -> None:
        """The worker has just done one of its duties."""
        known = update(Duty).where(col(Duty.name) == name).values(done_at=now)
        self._keep(known, Duty(name=name, done_at=now))

    def duties(self) -> dict[str, datetime]:
        """When each duty was done last."""
        return {duty.name: duty.done_at for duty in self._session.exec(select(Duty))}

    def add(self, counted: Mapping[Key, float]) -> None:
        """Add to what all processes count together. In one order, so that two that add at the same
        time wait for each other, and not each for the other."""
        for (name, labels), amount in sorted(counted.items()):
            written = json.dumps(labels)
            same = (col(Tally.name) == name) & (col(Tally.labels) == written)
            more = update(Tally).where(same).values(value=Tally.value + amount)
            self._keep(more, Tally(name=name, labels=written, value=amount))

    def counted(self) -> dict[Key, float]:
        """What all processes have counted so far."""
        rows: Iterable[Tally] = self._session.exec(select(Tally))
        return {(row.name, tuple(json.loads(row.labels))): row.value for row in rows}

    def _keep(self, change: Update, new: SQLModel) -> None:
        """Change a row; where there is none, add a new one. Processes that begin together find none
        at the same time."""
        if self._session.exec(change).rowcount:
            return
        try:
            with self._session.begin_nested():
                self._session.add(new)
        except IntegrityError:  # another transaction added it first
            self._session.exec(change)

    def _by(self, column: Any, which: Any) -> dict[Labels, int]:
        rows = self._session.exec(select(column, func.count()).where(which).group_by(column))
        return {(str(value),): count for value, count in rows}


def _age(since: datetime | None, now: datetime) -> float:
    return max(now - since, timedelta()).total_seconds() if since is not None else 0.0
