"""Sign-in: the login link, the way to Microsoft and back, and what has to hold before a grant is kept."""

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NoReturn

import msal

from bot import notices
from bot.diagnosis.observation import Observation, Where
from bot.diagnosis.observe import from_callback, from_oauth
from bot.failures import Failures, Recorded
from bot.flow import Flows, FlowState
from bot.identity import Identity, IdentityRefused, belongs, proved
from bot.microsoft import SCOPES, Microsoft, MicrosoftUnreachable
from bot.people import WEB, Person
from bot.road import Road
from bot.time import Clock, SystemClock
from bot.tokens import place
from storage.cipher import CannotOpen, Cipher, digest
from storage.database import Store, Transaction
from storage.tables import Account, Grant, LoginTicket
from storage.vocabulary import Owner, State

LINK_LIFE = timedelta(hours=24)
STARTS_AN_HOUR = 10
CALLBACK = "/oauth/callback"
CONSENT_CALLBACK = "/consent/callback"
CONSENT_PLACE = "consent"

OnSignedIn = Callable[[Transaction, Account, Person], object]


class LinkUnusable(Exception):
    """A login link that leads nowhere: ``unknown``, ``expired``, ``used``, ``revoked`` or ``busy``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SignInRefused(Exception):
    """The sign-in went wrong and nothing was kept. `link` leads to another try, where the login link is still good."""

    def __init__(self, recorded: Recorded, account: Account, actual: str = "", link: str = "") -> None:
        super().__init__(recorded.verdict.cause)
        self.recorded = recorded
        self.account = account
        self.actual = actual
        self.link = link


@dataclass(frozen=True)
class StartPage:
    """What somebody sees before they go to Microsoft."""

    account: Account
    customer: str
    asked_by: Person
    link: LoginTicket


class SignIn:
    """Signs mailboxes in."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        cipher: Cipher,
        microsoft: Microsoft,
        road: Road,
        failures: Failures,
        public_url: str,
        on_signed_in: OnSignedIn,
    ) -> None:
        """`on_signed_in` is called within the transaction that keeps the grant."""
        self._store = store
        self._clock = clock
        self._cipher = cipher
        self._microsoft = microsoft
        self._road = road
        self._failures = failures
        self._public_url = public_url
        self._on_signed_in = on_signed_in
        self._flows = Flows(cipher, clock)

    def link(self, tx: Transaction, account: Account, by: Person) -> LoginTicket:
        """A new login link for the account; the earlier ones end."""
        assert account.id is not None
        now, secret = self._clock.now(), secrets.token_urlsafe(32)
        tx.signins.revoke_tickets(account.id, now)
        return tx.signins.add_ticket(
            LoginTicket(
                account_id=account.id,
                digest=digest(secret),
                sealed=self._cipher.seal(secret, f"ticket:{account.id}"),
                created_at=now,
                expires_at=now + LINK_LIFE,
                asked_by_team=by.team,
                asked_by_user=by.user,
            )
        )

    def url(self, ticket: LoginTicket) -> str:
        """The address of a login link."""
        return f"{self._public_url}/login/{self._cipher.open(ticket.sealed, f'ticket:{ticket.account_id}')}"

    def look(self, secret: str) -> StartPage:
        """What stands behind a login link. Changes nothing.

        Raises:
            LinkUnusable: it leads nowhere (any more).
        """
        with self._store.transaction() as tx:
            ticket = self._usable(tx, secret)
            account = tx.accounts.get(ticket.account_id)
            customer = tx.channels.customer(account.customer_id)
        return StartPage(account, customer.name, Person(ticket.asked_by_team, ticket.asked_by_user), ticket)

    def begin(self, secret: str, browser: str) -> str:
        """Begin a sign-in for the browser that knows `browser`, and say where at Microsoft it goes on. Takes a second.

        Raises:
            LinkUnusable: the link leads nowhere, or was begun too often.
            MicrosoftUnreachable: Microsoft gave no proper answer.
        """
        account = self.look(secret).account
        client = self._microsoft.client()
        flow: dict[str, Any] = self._microsoft.ask(
            lambda: client.initiate_auth_code_flow(
                list(SCOPES),
                redirect_uri=self._public_url + CALLBACK,
                prompt="select_account",
                login_hint=account.username,
                response_mode="form_post",
            )
        )
        with self._store.transaction() as tx:
            ticket = self._usable(tx, secret)
            if tx.signins.starts_since(ticket.id or 0, self._clock.now() - timedelta(hours=1)) >= STARTS_AN_HOUR:
                raise LinkUnusable("busy")
            tx.signins.begin(self._flows.new(ticket, flow, browser))
            self._road.audit(tx, WEB, "signin.begun", account)
        return str(flow["auth_uri"])

    def finish(self, params: Mapping[str, str], browser: str) -> Account:
        """Take what Microsoft sent the browser back with; keep the grant once everything holds. Takes seconds.

        Raises:
            LinkUnusable: no open sign-in of this browser belongs to it.
            SignInRefused: Microsoft or we said no; nothing was kept.
        """
        state = self._take(params.get("state", ""), browser)
        if "error" in params:
            self._refuse(state, from_callback(params))
        try:
            result, cache = self._redeem(state, params)
            identity = proved(
                result.get("id_token_claims") or {},
                self._microsoft.client_id,
                self._microsoft.authority,
                SystemClock().now(),  # Microsoft's clock is the world's, whatever ours is set to
            )
            self._check_scopes(state, result)
            return self._keep(state, identity, cache, str(result["scope"]))
        except IdentityRefused as refused:
            self._refuse(state, refused.observation, refused.actual)
        except MicrosoftUnreachable as error:
            self._refuse(state, error.observation)

    def admin_link(self, account: Account) -> str:
        """The page where an administrator approves; empty while Microsoft cannot be asked where it is. Takes a second."""
        tenant = account.tenant_id or account.username.rpartition("@")[2]
        state = urlsafe_b64encode(self._cipher.seal(account.ref, CONSENT_PLACE)).decode()
        try:
            return self._microsoft.admin_consent_url(tenant, self._public_url + CONSENT_CALLBACK, state)
        except MicrosoftUnreachable:
            return ""

    def consent_refused(self, params: Mapping[str, str]) -> Recorded:
        """Keep what an administrator's refusal said, and tell it in the account's thread, once a day.

        Raises:
            LinkUnusable: the answer belongs to no approval page of ours.
        """
        try:
            ref = self._cipher.open(urlsafe_b64decode(params.get("state", "")), CONSENT_PLACE)
        except (CannotOpen, ValueError):
            raise LinkUnusable("unknown") from None
        with self._store.transaction() as tx:
            account = tx.accounts.by_ref(ref)
            if account is None or "error" not in params:
                raise LinkUnusable("unknown")
            recorded = self._failures.record(tx, from_callback(params, Where.ADMIN_CONSENT), account)
            error, cause = recorded.failure.ref, recorded.verdict.cause
            self._road.audit(tx, WEB, "consent.refused", account, error=error, cause=cause)
            if recorded.failure.count == 1:
                notices.note(tx, account, "signin.consent_refused", self._clock.now(), error=error, cause=cause)
            return recorded

    def _usable(self, tx: Transaction, secret: str) -> LoginTicket:
        ticket = tx.signins.ticket(digest(secret))
        if ticket is None:
            raise LinkUnusable("unknown")
        if ticket.finished_at is not None:
            raise LinkUnusable("used")
        if ticket.revoked_at is not None:
            raise LinkUnusable("revoked")
        if ticket.expires_at <= self._clock.now():
            raise LinkUnusable("expired")
        return ticket

    def _take(self, state: str, browser: str) -> FlowState:
        """The open flow with this state, ended in the same moment: of two callbacks one gets it."""
        with self._store.transaction() as tx:
            row = tx.signins.flow(digest(state))
            if row is None or row.finished_at is not None or row.expires_at <= self._clock.now():
                raise LinkUnusable("unknown")
            if not hmac.compare_digest(row.browser_digest, digest(browser)):
                account = tx.accounts.get(row.account_id)
                self._road.audit(tx, WEB, "signin.other_browser", account)
                other_browser = True
            else:
                other_browser, row.finished_at = False, self._clock.now()
        if other_browser:
            raise LinkUnusable("other-browser")
        return self._flows.opened(row)

    def _redeem(
        self, state: FlowState, params: Mapping[str, str]
    ) -> tuple[dict[str, Any], msal.SerializableTokenCache]:
        """Exchange the code, into a cache that is thrown away unless everything holds."""
        cache = msal.SerializableTokenCache()
        client = self._microsoft.client(cache)
        answer = {name: value for name, value in params.items() if name in ("code", "state", "client_info")}
        try:
            result: dict[str, Any] = self._microsoft.ask(
                lambda: client.acquire_token_by_auth_code_flow(state.flow, answer, scopes=list(SCOPES))
            )
        except RuntimeError:  # MSAL's word for a nonce that does not fit
            raise IdentityRefused("invalid-token", "claim nonce") from None
        if "access_token" not in result:
            self._refuse(state, from_oauth(result, Where.TOKEN, "token"))
        return result, cache

    def _check_scopes(self, state: FlowState, result: Mapping[str, Any]) -> None:
        granted = {scope.lower() for scope in str(result.get("scope", "")).split()}
        missing = [scope.rpartition("/")[2] for scope in SCOPES if scope.lower() not in granted]
        missing += [] if result.get("refresh_token") else ["offline_access"]
        if missing:
            text = f"not granted: {', '.join(missing)}"
            self._refuse(state, Observation(Where.SCOPES, step="scopes", condition="missing", text=text))

    def _keep(self, state: FlowState, identity: Identity, cache: msal.SerializableTokenCache, scopes: str) -> Account:
        with self._store.transaction() as tx:
            account = tx.accounts.lock(state.account_id)
            customer = tx.channels.customer(account.customer_id)
            ticket = tx.signins.ticket_by_id(state.ticket_id)
            if ticket.revoked_at is not None or ticket.finished_at is not None:
                raise LinkUnusable("revoked")
            belongs(identity, account, customer.tenant_id)
            now = self._clock.now()
            sealed = self._cipher.seal(cache.serialize(), place(state.account_id))
            tx.grants.put(Grant(account_id=state.account_id, sealed=sealed, scopes=scopes, refreshed_at=now))
            account.tenant_id, account.object_id = identity.tenant_id, identity.object_id
            account.signed_in_as, account.signed_in_at, account.proved_at = identity.upn, now, None
            customer.tenant_id = identity.tenant_id
            ticket.finished_at = now
            self._road.audit(tx, WEB, "signin.done", account, signed_in_as=identity.upn)
            notices.note(tx, account, "signin.done", now, upn=identity.upn)
            self._on_signed_in(tx, account, WEB)
            return account

    def _refuse(self, state: FlowState, seen: Observation, actual: str = "") -> NoReturn:
        """Keep why, tell it in the thread, and move the card where it has to go."""
        with self._store.transaction() as tx:
            account = tx.accounts.lock(state.account_id)
            recorded = self._failures.record(tx, seen, account)
            error = recorded.failure.ref
            self._road.audit(tx, WEB, "signin.refused", account, error=error, cause=recorded.verdict.cause)
            notices.note(tx, account, "signin.refused", self._clock.now(), error=error, cause=recorded.verdict.cause)
            if account.state in (State.AWAITING_SIGN_IN, State.AWAITING_ADMIN):
                waits_for_admin = recorded.verdict.owner is Owner.ADMINISTRATOR
                turn = State.AWAITING_ADMIN if waits_for_admin else State.AWAITING_SIGN_IN
                self._road.move(tx, account, turn, WEB)
                self._road.show(tx, account)
            ticket = tx.signins.usable_ticket(account.id or 0, self._clock.now())
        raise SignInRefused(recorded, account, actual, self.url(ticket) if ticket else "")
