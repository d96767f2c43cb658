"""A request for help as it is shown: to the support team, and to who asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.common.people import MAILDESK
from bot.diagnosis.failures import Failures
from bot.diagnosis.verdict import Verdict
from bot.messages import notices
from bot.views.accounts import AccountView, failure_of
from bot.views.attempts import AttemptView, attempts_at
from bot.views.failures import FailureView
from bot.views.places import Place, place_of
from storage.database import Store, Transaction
from storage.tables import Account, Customer, Failure, SupportRequest


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
    comment: str = ""
    taken_back: bool = False
    answered_at: datetime | None = None
    answered_by_user: str = ""

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
            comment=row.comment,
            taken_back=row.taken_back,
            answered_at=row.answered_at,
            answered_by_user=row.answered_by_user,
        )


@dataclass(frozen=True)
class RequestCard:
    """What a request's messages tell. `failure` is what it is about, or else the last one of the
    account that it is about; `attempts` is what was done about that account last. `handed_over` is
    the sentence that a customer reads where support has it because what was advised did not help;
    else empty. `helper` is who of the team looks after the customer. `stands`: where the request's
    own card stands, and `thread` where the account's, which is the head of its thread."""

    request: RequestView
    customer: str
    failure: FailureView | None = None
    verdict: Verdict | None = None
    account: AccountView | None = None
    attempts: Sequence[AttemptView] = ()
    handed_over: str = ""
    helper: str = ""
    stands: Place | None = None
    thread: Place | None = None

    @property
    def summary(self) -> str:
        """What the request is about, in few words."""
        account = self.account.name if self.account else ""
        cause = self.verdict.title if self.verdict and self.request.failure_ref else ""
        return " · ".join(filter(None, [self.customer, account, cause]))


@dataclass(frozen=True)
class OpenRequests:
    """The first of the requests that are not done, and how many there are in all."""

    shown: Sequence[RequestCard]
    count: int


class RequestCards:
    """Reads what is shown of requests for help, as they stand now."""

    def __init__(self, store: Store, failures: Failures) -> None:
        self._store = store
        self._failures = failures

    def card(self, request_id: int) -> RequestCard:
        """What a request's messages tell."""
        with self._store.reading() as tx:
            return self._card(tx, tx.requests.get(request_id))

    def open(self, limit: int) -> OpenRequests:
        """Up to `limit` requests that are not done, those that nobody has taken first, and how many
        there are."""
        with self._store.reading() as tx:
            shown = [self._card(tx, request) for request in tx.requests.open(limit)]
            return OpenRequests(shown, tx.requests.count_open())

    def _card(self, tx: Transaction, request: SupportRequest) -> RequestCard:
        account = tx.accounts.get(request.account_id) if request.account_id else None
        failure = self._failure(tx, request, account)
        attempts = attempts_at(tx, self._failures, account)
        handed_over = failure is not None and _handed_over(request, failure, attempts)
        customer = _customer(tx, request, account)
        return RequestCard(
            RequestView.of(request),
            customer.name if customer else "",
            FailureView.of(failure) if failure else None,
            self._failures.verdict(tx, failure) if failure else None,
            AccountView.of(account) if account else None,
            attempts,
            self._failures.spent(tx, failure.cause) if failure and handed_over else "",
            customer.owner_user if customer else "",
            place_of(tx, notices.request_key(request)),
            place_of(tx, notices.card_key(account)) if account else None,
        )

    def _failure(
        self, tx: Transaction, request: SupportRequest, account: Account | None
    ) -> Failure | None:
        asked_about = tx.failures.get(request.failure_ref) if request.failure_ref else None
        if asked_about is None and account is not None:
            return failure_of(tx, account)
        return asked_about


def _handed_over(
    request: SupportRequest, failure: Failure, attempts: Sequence[AttemptView]
) -> bool:
    """Whether support has it because what was advised did not help: by ourselves, or beside
    somebody who asks for help with the same."""
    if not request.failure_ref or request.asked_by_user == MAILDESK.user:
        return bool(request.failure_ref)
    handed = {attempt.cause for attempt in attempts if attempt.handed_over}
    return request.done_at is None and failure.cause in handed


def _customer(tx: Transaction, request: SupportRequest, account: Account | None) -> Customer | None:
    """Whose request it is: the account's customer's, whoever its channel is bound to by now."""
    if account is not None:
        return tx.channels.customer(account.customer_id)
    channel = tx.channels.get(request.channel_id)
    return tx.channels.customer(channel.customer_id) if channel else None
