"""Everything that happened to one account, as support and on-call read it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.common.people import Person
from bot.diagnosis.failures import Failures
from bot.views.accounts import AccountView
from bot.views.customer_page import TOLD
from storage.database import Store, Transaction
from storage.tables import Account, Attempt, AuditEntry, Failure
from storage.vocabulary import Deed, Mended

SIGN_INS_REFUSED = ("signin.refused", "signin.consent_refused")
"""As the audit calls a sign-in, or an approval, that did not go through."""

ROUTINE = ("reminder.posted", "reminder.asked_for", "signin.begun", "signin.unfinished")
"""What is told of one account beside what a customer's history tells."""

FAILED = "failure.began"
MENDED = "failure.mended"
IN_VAIN = "attempt.in_vain"


@dataclass(frozen=True)
class Happening:
    """Something that happened to an account.

    Attributes:
        what: its name: that of the audit, or `FAILED`, `MENDED`, `IN_VAIN`.
        by: who did it; a failure is nobody's deed.
        cause: why it failed, where it was a failure: `title` in a few words; `error` is its ID.
        mended_by: what came before a failure was gone, which `lasted` so long.
        deed: what was done in vain.
        times: how often the same was refused within the hour.
    """

    at: datetime
    what: str
    by: Person | None = None
    cause: str = ""
    title: str = ""
    error: str = ""
    mended_by: Mended | None = None
    lasted: timedelta = timedelta()
    deed: Deed | None = None
    times: int = 1
    detail: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Timeline:
    """A part of what happened to an account, the newest first. `older`: there is more of it."""

    account: AccountView
    customer: str
    happened: Sequence[Happening]
    older: bool = False


class Timelines:
    """Reads what happened, out of all that is kept of an account."""

    def __init__(self, store: Store, failures: Failures) -> None:
        self._store = store
        self._failures = failures

    def of(self, account_id: int, first: int, size: int) -> Timeline:
        """So much of what happened from the `first` on. The caller knows that there is such an
        account."""
        wanted = first + size + 1
        with self._store.reading() as tx:
            account = tx.accounts.get(account_id)
            customer = tx.channels.customer(account.customer_id).name
            found = sorted(self._all(tx, account, wanted), key=_newest_first)
            shown = [self._titled(tx, each) for each in found[first : first + size]]
        return Timeline(AccountView.of(account), customer, shown, len(found) > first + size)

    def _all(self, tx: Transaction, account: Account, limit: int) -> Iterator[Happening]:
        """At least the `limit` newest things that happened."""
        done = tx.timeline.done(account.ref, (*TOLD, *ROUTINE), SIGN_INS_REFUSED, limit)
        refused = {error_of(each) for each in done if each.action in SIGN_INS_REFUSED}
        yield from map(_done, done)
        for failure in tx.timeline.failed(account.id, limit):
            if failure.ref not in refused:  # told as the sign-in that it refused
                yield _failed(failure)
        yield from map(_mended, tx.timeline.mended(account.id, limit))
        yield from map(_in_vain, tx.timeline.in_vain(account.id, limit))

    def _titled(self, tx: Transaction, happened: Happening) -> Happening:
        if not happened.cause:
            return happened
        return replace(happened, title=self._failures.title(tx, happened.cause))


def _done(entry: AuditEntry) -> Happening:
    return Happening(
        at=entry.at,
        what=entry.action,
        by=Person(entry.team, entry.user),
        cause=str(entry.detail.get("cause") or ""),
        error=error_of(entry),
        times=entry.times,
        detail=entry.detail,
    )


def _failed(failure: Failure) -> Happening:
    return Happening(failure.first_at, FAILED, cause=failure.cause, error=failure.ref)


def _mended(failure: Failure) -> Happening:
    at = failure.mended_at or failure.last_at
    return Happening(
        at=at,
        what=MENDED,
        cause=failure.cause,
        error=failure.ref,
        mended_by=failure.mended_by or Mended.ITSELF,
        lasted=at - failure.first_at,
    )


def _in_vain(attempt: Attempt) -> Happening:
    return Happening(
        at=attempt.answered_at or attempt.made_at,
        what=IN_VAIN,
        by=Person(attempt.by_team, attempt.by_user),
        cause=attempt.cause,
        error=attempt.answer_ref,
        deed=attempt.deed,
    )


def told_of_an_account() -> Collection[str]:
    """The names of everything that a timeline tells."""
    return (*TOLD, *ROUTINE, *SIGN_INS_REFUSED, FAILED, MENDED, IN_VAIN)


def error_of(entry: AuditEntry) -> str:
    """The error ID that an entry names; empty where it names none."""
    return str(entry.detail.get("error") or "")


def _newest_first(happened: Happening) -> float:
    return -happened.at.timestamp()
