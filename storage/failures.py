"""Failures under their error IDs, and incidents for on-call."""

from datetime import datetime

from sqlmodel import Session, col, select

from storage.tables import Failure, Incident


class Failures:
    """Queries about failures."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, failure: Failure) -> None:
        """Keep a new failure."""
        self._session.add(failure)
        self._session.flush()

    def get(self, ref: str) -> Failure | None:
        """The failure with that error ID."""
        return self._session.get(Failure, ref)

    def same(self, account_id: int | None, cause: str, since: datetime) -> Failure | None:
        """The failure of the same cause on the same account that last happened at `since` or later."""
        found = select(Failure).where(col(Failure.account_id).is_not_distinct_from(account_id), Failure.cause == cause)
        return self._session.exec(found.where(Failure.last_at >= since).order_by(col(Failure.last_at).desc())).first()

    def latest_of(self, account_id: int) -> Failure | None:
        """The account's newest failure."""
        found = select(Failure).where(Failure.account_id == account_id).order_by(col(Failure.last_at).desc())
        return self._session.exec(found).first()


class Incidents:
    """Queries about incidents."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, incident: Incident) -> Incident:
        """Keep a new incident; its id is set.

        Raises:
            sqlalchemy.exc.IntegrityError: one is open for the cause.
        """
        self._session.add(incident)
        self._session.flush()
        return incident

    def get(self, incident_id: int) -> Incident | None:
        """The incident with that id."""
        return self._session.get(Incident, incident_id)

    def open_for(self, cause: str) -> Incident | None:
        """The open incident of a cause, held until the transaction ends."""
        return self._session.exec(select(Incident).where(Incident.open_cause == cause).with_for_update()).first()

    def all_open(self) -> list[Incident]:
        """Every open incident, newest first."""
        found = select(Incident).where(col(Incident.open_cause).is_not(None))
        return list(self._session.exec(found.order_by(col(Incident.id).desc())))
