"""The people for whom the product says that they send mail."""

from collections.abc import Collection, Sequence

from sqlmodel import Session, col, delete, select

from storage.tables import KnownPerson


class KnownPersonRepository:
    """Queries about known people."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of_customer(self, customer_id: int) -> list[KnownPerson]:
        """The customer's people, by their names."""
        theirs = select(KnownPerson).where(KnownPerson.customer_id == customer_id)
        return list(self._session.exec(theirs.order_by(col(KnownPerson.name), col(KnownPerson.id))))

    def find(self, customer_id: int, person_id: int) -> KnownPerson | None:
        """One of the customer's people, if they are known still."""
        person = self._session.get(KnownPerson, person_id)
        return person if person is not None and person.customer_id == customer_id else None

    def add(self, people: Sequence[KnownPerson]) -> None:
        """Keep people. The transaction ends in a `Conflict` where one is there."""
        self._session.add_all(people)
        self._session.flush()

    def forget(self, people: Collection[KnownPerson]) -> None:
        """Forget people."""
        gone = [person.id for person in people]
        if gone:
            self._session.exec(delete(KnownPerson).where(col(KnownPerson.id).in_(gone)))
