"""The administrator's approval: the page that is forwarded, and what comes back from it. That is
never believed by itself: only a token that works proves an approval.

A page can be answered for seven days, and once. Of several pages of an account, which are made
whenever its card is drawn, each can be answered until one of them is answered with yes: an earlier
one may be in an administrator's mail already, and a no from one person ends nobody else's page.
"""

from collections.abc import Mapping

from bot.checks.service import Checks
from bot.common.clock import Clock
from bot.common.people import WEB
from bot.diagnosis.failures import Failures, Recorded
from bot.diagnosis.observation import Where
from bot.diagnosis.observe import from_callback
from bot.lifecycle.service import Lifecycle
from bot.microsoft.client import Microsoft, MicrosoftUnreachable
from bot.signin.approval_pages import ApprovalPage, ApprovalPages, NotOurs
from bot.signin.approval_watches import organisation_of
from bot.signin.approvals import Approvals
from bot.signin.failed import FailedSignIns
from bot.signin.links import LinkUnusable
from storage.cipher import Cipher
from storage.database import Store, Transaction
from storage.tables import Account
from storage.vocabulary import State

CALLBACK = "/consent/callback"


class Consent:
    """Asks for approvals and hears of them."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        cipher: Cipher,
        microsoft: Microsoft,
        lifecycle: Lifecycle,
        failed: FailedSignIns,
        approvals: Approvals,
        tests: Checks,
        failures: Failures,
        public_url: str,
    ) -> None:
        self._store = store
        self._clock = clock
        self._pages = ApprovalPages(cipher, clock)
        self._microsoft = microsoft
        self._lifecycle = lifecycle
        self._failed = failed
        self._approvals = approvals
        self._tests = tests
        self._failures = failures
        self._public_url = public_url
        self.scopes = microsoft.scopes

    def link(self, account: Account) -> str:
        """The page where the administrator of the account's organisation approves exactly our
        scopes; empty while Microsoft cannot be asked where it is. Takes a second, the first
        time."""
        with self._store.reading() as tx:
            tenant = organisation_of(tx, account)
        state = self._pages.new_state(account.ref)
        try:
            return self._microsoft.admin_consent_url(tenant, self._public_url + CALLBACK, state)
        except MicrosoftUnreachable:
            return ""

    def link_for(self, account_id: int) -> str:
        """The same for the account with this id."""
        with self._store.reading() as tx:
            account = tx.accounts.get(account_id)
        return self.link(account)

    def look(self, params: Mapping[str, str]) -> None:
        """See whether an answer is one that is waited for. Changes nothing.

        Raises:
            LinkUnusable: it is not.
        """
        page = self._page(params)
        with self._store.transaction() as tx:
            self._answerable(tx, page, params)

    def told(self, params: Mapping[str, str]) -> Recorded | None:
        """Take an administrator's word, once: None where it says that the approval was given, else
        what the page said. A word counts while its account waits; one that says yes makes it the
        user's turn, or tests the permission that is there, for all accounts of the organisation.

        Raises:
            LinkUnusable: the answer belongs to no page of ours that waits for one.
        """
        page = self._page(params)
        with self._store.transaction() as tx:
            others = self._others(tx, page) if approved(params) else []
            account = self._answerable(tx, page, params)
            if not approved(params):
                self._approvals.keep(tx, account, page.digest, approved=False)
                seen = from_callback(params, Where.ADMIN_CONSENT)
                return self._failed.keep(tx, account, seen, WEB, "signin.consent_refused")
            self._approved(tx, account)
            self._approvals.keep(tx, account, page.digest, approved=True)
            for other in others:
                self._approvals.learn(tx, other, WEB, proved=False)
            return None

    def _page(self, params: Mapping[str, str]) -> ApprovalPage:
        try:
            return self._pages.page(params.get("state", ""))
        except NotOurs:
            raise LinkUnusable("unknown") from None

    def _others(self, tx: Transaction, page: ApprovalPage) -> list[Account]:
        """The other accounts that wait for the same approval. They are held, and the page's own
        with them, in the order in which accounts are held everywhere."""
        own = tx.accounts.by_ref(page.ref)
        if own is None:
            return []
        return [each for each in self._approvals.waiting(tx, own) if each.id != own.id]

    def _answerable(
        self, tx: Transaction, page: ApprovalPage, params: Mapping[str, str]
    ) -> Account:
        """The account, held, whose page can take this answer."""
        found = tx.accounts.by_ref(page.ref)
        if found is None or found.state is State.DISCONNECTED:
            raise LinkUnusable("unknown")
        account = tx.accounts.lock(found.id)
        if page.has_ended(self._clock.now()):
            raise LinkUnusable("expired", account.id)
        if tx.approvals.is_answered(account.id, page.digest, page.asked_at):
            raise LinkUnusable("used", account.id)
        if not (approved(params) or "error" in params):
            raise LinkUnusable("unknown", account.id)
        if _is_foreign(tx, account, params):
            raise LinkUnusable("other-tenant", account.id)
        return account

    def _approved(self, tx: Transaction, account: Account) -> None:
        if account.state is State.AWAITING_ADMIN:
            self._approvals.move(tx, account, WEB, "consent.said_given")
        elif account.state in (State.FAILING, State.BROKEN):
            self._failures.approved(tx, account)
            self._lifecycle.audit(tx, WEB, "consent.said_given", account)
            self._tests.request(tx, account, WEB)


def _is_foreign(tx: Transaction, account: Account, params: Mapping[str, str]) -> bool:
    """Whether the answer comes from another tenant than the account's, where that is known. Every
    yes of Microsoft's page names its tenant; an error may leave it out."""
    own = {account.tenant_id} - {""}
    known = own or tx.channels.tenants(tx.channels.customer(account.customer_id))
    named = params.get("tenant", "")
    said = bool(named) or approved(params)
    return bool(known) and said and named.lower() not in known


def approved(params: Mapping[str, str]) -> bool:
    """Whether the approval page's answer says yes. It has three shapes: granted, declined
    (``access_denied``), another error."""
    return "error" not in params and params.get("admin_consent", "").lower() == "true"
