"""An account and an incident as the vendor's product reads them, as JSON: plain facts and words of
ours. No server's reply is among them, and no secret."""

import hashlib
from datetime import UTC, datetime
from typing import Any

from bot.api.accounts import folder_shapes, shape_of
from bot.diagnosis.advice import advised
from bot.diagnosis.explainer import Explainer
from bot.diagnosis.place import Place
from bot.views.accounts import failure_of
from bot.views.failures import Fault
from storage.database import Transaction
from storage.tables import Account, Failure, Incident
from storage.vocabulary import AdviceStatus, FailureStatus

Json = dict[str, Any]


class AccountSnapshots:
    """Reads how things stand, in a caller's transaction."""

    def __init__(self, explainer: Explainer) -> None:
        self._explainer = explainer

    def account(self, tx: Transaction, account: Account) -> Json:
        """An account as it stands in the transaction."""
        failure = failure_of(tx, account)
        fault = self._fault(tx, failure) if failure else None
        return shape_of(tx, account, failure, fault).model_dump(mode="json")

    def folders(self, tx: Transaction, account: Account) -> list[Json]:
        """The account's folders that are mapped and there, in the order of their roles."""
        return [each.model_dump(mode="json") for each in folder_shapes(tx, account)]

    def incident(self, tx: Transaction, incident: Incident) -> Json:
        """An incident as it stands in the transaction."""
        return {
            "id": public_id(incident),
            "severity": incident.severity.value,
            "title": self._explainer.verdict(tx, incident.cause).title,
            "opened_at": iso(incident.opened_at),
            "closed_at": iso(incident.ended_at) if incident.ended_at else None,
        }

    def _fault(self, tx: Transaction, failure: Failure) -> Fault:
        place = Place.stored(failure.observation)
        verdict = self._explainer.verdict(tx, failure.cause, place)
        at_work = failure.status is FailureStatus.AT_WORK
        advice = failure.advice if at_work else AdviceStatus.GIVEN
        return Fault(failure.ref, advised(verdict, advice))


def public_id(incident: Incident) -> str:
    """By what the product knows an incident: the same whatever becomes of it."""
    digest = hashlib.sha256(f"{incident.id}:{incident.fingerprint}".encode()).hexdigest()
    return f"inc_{digest[:24]}"


def iso(at: datetime) -> str:
    """A time as JSON has it: ISO 8601 in UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
