"""What happens to an incident becomes what pagers are told of it."""

from bot.common.clock import Clock
from bot.diagnosis.explainer import Explainer
from bot.incidents.facts import CLOSED, IncidentFacts
from storage.database import Transaction
from storage.tables import Incident
from storage.vocabulary import PageChange


class Paging:
    """Has the pagers told of changes."""

    def __init__(self, clock: Clock, explainer: Explainer) -> None:
        self._clock = clock
        self._explainer = explainer

    def tell(self, tx: Transaction, incident: Incident, change: PageChange) -> None:
        """Have every pager be told of a change, in the transaction that makes it."""
        facts = self._facts(tx, incident, change).model_dump(mode="json")
        tx.pages.add(incident.id, incident.fingerprint, change, facts, self._clock.now())

    def _facts(self, tx: Transaction, incident: Incident, change: PageChange) -> IncidentFacts:
        verdict = self._explainer.verdict(tx, incident.cause)
        over = change is PageChange.CLOSED or incident.inhibited_by is not None
        return IncidentFacts(
            title=verdict.title,
            severity=incident.severity,
            status=CLOSED if over else incident.status,
            cause=incident.cause,
            scope=incident.scope,
            owner=verdict.owner,
            mailboxes=tx.incidents.count(incident.id),
            most=incident.most,
            customers=len(tx.incidents.customers(incident.id)),
            opened_at=incident.opened_at,
            error=incident.failure_ref,
            acknowledged_by=incident.acknowledged_name or incident.acknowledged_by,
        )
