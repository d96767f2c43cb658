"""A request for help as it is shown."""

from dataclasses import dataclass
from datetime import datetime

from storage.tables import SupportRequest


@dataclass(frozen=True)
class RequestView:
    """The plain facts of a request to the support team. `failure_ref` is the error ID that it is
    about; None where they are asked to do something."""

    id: int
    failure_ref: str | None
    account_id: int | None
    channel_id: str
    asked_at: datetime
    asked_by_user: str
    taken_by_user: str
    taken_at: datetime | None
    done_at: datetime | None

    @classmethod
    def of(cls, row: SupportRequest) -> "RequestView":
        """The request as it stands now."""
        return cls(
            id=row.id,
            failure_ref=row.failure_ref,
            account_id=row.account_id,
            channel_id=row.channel_id,
            asked_at=row.asked_at,
            asked_by_user=row.asked_by_user,
            taken_by_user=row.taken_by_user,
            taken_at=row.taken_at,
            done_at=row.done_at,
        )
