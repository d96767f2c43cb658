"""Login links: single use on success, good for a day, prolonged where they are handed on, withdrawn
and renewed at will; and the question that is asked when a sign-in that was begun does not come
back."""

import secrets
from datetime import timedelta
from enum import StrEnum

from bot.common.clock import Clock
from bot.common.jobs import CheckLink, CheckSignIn
from bot.common.people import MAILDESK, Person
from bot.common.refusals import Refused
from bot.diagnosis.observation import Condition, Observation, Where
from bot.lifecycle.service import Lifecycle
from bot.lifecycle.states import SIGNING_IN, Event
from bot.signin.failed import FailedSignIns
from storage.cipher import Cipher, digest
from storage.database import Store, Transaction
from storage.statuses import LinkEvent
from storage.tables import Account, LoginTicket
from storage.vocabulary import LinkStatus, State

LIFE = timedelta(hours=24)
ENOUGH = LIFE / 2
"""A link that is handed on is good for so long at least: whoever gets it on paper needs time."""


class LinkUnusable(Exception):
    """A login link or an answer that leads nowhere: ``unknown``, ``expired``, ``used``,
    ``revoked``, ``busy``, ``crowded``, ``other-browser``, ``held`` or ``ended``; ``sheet`` where
    none of several is good any more. `account_id` is whose it was, where that is known."""

    def __init__(self, reason: str, account_id: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.account_id = account_id


class Said(StrEnum):
    """What people may answer when they are asked what Microsoft's page said."""

    APPROVAL = "approval"
    NO_SIGN_IN = "no-sign-in"
    CLOSED = "closed"


SEEN = {
    Said.APPROVAL: Observation(
        Where.AUTHORIZE, error="access_denied", codes=(90094,), text="somebody saw it and said so"
    ),
    Said.NO_SIGN_IN: Observation(
        Where.AUTHORIZE, step="sign-in", condition=Condition.NOT_FINISHED, text="somebody said so"
    ),
}

AT_MICROSOFT = frozenset({Where.AUTHORIZE, Where.TOKEN, Where.ADMIN_CONSENT})
"""Of what people paste, what a page of Microsoft's sign-in said."""


class Links:
    """Makes login links and looks after them."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        cipher: Cipher,
        lifecycle: Lifecycle,
        failed: FailedSignIns,
        public_url: str,
    ) -> None:
        self._store = store
        self._clock = clock
        self._cipher = cipher
        self._lifecycle = lifecycle
        self._failed = failed
        self._public_url = public_url

    def make(self, tx: Transaction, account: Account, by: Person) -> LoginTicket:
        """A new login link for the account; the earlier ones end."""
        now = self._clock.now()
        secret = secrets.token_urlsafe(32)
        self.end_all(tx, account)
        ticket = tx.signins.add_ticket(
            LoginTicket(
                account_id=account.id,
                digest=digest(secret),
                sealed=self._cipher.seal(secret, sealed_for(account.id)),
                created_at=now,
                expires_at=now + LIFE,
                asked_by_team=by.team,
                asked_by_user=by.user,
            )
        )
        tx.jobs.add(CheckLink(account_id=account.id, ticket_id=ticket.id), ticket.expires_at)
        return ticket

    def prolong(self, tx: Transaction, account: Account, ticket: LoginTicket, by: Person) -> None:
        """Have an open link that is handed on now be good for long enough. It stays the same, so
        that it goes on working for whoever has it already. `account` is held."""
        now = self._clock.now()
        if ticket.expires_at - now >= ENOUGH:
            return
        ticket.expires_at = now + LIFE
        tx.jobs.add(CheckLink(account_id=account.id, ticket_id=ticket.id), ticket.expires_at)
        self._lifecycle.audit(tx, by, "link.prolonged", account)
        self._lifecycle.show(tx, account)

    def url(self, ticket: LoginTicket) -> str:
        """The address of a login link."""
        secret = self._cipher.open(ticket.sealed, sealed_for(ticket.account_id))
        return f"{self._public_url}/login/{secret}"

    def usable(self, tx: Transaction, secret: str) -> LoginTicket:
        """The link with this secret, held until the transaction ends.

        Raises:
            LinkUnusable: it leads nowhere (any more).
        """
        ticket = tx.signins.ticket(digest(secret))
        if ticket is None:
            raise LinkUnusable("unknown")
        status = ticket.status(self._clock.now())
        if status is not LinkStatus.OPEN:
            raise LinkUnusable(status, ticket.account_id)
        return ticket

    def withdraw(self, account_id: int, by: Person) -> None:
        """End the account's login link; nobody can sign in with it any more."""
        with self._store.transaction() as tx:
            account = tx.accounts.lock(account_id)
            self.end_all(tx, account)
            self._lifecycle.audit(tx, by, "link.withdrawn", account)
            self._lifecycle.show(tx, account)

    def check(self, work: CheckLink) -> None:
        """Do the job of looking at a link when a sign-in from it ran out, or the link itself: its
        card tells how it stands, and asks about a sign-in that did not come back."""
        now = self._clock.now()
        with self._store.transaction() as tx:
            account = tx.accounts.lock(work.account_id)
            ticket = tx.signins.known_ticket(work.ticket_id)
            if ticket is None:
                return
            status = ticket.status(now)
            if status in (LinkStatus.USED, LinkStatus.REVOKED):
                return
            if status is LinkStatus.EXPIRED:
                self._drop_held(tx, account)
            next_end = tx.signins.next_end(ticket.id, now)
            if next_end is not None:  # each browser has a sign-in of its own
                again = CheckSignIn(account_id=account.id, ticket_id=ticket.id)
                tx.jobs.add(again, next_end, sooner=True)
            if (
                account.state in SIGNING_IN
                and ticket.question_at is None
                and tx.signins.left_open(ticket.id, now)
            ):
                ticket.happened(LinkEvent.LEFT_OPEN, now)
                self._lifecycle.audit(tx, MAILDESK, "signin.unfinished", account)
                self._lifecycle.show(tx, account)
            elif status is LinkStatus.EXPIRED:
                self._lifecycle.show(tx, account)

    def answered(self, account_id: int, said: Said, by: Person) -> str:
        """Take what Microsoft's page said as the end of the sign-in that did not come back; the
        error ID that says what it means, empty if somebody just closed it.

        Raises:
            Refused: nobody is asked (any more).
        """
        with self._store.transaction() as tx:
            account = tx.accounts.lock(account_id)
            if not self._settled(tx, account, by):
                raise Refused("question.settled", name=account.name)
            return self._explained(tx, account, SEEN.get(said), by, said)

    def saw(self, account_id: int, seen: Observation, by: Person) -> str:
        """Take an error that somebody was shown: while the account waits for a sign-in, one of
        Microsoft's pages is the end of it. The error ID under which that is kept; empty where it
        belongs to no sign-in."""
        with self._store.transaction() as tx:
            account = tx.accounts.lock(account_id)
            if account.state not in SIGNING_IN or seen.where not in AT_MICROSOFT:
                return ""
            self._settled(tx, account, by)
            return self._explained(tx, account, seen, by, "an error")

    def end_all(self, tx: Transaction, account: Account) -> None:
        """End every login link of the account, and what hangs on them."""
        self._drop_held(tx, account)
        tx.signins.revoke_tickets(account.id, self._clock.now())

    def _drop_held(self, tx: Transaction, account: Account) -> None:
        """Throw away a sign-in that waited for a word: somebody has to sign in again."""
        if tx.signins.held(account.id) is None:
            return
        tx.signins.drop_held(account.id)
        if account.state is State.AWAITING_SIGN_IN:
            self._lifecycle.transition(tx, account, Event.HELD_IS_OVER, MAILDESK)

    def _settled(self, tx: Transaction, account: Account, by: Person) -> bool:
        """End the question about a sign-in that did not come back; whether there was one."""
        now = self._clock.now()
        ticket = tx.signins.question(account.id)
        if ticket is None:
            return False
        ticket.happened(LinkEvent.EXPLAINED, now)
        if ticket.status(now) is LinkStatus.EXPIRED:
            self.make(tx, account, by)
        return True

    def _explained(
        self, tx: Transaction, account: Account, seen: Observation | None, by: Person, said: str
    ) -> str:
        self._lifecycle.audit(tx, by, "signin.explained", account, said=said)
        recorded = self._failed.keep(tx, account, seen, by) if seen else None
        self._lifecycle.show(tx, account)
        return recorded.failure.ref if recorded else ""


def sealed_for(account_id: int) -> str:
    """What a link's secret is sealed for: moved to another account it does not open."""
    return f"ticket:{account_id}"
