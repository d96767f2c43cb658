"""Requests for help."""

from sqlmodel import Session, select

from storage.tables import SupportRequest


class Requests:
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

    def about(self, failure_ref: str) -> SupportRequest | None:
        """The request about a failure."""
        return self._session.exec(select(SupportRequest).where(SupportRequest.failure_ref == failure_ref)).first()
