"""A failure as it is shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.diagnosis.verdict import Verdict
from bot.views.telling import Affected
from storage.tables import Failure
from storage.vocabulary import Mended, Owner, Permanence, Scope


@dataclass(frozen=True)
class FailureView:
    """The plain facts of a failure; `ref` is the error ID that people are shown. `observation` is
    what the protocol said, redacted."""

    ref: str
    account_id: int | None
    customer_id: int | None
    cause: str
    step: str
    owner: Owner
    scope: Scope
    permanence: Permanence
    first_at: datetime
    last_at: datetime
    count: int
    observation: Mapping[str, Any]
    mended_at: datetime | None
    mended_by: Mended | None

    @classmethod
    def of(cls, row: Failure) -> "FailureView":
        """The failure as it is kept now."""
        return cls(
            ref=row.ref,
            account_id=row.account_id,
            customer_id=row.customer_id,
            cause=row.cause,
            step=row.step,
            owner=row.owner,
            scope=row.scope,
            permanence=row.permanence,
            first_at=row.first_at,
            last_at=row.last_at,
            count=row.count,
            observation=row.observation,
            mended_at=row.mended_at,
            mended_by=row.mended_by,
        )


@dataclass(frozen=True)
class Fault:
    """A failure with its meaning: its error ID, at how many of the customer's mailboxes it is so,
    and (as far as its steps name them) at which."""

    error: str
    verdict: Verdict
    mailboxes: int = 1
    affected: Sequence[Affected] = ()
