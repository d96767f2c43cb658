"""What an error ID means, for the product's own screens."""

from collections.abc import Iterator

from bot.api.callers import Caller
from bot.api.refusals import ApiRefused, Code
from bot.api.shapes import ErrorShape
from bot.common.ids import NotAnId, read_error_ref
from bot.diagnosis.failures import Failures
from bot.diagnosis.verdict import Verdict
from bot.views.audience import Audience
from bot.views.telling import Affected, Told, Way, for_audience
from storage.database import Store, Transaction
from storage.tables import Account, Failure


class ApiErrors:
    """Explains error IDs to the product."""

    def __init__(self, store: Store, failures: Failures) -> None:
        self._store = store
        self._failures = failures

    def one(self, caller: Caller, ref: str) -> ErrorShape:
        """What an error ID means.

        Raises:
            ApiRefused: there is none, or it is of a customer whom the caller may not see.
        """
        with self._store.reading() as tx:
            failure = _visible(tx, caller, ref)
            account = tx.accounts.get(failure.account_id) if failure.account_id else None
            verdict = self._failures.verdict(tx, failure)
        return error_shape(failure, verdict, account)


def error_shape(failure: Failure, verdict: Verdict, account: Account | None) -> ErrorShape:
    """A failure, and all that a customer is told of its meaning."""
    affected = [Affected.of(account)] if account else []
    told = for_audience(verdict, Audience.CUSTOMER, affected)
    return ErrorShape(
        error_id=failure.ref,
        code=verdict.cause,
        title=told.title,
        sentence=told.sentence,
        owner=told.owner,
        permanence=verdict.permanence,
        remedy=tuple(_steps(told)),
        at=failure.last_at,
        account=account.ref if account else None,
    )


def _visible(tx: Transaction, caller: Caller, ref: str) -> Failure:
    try:
        failure = tx.failures.get(read_error_ref(ref))
    except NotAnId:
        failure = None
    if failure is None or not caller.may_see(failure.customer_id):
        raise ApiRefused(Code.NOT_FOUND)
    return failure


def _steps(told: Told) -> Iterator[str]:
    """What to do, one after the other; each of several ways begins with its letter and title."""
    for part in told.parts:
        for way in part.ways:
            yield from _way(way)


def _way(way: Way) -> Iterator[str]:
    if way.letter:
        yield f"{way.letter}: {way.title}"
    yield from way.steps
    yield from way.commands
