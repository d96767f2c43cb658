"""An incident as it is shown."""

from dataclasses import dataclass
from datetime import datetime

from storage.tables import Incident


@dataclass(frozen=True)
class IncidentView:
    """The plain facts of an alert to on-call for one cause; `failure_ref` is the error ID with
    which it began."""

    id: int
    cause: str
    failure_ref: str
    count: int
    opened_at: datetime
    last_at: datetime
    acknowledged_by: str
    acknowledged_at: datetime | None
    ended_at: datetime | None

    @classmethod
    def of(cls, row: Incident) -> "IncidentView":
        """The incident as it stands now."""
        return cls(
            id=row.id,
            cause=row.cause,
            failure_ref=row.failure_ref,
            count=row.count,
            opened_at=row.opened_at,
            last_at=row.last_at,
            acknowledged_by=row.acknowledged_by,
            acknowledged_at=row.acknowledged_at,
            ended_at=row.ended_at,
        )
