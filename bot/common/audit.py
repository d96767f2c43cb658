"""Keeping who did what."""

from datetime import datetime

from bot.common.people import Person
from storage.database import Transaction
from storage.tables import AuditEntry


def record(
    tx: Transaction,
    by: Person,
    action: str,
    subject: str,
    now: datetime,
    /,
    *,
    result: str = "done",
    **detail: object,
) -> None:
    """Keep in this transaction that `by` did `action`, from where they stand.

    Args:
        subject: to what: the ID of an account or an error, a channel, empty for nothing we know.
        now: when; aware, UTC.
        result: ``done``, ``refused``, or the name of the sentence with which it was refused.
        detail: what else is worth knowing, as JSON.
    """
    tx.audit.add(
        AuditEntry(
            at=now,
            team=by.team,
            user=by.user,
            channel_id=by.place,
            action=action,
            subject=subject,
            result=result,
            detail=detail,
        )
    )
