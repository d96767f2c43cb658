"""The calls of the product's API that change something, and how they were answered."""

from collections.abc import Collection

from sqlmodel import Session, col, delete, select

from storage.tables import ApiAnswer, ApiRequest


class ApiRequestRepository:
    """Queries about such calls."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, request: ApiRequest) -> ApiRequest:
        """Keep a call; its id is set. The transaction ends in a `Conflict` where another one of its
        name came in the same moment."""
        self._session.add(request)
        self._session.flush()
        return request

    def held(self, key_id: int, name_digest: str) -> ApiRequest | None:
        """The call to which whoever has the key gave this name, held until the transaction ends."""
        same = ApiRequest.key_id == key_id, ApiRequest.name_digest == name_digest
        found = select(ApiRequest).where(*same).with_for_update()
        return self._session.exec(found.execution_options(populate_existing=True)).first()

    def claimed(self, request_id: int, claim: int) -> ApiRequest | None:
        """A call, held until the transaction ends, if nobody else claimed it since."""
        same = ApiRequest.id == request_id, ApiRequest.claim == claim
        found = select(ApiRequest).where(*same).with_for_update()
        return self._session.exec(found.execution_options(populate_existing=True)).first()

    def answer(self, request_id: int) -> ApiAnswer | None:
        """How a call was answered, if it was done."""
        return self._session.get(ApiAnswer, request_id)

    def answered(self, answer: ApiAnswer) -> None:
        """Keep how a call was answered."""
        self._session.add(answer)
        self._session.flush()

    def forget(self, request_ids: Collection[int]) -> None:
        """Forget calls, and how they were answered."""
        answers = delete(ApiAnswer).where(col(ApiAnswer.request_id).in_(request_ids))
        self._session.exec(answers)
        self._session.exec(delete(ApiRequest).where(col(ApiRequest.id).in_(request_ids)))
