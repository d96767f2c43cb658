"""Requests for help."""

from collections.abc import Collection

from sqlalchemy import bindparam
from sqlmodel import Session, col, delete, func, select

from storage.tables import Failure, SupportRequest


class SupportRequestRepository:
    """Queries about requests for help."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, request: SupportRequest) -> SupportRequest:
        """Keep a new request; its id is set.

        Raises:
            sqlalchemy.exc.IntegrityError: there is one for the failure.
        """
        self._session.add(request)
        self._session.flush()
        return request

    def get(self, request_id: int) -> SupportRequest:
        """A request that is known to exist."""
        return self._session.get_one(SupportRequest, request_id)

    def find(self, request_id: int) -> SupportRequest | None:
        """The request with this id."""
        return self._session.get(SupportRequest, request_id)

    def lock(self, request_id: int) -> SupportRequest | None:
        """The request, held until the transaction ends."""
        found = select(SupportRequest).where(SupportRequest.id == request_id).with_for_update()
        return self._session.exec(found).first()

    def open(self, limit: int | None = None) -> list[SupportRequest]:
        """The requests that are not done, up to `limit` of them: first those that nobody has taken,
        of each kind the oldest first."""
        return list(self._session.exec(OPEN.limit(limit)))

    def count_open(self) -> int:
        """How many requests are not done."""
        return self._session.exec(COUNT_OPEN).one()

    def open_in(self, channel_ids: Collection[str]) -> list[SupportRequest]:
        """Every request of these channels that is not done, oldest first, held until the
        transaction ends."""
        waits = col(SupportRequest.channel_id).in_(channel_ids) & col(SupportRequest.done_at).is_(
            None
        )
        found = select(SupportRequest).where(waits).order_by(col(SupportRequest.id))
        return list(self._session.exec(found.with_for_update()))

    def open_of(self, account_id: int) -> list[SupportRequest]:
        """The requests about an account that are not done."""
        return list(self._session.exec(OPEN_OF, params={"account": account_id}))

    def of_no_account(self, channel_id: str) -> list[SupportRequest]:
        """The requests of a channel that are about no account, done or not."""
        found = select(SupportRequest).where(SupportRequest.channel_id == channel_id)
        return list(self._session.exec(found.where(col(SupportRequest.account_id).is_(None))))

    def remove(self, request: SupportRequest) -> None:
        """Forget a request."""
        self._session.exec(delete(SupportRequest).where(col(SupportRequest.id) == request.id))

    def to_do(self, channel_id: str, account_id: int | None) -> SupportRequest | None:
        """The request to do an account, or (None) the whole channel, that is not done yet."""
        same = (col(SupportRequest.channel_id) == channel_id) & col(SupportRequest.failure_ref).is_(
            None
        )
        found = select(SupportRequest).where(same, col(SupportRequest.done_at).is_(None))
        return self._session.exec(found.where(col(SupportRequest.account_id) == account_id)).first()

    def about(self, failure_ref: str) -> SupportRequest | None:
        """The request about a failure."""
        return self._session.exec(
            select(SupportRequest).where(SupportRequest.failure_ref == failure_ref)
        ).first()

    def open_about(self, account_id: int, cause: str) -> SupportRequest | None:
        """The newest request that is not done about a cause at an account."""
        found = (
            select(SupportRequest)
            .join(Failure, col(SupportRequest.failure_ref) == Failure.ref)
            .where(SupportRequest.account_id == account_id, Failure.cause == cause)
        )
        waits = found.where(col(SupportRequest.done_at).is_(None))
        return self._session.exec(waits.order_by(col(SupportRequest.id).desc())).first()


# Asked for each Home tab, and whenever an account changes: each is put together once
IS_OPEN = col(SupportRequest.done_at).is_(None)
OPEN = (
    select(SupportRequest)
    .where(IS_OPEN)
    .order_by(col(SupportRequest.taken_at).is_not(None), col(SupportRequest.id))
)
COUNT_OPEN = select(func.count(col(SupportRequest.id))).where(IS_OPEN)
OPEN_OF = select(SupportRequest).where(
    col(SupportRequest.account_id) == bindparam("account"), IS_OPEN
)
