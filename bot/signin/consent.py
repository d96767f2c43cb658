"""The administrator's approval: the page that is forwarded, and what comes back from it. That is
never believed by itself: only a token that works proves an approval."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping

from bot.checks.service import Checks
from bot.common.clock import Clock
from bot.common.people import WEB
from bot.diagnosis.failures import Recorded
from bot.diagnosis.observation import Where
from bot.diagnosis.observe import from_callback
from bot.lifecycle.service import Lifecycle
from bot.lifecycle.states import Event
from bot.messages import notices
from bot.microsoft.client import Microsoft, MicrosoftUnreachable
from bot.signin.failed import FailedSignIns
from bot.signin.links import Links, LinkUnusable
from storage.cipher import CannotOpen, Cipher
from storage.database import Store, Transaction
from storage.tables import Account
from storage.vocabulary import State

CALLBACK = "/consent/callback"
SEALED_FOR = "consent"


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
        links: Links,
        tests: Checks,
        public_url: str,
    ) -> None:
        self._store = store
        self._clock = clock
        self._cipher = cipher
        self._microsoft = microsoft
        self._lifecycle = lifecycle
        self._failed = failed
        self._links = links
        self._tests = tests
        self._public_url = public_url
        self.scopes = microsoft.scopes

    def link(self, account: Account) -> str:
        """The page where the administrator of the account's own tenant approves exactly our scopes;
        empty while Microsoft cannot be asked where it is. Takes a second, the first time."""
        tenant = account.tenant_id or account.username.rpartition("@")[2]
        state = urlsafe_b64encode(self._cipher.seal(account.ref, SEALED_FOR)).decode()
        try:
            return self._microsoft.admin_consent_url(tenant, self._public_url + CALLBACK, state)
        except MicrosoftUnreachable:
            return ""

    def link_for(self, account_id: int) -> str:
        """The same for the account with this id."""
        with self._store.transaction() as tx:
            account = tx.accounts.get(account_id)
        return self.link(account)

    def told(self, params: Mapping[str, str]) -> Recorded | None:
        """Take an administrator's word: None where it says that the approval was given, else what
        the page said. A word counts while its account waits; one that says yes makes it the user's
        turn, or tests the permission that is there.

        Raises:
            LinkUnusable: the answer belongs to no approval page of ours.
        """
        try:
            ref = self._cipher.open(urlsafe_b64decode(params.get("state", "")), SEALED_FOR)
        except (CannotOpen, ValueError):
            raise LinkUnusable("unknown") from None
        with self._store.transaction() as tx:
            account = tx.accounts.by_ref(ref)
            if account is None or account.state is State.DISCONNECTED:
                raise LinkUnusable("unknown")
            account = tx.accounts.lock(account.id)
            if approved(params):
                self._approved(tx, account)
                return None
            if "error" not in params:
                raise LinkUnusable("unknown", account.id)
            seen = from_callback(params, Where.ADMIN_CONSENT)
            return self._failed.keep(tx, account, seen, WEB, "signin.consent_refused")

    def _approved(self, tx: Transaction, account: Account) -> None:
        if account.state is State.AWAITING_ADMIN:
            self._lifecycle.audit(tx, WEB, "consent.said_given", account)
            if tx.signins.usable_ticket(account.id, self._clock.now()) is None:
                self._links.make(tx, account, WEB)
            self._lifecycle.transition(tx, account, Event.APPROVAL_GIVEN, WEB)
            notices.note(
                tx, account, "signin.consent_given", self._clock.now(), username=account.username
            )
        elif account.state in (State.FAILING, State.BROKEN):
            self._lifecycle.audit(tx, WEB, "consent.said_given", account)
            self._tests.request(tx, account, WEB)


def approved(params: Mapping[str, str]) -> bool:
    """Whether the approval page's answer says yes. It has three shapes: granted, declined
    (``access_denied``), another error."""
    return "error" not in params and params.get("admin_consent", "").lower() == "true"
