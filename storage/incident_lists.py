"""Which incidents a list shows, and in which order."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import case, col, exists, func, select
from sqlmodel.sql.expression import SelectOfScalar

from storage.tables import Account, Incident, IncidentMember, Silence
from storage.vocabulary import IncidentStatus, Severity


@dataclass(frozen=True)
class WantedIncidents:
    """Incidents in one of these states; those that nobody `silenced` by hand are silent because of
    maintenance. With None (or "") whatever it is; `since`: over since then or later."""

    statuses: Collection[IncidentStatus]
    now: datetime
    silenced: bool | None = None
    since: datetime | None = None
    severity: Severity | None = None
    cause: str = ""
    customer_id: int | None = None


def listed(wanted: WantedIncidents) -> SelectOfScalar[Incident]:
    """Those that fit, without what a wider incident stands for: what is at work by its severity,
    what is over by its end, the newest first."""
    found = select(Incident).where(*_conditions(wanted))
    if wanted.since is not None:
        ended = func.coalesce(col(Incident.ended_at), col(Incident.mended_at))
        return found.order_by(ended.desc(), col(Incident.id).desc())
    gravity = case(
        {severity: rank for rank, severity in enumerate(Severity)}, value=col(Incident.severity)
    )
    taken = col(Incident.status) == IncidentStatus.ACKNOWLEDGED
    return found.order_by(taken, gravity, col(Incident.id).desc())


def counted(wanted: WantedIncidents) -> SelectOfScalar[int]:
    """How many fit."""
    return select(func.count()).select_from(Incident).where(*_conditions(wanted))


def causes(wanted: WantedIncidents) -> SelectOfScalar[str]:
    """The causes of those that fit."""
    return select(Incident.cause).where(*_conditions(wanted)).distinct()


def _conditions(wanted: WantedIncidents) -> list[Any]:
    conditions: list[Any] = [
        col(Incident.status).in_(wanted.statuses),
        col(Incident.inhibited_by).is_(None),
    ]
    if wanted.silenced is not None:
        by_hand = exists().where(
            col(Silence.fingerprint) == Incident.fingerprint, col(Silence.until) > wanted.now
        )
        conditions.append(by_hand if wanted.silenced else ~by_hand)
    if wanted.since is not None:
        ended = func.coalesce(col(Incident.ended_at), col(Incident.mended_at))
        conditions.append(ended >= wanted.since)
    if wanted.severity is not None:
        conditions.append(Incident.severity == wanted.severity)
    if wanted.cause:
        conditions.append(Incident.cause == wanted.cause)
    if wanted.customer_id is not None:
        conditions.append(_concerns(wanted.customer_id))
    return conditions


def _concerns(customer_id: int) -> Any:
    """Whether mailboxes of a customer are or were in it."""
    theirs = exists().where(
        col(IncidentMember.incident_id) == Incident.id,
        col(IncidentMember.account_id) == Account.id,
        col(Account.customer_id) == customer_id,
    )
    return theirs | (col(Incident.concerns) == f"customer:{customer_id}")
