"""Login links, sign-in flows and grants."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, delete, select, update

from storage.tables import Grant, LoginTicket, SignInFlow


class SignIns:
    """Queries about login links and the flows begun from them."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add_ticket(self, ticket: LoginTicket) -> LoginTicket:
        """Keep a new login link; its id is set."""
        self._session.add(ticket)
        self._session.flush()
        return ticket

    def ticket(self, digest: str) -> LoginTicket | None:
        """The link whose secret has this digest, held until the transaction ends."""
        return self._session.exec(select(LoginTicket).where(LoginTicket.digest == digest).with_for_update()).first()

    def ticket_by_id(self, ticket_id: int) -> LoginTicket:
        """A link that is known to exist, held until the transaction ends."""
        return self._session.exec(select(LoginTicket).where(LoginTicket.id == ticket_id).with_for_update()).one()

    def usable_ticket(self, account_id: int, now: datetime) -> LoginTicket | None:
        """The account's newest link that is neither used, revoked nor expired."""
        found = select(LoginTicket).where(LoginTicket.account_id == account_id, LoginTicket.expires_at > now)
        found = found.where(col(LoginTicket.finished_at).is_(None), col(LoginTicket.revoked_at).is_(None))
        return self._session.exec(found.order_by(col(LoginTicket.id).desc())).first()

    def revoke_tickets(self, account_id: int, now: datetime) -> None:
        """End every unused link of the account, and the flows begun from them."""
        unused = col(LoginTicket.finished_at).is_(None) & col(LoginTicket.revoked_at).is_(None)
        self._session.exec(
            update(LoginTicket).where(col(LoginTicket.account_id) == account_id, unused).values(revoked_at=now)
        )
        self._session.exec(delete(SignInFlow).where(col(SignInFlow.account_id) == account_id))

    def starts_since(self, ticket_id: int, since: datetime) -> int:
        """How many flows were begun from a link since then."""
        found = select(SignInFlow.id).where(SignInFlow.ticket_id == ticket_id, SignInFlow.created_at >= since)
        return len(self._session.exec(found).all())

    def begin(self, flow: SignInFlow) -> SignInFlow:
        """Keep a new flow as the only open one of its link: others that are still open are ended."""
        others = update(SignInFlow).where(
            col(SignInFlow.ticket_id) == flow.ticket_id, col(SignInFlow.finished_at).is_(None)
        )
        self._session.exec(others.values(finished_at=flow.created_at))
        self._session.add(flow)
        self._session.flush()
        return flow

    def flow(self, state_digest: str) -> SignInFlow | None:
        """The flow with this state, held until the transaction ends."""
        return self._session.exec(
            select(SignInFlow).where(SignInFlow.state_digest == state_digest).with_for_update()
        ).first()


class Grants:
    """Queries about token caches."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, account_id: int) -> Grant | None:
        """The account's grant as it stands in the database now."""
        return self._session.get(Grant, account_id, populate_existing=True)

    def put(self, grant: Grant) -> None:
        """Keep a grant in the place of the account's earlier one."""
        self._session.merge(grant)
        self._session.flush()

    def claim(self, account_id: int, now: datetime, lease: timedelta) -> bool:
        """Take the right to refresh the account's tokens until `now + lease`; False while somebody else has it."""
        free = col(Grant.claimed_until).is_(None) | (col(Grant.claimed_until) < now)
        taken = update(Grant).where(col(Grant.account_id) == account_id, free).values(claimed_until=now + lease)
        return bool(self._session.exec(taken).rowcount)

    def release(self, account_id: int) -> None:
        """Give the right to refresh back."""
        self._session.exec(update(Grant).where(col(Grant.account_id) == account_id).values(claimed_until=None))

    def remove(self, account_id: int) -> None:
        """Forget the account's tokens."""
        self._session.exec(delete(Grant).where(col(Grant.account_id) == account_id))
