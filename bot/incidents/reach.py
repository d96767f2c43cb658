"""How far an incident reaches, whom it concerns, and how much it matters."""

from dataclasses import dataclass

from storage.tables import Failure, Incident
from storage.vocabulary import THEIRS, Owner, Scope, Severity

BREADTH = {Scope.MAILBOX: 0, Scope.TENANT: 1, Scope.APPLICATION: 2, Scope.MICROSOFT: 3}

MANY = 5
"""From so many mailboxes in use on, what is ours or Microsoft's is critical."""

GRAVITY = {Severity.INFO: 0, Severity.LOW: 1, Severity.HIGH: 2, Severity.CRITICAL: 3}


@dataclass(frozen=True)
class Reach:
    """One cause in one scope; `concerns` is the mailbox or the customer, or nobody alone."""

    cause: str
    scope: Scope
    concerns: str = ""

    @property
    def fingerprint(self) -> str:
        """The name of it all, by which an incident is known here and at the pager."""
        return f"{self.cause}/{self.scope}/{self.concerns}"


def reach_of(failure: Failure) -> Reach:
    """What a failure is a part of. What the customer has to mend reaches no further than their
    organisation: that two of them have the same to do is chance."""
    scope = failure.scope
    if failure.owner in THEIRS and BREADTH[scope] > BREADTH[Scope.TENANT]:
        scope = Scope.TENANT
    if scope is Scope.TENANT and failure.customer_id is not None:
        return Reach(failure.cause, scope, of_customer(failure.customer_id))
    if scope is Scope.MAILBOX and failure.account_id is not None:
        return Reach(failure.cause, scope, f"account:{failure.account_id}")
    return Reach(failure.cause, max(scope, Scope.APPLICATION, key=lambda each: BREADTH[each]))


def covers(incident: Incident, reach: Reach, customer_id: int | None) -> bool:
    """Whether an incident stands for a cause in that reach, too, as a wider one does."""
    if incident.cause != reach.cause or BREADTH[incident.scope] <= BREADTH[reach.scope]:
        return False
    return incident.concerns in ("", of_customer(customer_id))


def of_customer(customer_id: int | None) -> str:
    """How an incident says that it concerns a customer alone."""
    return f"customer:{customer_id}"


def severity_of(scope: Scope, owner: Owner, live: int) -> Severity:
    """How much it matters that a cause is at work in a scope, at so many mailboxes in use.

    A mailbox whose own people have to act is only noted; an organisation that has to act is shown
    and wakes nobody; what is ours or Microsoft's wakes on-call."""
    if owner in THEIRS:
        return Severity.INFO if scope is Scope.MAILBOX else Severity.LOW
    wide = scope in (Scope.APPLICATION, Scope.MICROSOFT)
    if owner is Owner.SUPPORT:
        return Severity.HIGH if wide else Severity.LOW
    if owner is Owner.MICROSOFT and scope is Scope.MAILBOX:
        return Severity.LOW
    return Severity.CRITICAL if wide and live >= MANY else Severity.HIGH
