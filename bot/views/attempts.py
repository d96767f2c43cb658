"""What was done about a failure, as it is shown to support."""

from dataclasses import dataclass
from datetime import datetime

from bot.diagnosis.failures import Failures
from storage.database import Transaction
from storage.tables import Account, Attempt
from storage.vocabulary import AttemptStatus, Deed

MAX_TOLD = 6
"""So many of the newest attempts are told."""


@dataclass(frozen=True)
class AttemptView:
    """Something that somebody did because they were advised to, and what came of it.

    Attributes:
        title: what it was done about.
        customers: one of the customer's people did it, rather than support.
        answer: what was said when the failure was seen again, redacted; `error` is its error ID.
        handed_over: support was told of it when it took the failure over.
    """

    deed: Deed
    cause: str
    title: str
    customers: bool
    by_user: str
    made_at: datetime
    outcome: AttemptStatus
    answer: str
    error: str
    handed_over: bool

    @classmethod
    def of(cls, row: Attempt, title: str) -> "AttemptView":
        """The attempt as it is kept now."""
        return cls(
            deed=row.deed,
            cause=row.cause,
            title=title,
            customers=row.customers,
            by_user=row.by_user,
            made_at=row.made_at,
            outcome=row.outcome,
            answer=row.answer,
            error=row.answer_ref,
            handed_over=row.handed_at is not None,
        )


def attempts_at(tx: Transaction, failures: Failures, account: Account | None) -> list[AttemptView]:
    """What was done last about an account's failures, oldest first."""
    rows = tx.attempts.newest(account.id, MAX_TOLD) if account else []
    return [AttemptView.of(row, failures.title(tx, row.cause)) for row in rows]
