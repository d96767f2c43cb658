"""Error IDs: what failed is kept under an ID, explained by the catalogue, and told to on-call when it is ours."""

from dataclasses import asdict, dataclass
from datetime import timedelta

from bot import ids, notices
from bot.diagnosis.catalogue import Catalogue
from bot.diagnosis.observation import Observation
from bot.diagnosis.verdict import Verdict
from bot.people import Person
from bot.time import Clock
from storage.database import Transaction
from storage.tables import Account, Failure, Incident
from storage.vocabulary import Owner

QUIET_FOR = timedelta(days=1)
"""A cause that was quiet for this long is a new incident when it comes again: an old card would be overlooked."""

SHARED_FOR = timedelta(days=1)
"""Repetitions of a cause on an account within this time share one error ID."""


@dataclass(frozen=True)
class Recorded:
    """A failure as it was kept, and what it means."""

    failure: Failure
    verdict: Verdict


class Failures:
    """Keeps failures."""

    def __init__(self, catalogue: Catalogue, clock: Clock, alert_channel: str) -> None:
        self._catalogue = catalogue
        self._clock = clock
        self._alert_channel = alert_channel

    def record(self, tx: Transaction, observation: Observation, account: Account | None = None) -> Recorded:
        """Keep `observation` under an error ID; a cause that is ours raises an alert, once while it is open."""
        verdict = self._catalogue.explain(observation)
        failure = self._same(tx, verdict, account) or self._new(tx, observation, verdict, account)
        failure.observation = _stored(observation)
        if verdict.owner is Owner.ON_CALL:
            self._alert(tx, failure)
        return Recorded(failure, verdict)

    def verdict(self, failure: Failure) -> Verdict:
        """What a kept failure means."""
        return self._catalogue.verdict(failure.cause)

    def acknowledge(self, tx: Transaction, incident: Incident, by: Person) -> None:
        """Note who looks after an incident; the first one stays."""
        if incident.acknowledged_at is None:
            incident.acknowledged_by, incident.acknowledged_at = by.user, self._clock.now()
            notices.show_alert(tx, incident, self._alert_channel, self._clock.now())

    def _same(self, tx: Transaction, verdict: Verdict, account: Account | None) -> Failure | None:
        if account is None:
            return None
        now = self._clock.now()
        failure = tx.failures.same(account.id, verdict.cause, now - SHARED_FOR)
        if failure is not None:
            failure.count, failure.last_at = failure.count + 1, now
        return failure

    def _new(self, tx: Transaction, seen: Observation, verdict: Verdict, account: Account | None) -> Failure:
        now = self._clock.now()
        failure = Failure(
            ref=ids.new_error_ref(),
            account_id=account.id if account else None,
            customer_id=account.customer_id if account else None,
            cause=verdict.cause,
            step=seen.step or seen.where.value,
            owner=verdict.owner,
            scope=verdict.scope,
            permanence=verdict.permanence,
            first_at=now,
            last_at=now,
        )
        tx.failures.add(failure)
        return failure

    def _alert(self, tx: Transaction, failure: Failure) -> None:
        now = self._clock.now()
        incident = tx.incidents.open_for(failure.cause)
        if incident is not None and now - incident.last_at > QUIET_FOR:
            incident.open_cause, incident = None, None
            tx.session.flush()
        if incident is None:
            incident = Incident(
                cause=failure.cause, open_cause=failure.cause, failure_ref=failure.ref, opened_at=now, last_at=now
            )
            tx.incidents.add(incident)
        else:
            incident.count, incident.last_at = incident.count + 1, now
        notices.show_alert(tx, incident, self._alert_channel, now)


def _stored(observation: Observation) -> dict[str, object]:
    fields = asdict(observation) | {"where": observation.where.value, "codes": list(observation.codes)}
    fields["retry_after"] = observation.retry_after.total_seconds() if observation.retry_after else None
    return fields
