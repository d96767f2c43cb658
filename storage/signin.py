"""Login links, sign-in flows and grants."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam
from sqlmodel import Session, col, delete, func, select, update

from storage.tables import (
    Account,
    AddressChange,
    Grant,
    HeldSignIn,
    LinkPress,
    LoginTicket,
    SignInFlow,
)
from storage.types import LIMIT, NOW


class SignInRepository:
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
        return self._session.exec(
            select(LoginTicket).where(LoginTicket.digest == digest).with_for_update()
        ).first()

    def ticket_by_id(self, ticket_id: int) -> LoginTicket:
        """A link that is known to exist, held until the transaction ends."""
        return self._session.exec(
            select(LoginTicket).where(LoginTicket.id == ticket_id).with_for_update()
        ).one()

    def known_ticket(self, ticket_id: int) -> LoginTicket | None:
        """A link, held until the transaction ends; None once it is forgotten."""
        return self._session.get(LoginTicket, ticket_id, with_for_update=True)

    def ticket_as_it_is(self, ticket_id: int) -> LoginTicket:
        """A link that is known to exist, held by nobody: who holds a flow may not wait for its
        link."""
        return self._session.exec(select(LoginTicket).where(LoginTicket.id == ticket_id)).one()

    def tickets(self, ids: Sequence[int]) -> list[LoginTicket]:
        """The links with these ids, oldest first; those that are erased are left out."""
        found = select(LoginTicket).where(col(LoginTicket.id).in_(ids))
        return list(self._session.exec(found.order_by(col(LoginTicket.id))))

    def usable_ticket(self, account_id: int, now: datetime) -> LoginTicket | None:
        """The account's newest link that is neither used, revoked nor expired."""
        return self._session.exec(USABLE, params={"account": account_id, "now": now}).first()

    def question(self, account_id: int) -> LoginTicket | None:
        """The account's newest link, if people are asked about it."""
        ticket = self._session.exec(NEWEST, params={"account": account_id}).first()
        return ticket if ticket is not None and ticket.asks else None

    def revoke_tickets(self, account_id: int, now: datetime) -> None:
        """End every unused link of the account, the flows begun from them, and a sign-in that is
        held."""
        unused = col(LoginTicket.finished_at).is_(None) & col(LoginTicket.revoked_at).is_(None)
        self._session.exec(
            update(LoginTicket)
            .where(col(LoginTicket.account_id) == account_id, unused)
            .values(revoked_at=now)
        )
        self._session.exec(delete(SignInFlow).where(col(SignInFlow.account_id) == account_id))
        self.drop_held(account_id)

    def hold(self, held: HeldSignIn) -> None:
        """Keep a sign-in that waits for a word, in the place of an earlier one of its account."""
        self._session.merge(held)
        self._session.flush()

    def held(self, account_id: int) -> HeldSignIn | None:
        """The account's sign-in that waits for a word."""
        return self._session.get(HeldSignIn, account_id)

    def held_of_customer(self, customer_id: int) -> list[HeldSignIn]:
        """Every sign-in of the customer that waits for a word, oldest first."""
        found = select(HeldSignIn).join(Account).where(Account.customer_id == customer_id)
        return list(
            self._session.exec(found.order_by(col(HeldSignIn.at), col(HeldSignIn.account_id)))
        )

    def drop_held(self, account_id: int) -> None:
        """Forget a held sign-in."""
        self._session.exec(delete(HeldSignIn).where(col(HeldSignIn.account_id) == account_id))

    def ask_change(self, change: AddressChange) -> None:
        """Keep a change of addresses, in the place of an earlier one of its account."""
        self._session.merge(change)
        self._session.flush()

    def change(self, account_id: int) -> AddressChange | None:
        """The change of addresses to which the account's owner has not agreed yet."""
        return self._session.get(AddressChange, account_id)

    def drop_change(self, account_id: int) -> None:
        """Forget a change of addresses."""
        change = self.change(account_id)
        if change is not None:
            self._session.delete(change)
            self._session.flush()

    def left_open(self, ticket_id: int, now: datetime) -> bool:
        """Whether a flow that was begun from a link ran out without coming back."""
        found = select(SignInFlow.id).where(
            SignInFlow.ticket_id == ticket_id, SignInFlow.expires_at <= now
        )
        return (
            self._session.exec(found.where(col(SignInFlow.finished_at).is_(None))).first()
            is not None
        )

    def next_end(self, ticket_id: int, now: datetime) -> datetime | None:
        """When the next flow of a link runs out that has not come back."""
        found = select(func.min(col(SignInFlow.expires_at))).where(
            SignInFlow.ticket_id == ticket_id,
            SignInFlow.expires_at > now,
            col(SignInFlow.finished_at).is_(None),
        )
        return self._session.exec(found).one()

    def first_begun(self, ticket_id: int) -> datetime | None:
        """When somebody was first sent to Microsoft from a link."""
        found = select(func.min(col(SignInFlow.created_at)))
        return self._session.exec(found.where(SignInFlow.ticket_id == ticket_id)).one()

    def has_begun(self, ticket_id: int, browser_digest: str) -> bool:
        """Whether a browser was sent to Microsoft from a link."""
        found = select(SignInFlow.id).where(
            SignInFlow.ticket_id == ticket_id, SignInFlow.browser_digest == browser_digest
        )
        return self._session.exec(found.limit(1)).first() is not None

    def presses(
        self, ticket_id: int, since: datetime, browser_digest: str = "", only_new: bool = False
    ) -> int:
        """How often the button behind a link was pressed since then: by one browser, if it is
        given, or only by new ones."""
        found = select(func.count(col(LinkPress.id))).where(
            LinkPress.ticket_id == ticket_id, LinkPress.at > since
        )
        if browser_digest:
            found = found.where(LinkPress.browser_digest == browser_digest)
        if only_new:
            found = found.where(col(LinkPress.is_new))
        return self._session.exec(found).one()

    def add_press(self, press: LinkPress, forget_before: datetime) -> None:
        """Keep a press, and forget those of every link that no longer count."""
        self._session.exec(delete(LinkPress).where(col(LinkPress.at) < forget_before))
        self._session.add(press)
        self._session.flush()

    def add_flow(self, flow: SignInFlow) -> None:
        """Keep a new flow."""
        self._session.add(flow)
        self._session.flush()

    def unfinished(self, ticket_id: int, browser_digest: str = "") -> list[SignInFlow]:
        """The flows of a link that have not come back, of one browser if it is given; held until
        the transaction ends. The caller holds the link."""
        found = select(SignInFlow).where(
            SignInFlow.ticket_id == ticket_id, col(SignInFlow.finished_at).is_(None)
        )
        if browser_digest:
            found = found.where(SignInFlow.browser_digest == browser_digest)
        return list(self._session.exec(found.with_for_update()))

    def flow(self, state_digest: str) -> SignInFlow | None:
        """The flow with this state, held until the transaction ends."""
        return self._session.exec(
            select(SignInFlow).where(SignInFlow.state_digest == state_digest).with_for_update()
        ).first()


class GrantRepository:
    """Queries about token caches."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, account_id: int) -> Grant | None:
        """The account's grant as it stands in the database now."""
        return self._session.get(Grant, account_id, populate_existing=True)

    def put(self, grant: Grant) -> None:
        """Keep a grant in the place of the account's earlier one."""
        grant.serial = _serial()
        self._session.merge(grant)
        self._session.flush()

    def replace(
        self, seen: Grant, sealed: bytes, scopes: str, now: datetime, keep_due_at: datetime
    ) -> bool:
        """Keep refreshed tokens in the place of what was `seen`; False if that is not what stands
        there any more."""
        same = (col(Grant.account_id) == seen.account_id) & (col(Grant.serial) == seen.serial)
        fresh = {
            "sealed": sealed,
            "scopes": scopes,
            "refreshed_at": now,
            "keep_due_at": keep_due_at,
        }
        return bool(
            self._session.exec(update(Grant).where(same).values(serial=_serial(), **fresh)).rowcount
        )

    def tenants(self, limit: int) -> list[str]:
        """Up to `limit` tenants of accounts with a grant, those first that signed in last."""
        newest = func.max(Account.signed_in_at)
        found = (
            select(Account.tenant_id)
            .join(Grant, col(Grant.account_id) == col(Account.id))
            .where(Account.tenant_id != "")
            .group_by(col(Account.tenant_id))
            .order_by(newest.desc())
            .limit(limit)
        )
        return list(self._session.exec(found))

    def idle(self, now: datetime, limit: int) -> list[Grant]:
        """Up to `limit` grants that are due to be looked after; those that another worker holds are
        passed over."""
        return list(self._session.exec(IDLE, params={"now": now, "limit": limit}))

    def claim(self, account_id: int, now: datetime, until: datetime) -> bool:
        """Take the right to refresh the account's tokens; False while somebody else has it."""
        free = col(Grant.claimed_until).is_(None) | (col(Grant.claimed_until) < now)
        taken = (
            update(Grant)
            .where(col(Grant.account_id) == account_id, free)
            .values(claimed_until=until)
        )
        return bool(self._session.exec(taken).rowcount)

    def release(self, account_id: int, until: datetime) -> None:
        """Give back the right to refresh that was taken until then, unless it ran out and is
        somebody else's by now."""
        own = (col(Grant.account_id) == account_id) & (col(Grant.claimed_until) == until)
        self._session.exec(update(Grant).where(own).values(claimed_until=None))

    def remove(self, account_id: int) -> None:
        """Forget the account's tokens."""
        self._session.exec(delete(Grant).where(col(Grant.account_id) == account_id))


def _serial() -> int:
    return secrets.randbits(31)


# Asked by sweeps, and for everything that shows an account: each is put together once
NEWEST = (
    select(LoginTicket)
    .where(col(LoginTicket.account_id) == bindparam("account"))
    .order_by(col(LoginTicket.id).desc())
    .limit(1)
)
USABLE = NEWEST.where(
    col(LoginTicket.expires_at) > NOW,
    col(LoginTicket.finished_at).is_(None),
    col(LoginTicket.revoked_at).is_(None),
)
IDLE = (
    select(Grant)
    .where(col(Grant.keep_due_at) <= NOW)
    .order_by(col(Grant.keep_due_at))
    .limit(LIMIT)
    .with_for_update(skip_locked=True)
)
