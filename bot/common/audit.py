"""Keeping who did what."""

from datetime import datetime, timedelta

from bot.common.people import Person
from storage.audit import NewEntry
from storage.database import Transaction

COUNTED_TOGETHER = timedelta(hours=1)
"""So long refusals of one kind are counted in the entry of the first: anybody can ask for what is
refused, as often as they like."""


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
        result: ``done``, or what came of it.
        detail: what else is worth knowing, as JSON.
    """
    tx.audit.add(_entry(by, action, subject, now, result, detail))


def refuse(
    tx: Transaction,
    by: Person,
    action: str,
    subject: str,
    now: datetime,
    /,
    *,
    result: str = "refused",
    **detail: object,
) -> None:
    """Keep in this transaction that `by` asked for `action` and was refused. The same within an
    hour is one entry, with a count.

    Args:
        subject: as for `record`.
        now: when; aware, UTC.
        result: ``refused``, or the name of the sentence with which it was refused.
        detail: why, as JSON; of few words, since each of them is an entry of its own.
    """
    tx.audit.add_or_count(_entry(by, action, subject, now, result, detail), now - COUNTED_TOGETHER)


def _entry(
    by: Person, action: str, subject: str, now: datetime, result: str, detail: dict[str, object]
) -> NewEntry:
    return NewEntry(
        at=now,
        team=by.team,
        user=by.user,
        channel_id=by.place,
        action=action,
        subject=subject,
        result=result,
        detail=detail,
    )
