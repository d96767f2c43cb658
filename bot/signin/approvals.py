"""Which organisations have approved our application, and what follows for all of their accounts.

An administrator says so on our page; that is a word, and the next sign-in proves it. Without a word
it is proved by what works: a permission that was refused for want of the approval and is good now,
or a token that Microsoft gives our application in the organisation where it gave none before.
"""

import secrets
from datetime import datetime

import structlog

from bot.common.clock import Clock
from bot.common.jobs import CheckAccount, LookForApproval, ShareApproval
from bot.common.people import MAILDESK, Person
from bot.diagnosis.failures import Failures
from bot.lifecycle.service import Lifecycle
from bot.lifecycle.states import Event
from bot.messages import notices
from bot.microsoft.client import Microsoft, MicrosoftUnreachable
from bot.signin.approval_pages import LIFE
from bot.signin.approval_watches import ApprovalWatches, belongs_to, organisation_of
from bot.signin.links import Links
from storage.cipher import digest
from storage.database import Store, Transaction
from storage.tables import Account, ApprovalAnswer
from storage.vocabulary import State

log = structlog.get_logger(__name__)

MAY_WANT = (State.AWAITING_ADMIN, State.FAILING, State.BROKEN)
"""States in which an account may wait for an approval; but for the first, with a permission of its
own, which a test tries."""


class Approvals:
    """Looks for approvals, and has every account that waited know of them."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        microsoft: Microsoft,
        lifecycle: Lifecycle,
        links: Links,
        failures: Failures,
        watches: ApprovalWatches,
    ) -> None:
        self._store = store
        self._clock = clock
        self._microsoft = microsoft
        self._lifecycle = lifecycle
        self._links = links
        self._failures = failures
        self._watches = watches

    def asked(self, account_id: int) -> None:
        """An administrator is about to be asked for an account's approval: somebody opened what is
        forwarded to them, or the page itself."""
        with self._store.transaction() as tx:
            account = tx.accounts.lock(account_id)
            if self._wants(tx, account):
                self._watches.begin(tx, account)

    def waiting(self, tx: Transaction, account: Account) -> list[Account]:
        """Every account of the same organisation that waits for its approval, oldest first; they
        are held, and so is `account` itself."""
        organisation = organisation_of(tx, account)
        return self._waiting(tx, account.customer_id, organisation, account.id)

    def learn(self, tx: Transaction, account: Account, by: Person, proved: bool) -> None:
        """Keep that an account's organisation has approved our application, and move it on.
        `account` is held."""
        if account.state is State.AWAITING_ADMIN:
            self.move(tx, account, by, "consent.proved" if proved else "consent.said_given")
            self.keep(tx, account, digest(secrets.token_urlsafe()), True, proved)
        else:
            tx.jobs.add(CheckAccount(account_id=account.id), self._clock.now(), sooner=True)

    def keep(
        self, tx: Transaction, account: Account, page: str, approved: bool, proved: bool = False
    ) -> None:
        """Keep what is known of an account's approval by now, under the digest of its page. It is
        kept after the account was moved: what is older than its state belongs to a time before."""
        now = self._clock.now()
        answer = ApprovalAnswer(
            page_digest=page,
            account_id=account.id,
            approved=approved,
            proved=proved,
            at=now,
        )
        tx.approvals.take(answer, forget_before=now - LIFE)

    def move(self, tx: Transaction, account: Account, by: Person, action: str) -> None:
        """It is the user's turn to sign in: nobody waits for the administrator any more."""
        now = self._clock.now()
        self._failures.approved(tx, account)
        self._lifecycle.audit(tx, by, action, account)
        if tx.signins.usable_ticket(account.id, now) is None:
            self._links.make(tx, account, by)
        self._lifecycle.transition(tx, account, Event.APPROVAL_GIVEN, by)
        notices.show_approved(tx, account.channel_id, now, now)

    def share(self, work: ShareApproval) -> None:
        """Do the job of telling the other accounts that the permission of one works by now."""
        with self._store.transaction() as tx:
            account = tx.accounts.get(work.account_id)
            for each in self.waiting(tx, account):
                self.learn(tx, each, MAILDESK, proved=True)

    def look(self, work: LookForApproval) -> None:
        """Do the job of looking whether an organisation has approved our application. Takes
        seconds."""
        with self._store.reading() as tx:
            watch = tx.approvals.watch(work.watch_id)
        if watch is None:
            return
        asked_at = self._clock.now()
        there = self._ask(watch.tenant)
        with self._store.transaction() as tx:
            self._follow(tx, watch.customer_id, watch.tenant, there, asked_at)

    def _ask(self, tenant: str) -> bool | None:
        """Whether our application is in a tenant, as far as Microsoft says."""
        try:
            return self._microsoft.is_in(tenant)
        except MicrosoftUnreachable as error:
            log.info("approval.not_answered", reason=str(error))
            return None

    def _follow(
        self,
        tx: Transaction,
        customer_id: int,
        tenant: str,
        there: bool | None,
        asked_at: datetime,
    ) -> None:
        waiting = self._waiting(tx, customer_id, tenant)
        watch = tx.approvals.watched(customer_id, tenant)
        if watch is None:
            return
        new = False
        if there is False:
            watch.absent_at = asked_at
        elif there and watch.absent_at is not None:
            # Who may agree for themselves brings our application in by their own sign-in
            new = not tx.approvals.signed_in_since(customer_id, watch.absent_at)
        with_grants = [each for each in waiting if each.state is not State.AWAITING_ADMIN]
        for each in waiting if new else with_grants:
            self.learn(tx, each, MAILDESK, proved=True)
        if not waiting or (there and not with_grants):
            tx.approvals.end(watch)
        else:
            self._watches.go_on(tx, watch)

    def _waiting(
        self, tx: Transaction, customer_id: int, tenant: str, *also_held: int
    ) -> list[Account]:
        may_want = [
            each.id
            for each in tx.accounts.of_customer(customer_id)
            if each.state in MAY_WANT and belongs_to(tx, each, tenant)
        ]
        held = tx.accounts.lock_several([*may_want, *also_held])
        return [each for each in held if each.id in may_want and self._wants(tx, each)]

    def _wants(self, tx: Transaction, account: Account) -> bool:
        return account.state in MAY_WANT and self._failures.wants_approval(tx, account)
