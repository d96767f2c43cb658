"""Sign-in: the way to Microsoft and back, and what has to hold before a grant is kept."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

import msal

from bot.common import audit
from bot.common.addresses import Addresses, shown_changes
from bot.common.clock import Clock, SystemClock
from bot.common.jobs import CheckSignIn
from bot.common.mail_addresses import shown
from bot.common.people import WEB, Person
from bot.common.refusals import Refused
from bot.diagnosis.failures import Recorded
from bot.diagnosis.observation import Condition, Observation, Where
from bot.diagnosis.observe import from_callback, from_oauth
from bot.lifecycle.service import Lifecycle
from bot.messages import notices
from bot.microsoft.client import Microsoft, MicrosoftUnreachable
from bot.microsoft.identity import Identity, IdentityRefused, belongs, may_be_own_name, proved
from bot.microsoft.tokens import KEPT_ALIVE
from bot.microsoft.tokens import sealed_for as grant_sealed_for
from bot.signin.address_changes import AddressChanges
from bot.signin.failed import FailedSignIns
from bot.signin.flows import Flows, FlowState
from bot.signin.links import Links, LinkUnusable
from bot.signin.presses import count_press
from bot.views.accounts import AccountView
from storage.cipher import Cipher, digest
from storage.database import Store, Transaction
from storage.statuses import LINKS, FlowEvent, LinkEvent
from storage.tables import Account, Grant, HeldSignIn, LoginTicket
from storage.vocabulary import FlowStatus, LinkStatus

CALLBACK = "/oauth/callback"
STRANGER = Person(WEB.team, WEB.user)
"""Who opens what belongs to no account."""

OnSignedIn = Callable[[Transaction, Account, Person], object]


class SignInRefused(Exception):
    """The sign-in went wrong and nothing was kept. `link` leads to another try, where the login
    link is still good."""

    def __init__(
        self,
        recorded: Recorded,
        account: AccountView,
        actual: str = "",
        link: str = "",
        other_name: str = "",
    ) -> None:
        """`other_name`: who signed in, where that may be how the mailbox's own person signs in."""
        super().__init__(recorded.verdict.cause)
        self.other_name = other_name
        self.recorded = recorded
        self.account = account
        self.actual = actual
        self.link = link


@dataclass(frozen=True)
class StartPage:
    """What somebody sees before they go to Microsoft. `changes`: what they agree to by signing in,
    where the account is connected already; by its field, before and after."""

    account: AccountView
    customer: str
    asked_by: Person
    good_until: datetime
    changes: Mapping[str, tuple[str, str]]

    @property
    def signs_in_as(self) -> str:
        """Who has to sign in: the one who connected it, where it is connected already."""
        return self.account.signed_in_as or self.account.username


@dataclass(frozen=True)
class SignedIn:
    """A sign-in that holds. `upn` is who signed in; `held_for` is the customer whose organisation
    has to be confirmed first."""

    account: AccountView
    upn: str
    held_for: str = ""


@dataclass(frozen=True)
class Redeemed:
    """What a code was exchanged for: the identity, and the tokens that are not kept yet."""

    identity: Identity
    cache: str
    scopes: str


class SignIn:
    """Signs mailboxes in."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        cipher: Cipher,
        microsoft: Microsoft,
        lifecycle: Lifecycle,
        failed: FailedSignIns,
        links: Links,
        changes: AddressChanges,
        public_url: str,
        on_signed_in: OnSignedIn,
    ) -> None:
        """`on_signed_in` is called within the transaction that keeps the grant."""
        self._store = store
        self._clock = clock
        self._cipher = cipher
        self._microsoft = microsoft
        self._lifecycle = lifecycle
        self._failed = failed
        self._links = links
        self._changes = changes
        self._public_url = public_url
        self._on_signed_in = on_signed_in
        self._flows = Flows(cipher, clock)

    def look(self, secret: str) -> StartPage:
        """What stands behind a login link. Changes nothing.

        Raises:
            LinkUnusable: it leads nowhere (any more).
        """
        with self._store.transaction() as tx:
            ticket = self._links.usable(tx, secret)
            account = tx.accounts.get(ticket.account_id)
            customer = tx.channels.customer(account.customer_id)
            change = tx.signins.change(account.id)
        there = Addresses.of(account)
        return StartPage(
            account=AccountView.of(account),
            customer=customer.name,
            asked_by=Person(ticket.asked_by_team, ticket.asked_by_user),
            good_until=ticket.expires_at,
            changes=shown_changes(there.changes(Addresses.of(change))) if change else {},
        )

    def begin(self, secret: str, browser: str) -> str:
        """Begin a sign-in for the browser that knows `browser`, and say where at Microsoft it goes
        on. Takes a second.

        Raises:
            LinkUnusable: the link leads nowhere, or was pressed too often.
            MicrosoftUnreachable: Microsoft gave no proper answer.
        """
        try:
            return self._begin(secret, browser)
        except LinkUnusable as error:
            self.refused_request("signin.begun", error)
            raise

    def finish(self, params: Mapping[str, str], browser: str) -> SignedIn:
        """Take what Microsoft sent the browser back with; keep the grant once everything holds.
        Takes seconds.

        Raises:
            LinkUnusable: no open sign-in of this browser belongs to it.
            SignInRefused: Microsoft or we said no; nothing was kept.
        """
        try:
            return self._finish(params, browser)
        except LinkUnusable as error:
            self.refused_request("signin.returned", error)
            raise

    def confirm(self, account_id: int, by: Person) -> None:
        """`by` says that the tenant of the account's held sign-in is the customer's: it is bound,
        and every sign-in that waited for this is kept.

        Raises:
            Refused: none is held (any more), or the customer's tenant is another one by now.
        """
        with self._store.transaction() as tx:
            account = tx.accounts.get(account_id)
            # The customer is held first, then each account, as wherever a sign-in is kept
            customer = tx.channels.lock_customer(account.customer_id)
            tenant = self._held(tx, account).tenant_id
            if customer.tenant_id not in ("", tenant):
                raise Refused("organisation.other", customer=customer.name)
            customer.tenant_id = tenant
            self._lifecycle.audit(tx, by, "organisation.confirmed", account, tenant=tenant)
            for held in tx.signins.held_of_customer(account.customer_id):
                if held.tenant_id == tenant:
                    self._release(tx, held)

    def withdraw_held(self, account_id: int, by: Person) -> None:
        """`by` says that the tenant is not the customer's: the held sign-in is thrown away, and its
        link ends.

        Raises:
            Refused: none is held (any more).
        """
        with self._store.transaction() as tx:
            account = tx.accounts.lock(account_id)
            held = self._held(tx, account)
            self._lifecycle.audit(
                tx, by, "organisation.denied", account, result="refused", tenant=held.tenant_id
            )
            seen = Observation(
                Where.IDENTITY,
                step="identity",
                condition=Condition.OTHER_TENANT,
                text="somebody said so",
            )
            self._links.make(tx, account, by)
            self._failed.keep(tx, account, seen, by)

    def refused_request(self, action: str, error: LinkUnusable) -> None:
        """Keep that somebody tried what leads nowhere: once an hour for each account and reason,
        and for what belongs to no account, with a count."""
        with self._store.transaction() as tx:
            if error.account_id is not None:
                account = tx.accounts.get(error.account_id)
                self._lifecycle.refused(tx, WEB, action, account, reason=error.reason)
            else:
                audit.refuse(tx, STRANGER, action, "", self._clock.now(), reason=error.reason)

    def _begin(self, secret: str, browser: str) -> str:
        username = self._counted(secret, browser)
        client = self._microsoft.client()
        flow: dict[str, Any] = self._microsoft.ask(
            lambda: client.initiate_auth_code_flow(
                list(self._microsoft.scopes),
                redirect_uri=self._public_url + CALLBACK,
                prompt="select_account",
                login_hint=username,
                response_mode="form_post",
            )
        )
        with self._store.transaction() as tx:
            ticket = self._links.usable(tx, secret)
            now = self._clock.now()
            ticket.happened(LinkEvent.SIGN_IN_BEGUN, now)
            begun = self._flows.new(ticket, flow, browser)
            for earlier in tx.signins.unfinished(ticket.id, begun.browser_digest):
                earlier.happened(FlowEvent.REPLACED, now)
            tx.signins.add_flow(begun)
            watch = CheckSignIn(account_id=ticket.account_id, ticket_id=ticket.id)
            tx.jobs.add(watch, begun.expires_at, sooner=True)
            account = tx.accounts.get(ticket.account_id)
            self._lifecycle.audit(tx, WEB, "signin.begun", account)
        return str(flow["auth_uri"])

    def _counted(self, secret: str, browser: str) -> str:
        """Whom a link is for, once the press is counted: nothing is asked of Microsoft before."""
        with self._store.transaction() as tx:
            ticket = self._links.usable(tx, secret)
            count_press(tx, ticket, browser, self._clock.now())
            account = tx.accounts.get(ticket.account_id)
            return account.signed_in_as or account.username

    def _finish(self, params: Mapping[str, str], browser: str) -> SignedIn:
        state = self._take(params.get("state", ""), browser)
        if "error" in params:
            self._refuse(state, from_callback(params))
        try:
            redeemed = self._redeem(state, params)
            return self._keep(state, redeemed)
        except IdentityRefused as refused:
            self._refuse(state, refused.observation, refused.actual)
        except MicrosoftUnreachable as error:
            self._refuse(state, error.observation)

    def _take(self, state: str, browser: str) -> FlowState:
        """The open flow with this state, ended in the same moment: of two callbacks one gets it."""
        with self._store.transaction() as tx:
            row = tx.signins.flow(digest(state))
            if row is None:
                raise LinkUnusable("unknown")
            if not hmac.compare_digest(row.browser_digest, digest(browser)):
                raise LinkUnusable("other-browser", row.account_id)
            now = self._clock.now()
            if row.status(now) is not FlowStatus.OPEN:
                link = tx.signins.ticket_as_it_is(row.ticket_id).status(now)
                raise LinkUnusable(link if link is LinkStatus.USED else "unknown", row.account_id)
            row.happened(FlowEvent.CAME_BACK, now)
        return self._flows.opened(row)

    def _redeem(self, state: FlowState, params: Mapping[str, str]) -> Redeemed:
        """Exchange the code, into a cache that is thrown away unless everything holds."""
        cache = msal.SerializableTokenCache()
        microsoft = self._microsoft
        answer = {
            name: value
            for name, value in params.items()
            if name in ("code", "state", "client_info")
        }
        try:
            result: dict[str, Any] = microsoft.redeem(
                cache,
                lambda client: client.acquire_token_by_auth_code_flow(
                    state.flow, answer, list(microsoft.scopes)
                ),
            )
        except RuntimeError:  # MSAL's word for a nonce that does not fit
            raise IdentityRefused(Condition.INVALID_TOKEN, "claim nonce") from None
        if "access_token" not in result:
            self._refuse(state, from_oauth(result, Where.TOKEN, "token"))
        now = SystemClock().now()  # Microsoft's clock is the world's, whatever ours is set to
        identity = proved(
            result.get("id_token_claims") or {}, microsoft.client_id, microsoft.authority, now
        )
        self._check_scopes(state, result)
        return Redeemed(identity, cache.serialize(), str(result["scope"]))

    def _check_scopes(self, state: FlowState, result: Mapping[str, Any]) -> None:
        granted = {scope.lower() for scope in str(result.get("scope", "")).split()}
        missing = [
            scope.rpartition("/")[2]
            for scope in self._microsoft.scopes
            if scope.lower() not in granted
        ]
        missing += [] if result.get("refresh_token") else ["offline_access"]
        if missing:
            text = f"not granted: {', '.join(missing)}"
            self._refuse(
                state,
                Observation(Where.SCOPES, step="scopes", condition=Condition.MISSING, text=text),
            )

    def _keep(self, state: FlowState, redeemed: Redeemed) -> SignedIn:
        """Keep the grant, if everything still holds now; hold it where nobody has said yet that the
        tenant is the customer's."""
        identity = redeemed.identity
        with self._store.transaction() as tx:
            customer = tx.channels.lock_customer(tx.accounts.get(state.account_id).customer_id)
            account = tx.accounts.lock(state.account_id)
            ticket = tx.signins.ticket_by_id(state.ticket_id)
            now = self._clock.now()
            if not LINKS.allows(ticket.status(now), LinkEvent.IDENTIFIED):
                raise LinkUnusable(ticket.status(now), state.account_id)
            belongs(identity, account, customer.tenant_id)
            self._changes.check(tx, account, identity)
            if customer.tenant_id:
                self._connect(tx, account, ticket, redeemed)
                return SignedIn(AccountView.of(account), shown(identity.upn))
            ticket.happened(LinkEvent.IDENTIFIED, now)
            held = HeldSignIn(
                account_id=state.account_id,
                ticket_id=state.ticket_id,
                sealed=self._cipher.seal(redeemed.cache, held_sealed_for(state.account_id)),
                scopes=redeemed.scopes,
                tenant_id=identity.tenant_id,
                object_id=identity.object_id,
                upn=identity.upn,
                at=self._clock.now(),
            )
            tx.signins.hold(held)
            who = {"signed_in_as": identity.upn, "tenant": identity.tenant_id}
            self._lifecycle.audit(tx, WEB, "signin.held", account, **who)
            self._lifecycle.show(tx, account)
            return SignedIn(AccountView.of(account), shown(identity.upn), customer.name)

    def _connect(
        self, tx: Transaction, account: Account, ticket: LoginTicket, redeemed: Redeemed
    ) -> None:
        identity = redeemed.identity
        now = self._clock.now()
        self._changes.agreed(tx, account, identity)
        grant = Grant(
            account_id=account.id,
            sealed=self._cipher.seal(redeemed.cache, grant_sealed_for(account.id)),
            scopes=redeemed.scopes,
            shared_mailbox=account.shared_mailbox,
            sender_email=account.sender_email,
            refreshed_at=now,
            keep_due_at=now + KEPT_ALIVE,
        )
        tx.grants.put(grant)
        account.tenant_id = identity.tenant_id
        account.object_id = identity.object_id
        account.signed_in_as = identity.upn
        account.signed_in_at = now
        account.proved_at = None
        ticket.happened(LinkEvent.SIGNED_IN, now)
        for other in tx.signins.unfinished(ticket.id):
            other.happened(FlowEvent.OVERTAKEN, now)
        self._lifecycle.audit(tx, WEB, "signin.done", account, signed_in_as=identity.upn)
        notices.note(tx, account, "signin.done", now, upn=shown(identity.upn))
        self._on_signed_in(tx, account, WEB)

    def _held(self, tx: Transaction, account: Account) -> HeldSignIn:
        held = tx.signins.held(account.id)
        if held is None:
            raise Refused("organisation.nothing_held", name=account.name)
        return held

    def _release(self, tx: Transaction, held: HeldSignIn) -> None:
        """Keep a held sign-in, whose tenant is the customer's now."""
        account = tx.accounts.lock(held.account_id)
        ticket = tx.signins.ticket_by_id(held.ticket_id)
        cache = self._cipher.open(held.sealed, held_sealed_for(held.account_id))
        identity = Identity(held.tenant_id, held.object_id, held.upn)
        self._connect(tx, account, ticket, Redeemed(identity, cache, held.scopes))
        tx.signins.drop_held(held.account_id)

    def _refuse(self, state: FlowState, seen: Observation, actual: str = "") -> NoReturn:
        """Keep why, tell it in the thread, and move the card where it has to go."""
        with self._store.transaction() as tx:
            account = tx.accounts.lock(state.account_id)
            other_name = actual if may_be_own_name(seen, account) else ""
            recorded = self._failed.keep(tx, account, seen, WEB, other_name=other_name)
            ticket = tx.signins.usable_ticket(account.id, self._clock.now())
        link = self._links.url(ticket) if ticket else ""
        view = AccountView.of(account)
        raise SignInRefused(recorded, view, shown(actual), link, shown(other_name))


def held_sealed_for(account_id: int) -> str:
    """What a held sign-in is sealed for."""
    return f"held:{account_id}"
