"""Sign-in: the way to Microsoft and back, and what has to hold before a grant is kept."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from bot.common import audit
from bot.common.addresses import Addresses, domain_of, shown_changes
from bot.common.clock import Clock
from bot.common.jobs import CheckSignIn
from bot.common.mail_addresses import shown
from bot.common.people import WEB, Person
from bot.common.refusals import Refused
from bot.diagnosis.observation import Condition, Observation, Where
from bot.diagnosis.observe import from_callback
from bot.lifecycle.service import Lifecycle
from bot.messages import notices
from bot.microsoft.client import Microsoft, MicrosoftUnreachable
from bot.microsoft.identity import IdentityRefused, belongs, may_be_own_name
from bot.microsoft.tokens import KEPT_ALIVE
from bot.microsoft.tokens import sealed_for as grant_sealed_for
from bot.signin.address_changes import AddressChanges
from bot.signin.failed import FailedSignIns, SignInRefused
from bot.signin.flows import Flows, FlowState
from bot.signin.held import HeldSignIns
from bot.signin.links import Links, LinkUnusable
from bot.signin.presses import count_press
from bot.signin.redeeming import CodeRefused, Redeemed, redeem
from bot.views.accounts import AccountView
from storage.change_statuses import ChangeKind
from storage.cipher import Cipher, digest
from storage.database import Store, Transaction
from storage.statuses import LINKS, FlowEvent, LinkEvent
from storage.tables import Account, Customer, Grant, HeldSignIn, LoginTicket, SignInFlow
from storage.vocabulary import FlowStatus, LinkStatus

CALLBACK = "/oauth/callback"
STRANGER = Person(WEB.team, WEB.user)
"""Who opens what belongs to no account."""

OnSignedIn = Callable[[Transaction, Account, Person], object]


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
    has to be confirmed first, which only support does where it is `doubtful`."""

    account: AccountView
    upn: str
    held_for: str = ""
    doubtful: bool = False


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
        held: HeldSignIns,
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
        self._held = held
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

    def begin(self, secret: str, browser: str, choose: bool = False) -> str:
        """Begin a sign-in for the browser that knows `browser`, and say where at Microsoft it goes
        on. Takes a second. `choose`: Microsoft lets the person choose an account, instead of
        expecting the mailbox's.

        Raises:
            LinkUnusable: the link leads nowhere, or was pressed too often.
            MicrosoftUnreachable: Microsoft gave no proper answer.
        """
        try:
            return self._begin(secret, browser, choose)
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

    def confirm(self, account_id: int, by: Person, support: bool, seen: str = "") -> None:
        """`by` says that the tenant of the account's held sign-in is the customer's: it is bound,
        and every sign-in that waited for this is kept.

        Args:
            support: `by` is of the support team, as Slack says now.
            seen: the tenant that was shown to them; support answers no doubtful one unseen.

        Raises:
            Refused: none is held (any more), the customer's tenant is another one by now, or it is
                doubtful: then support is asked, and says so.
        """
        with self._store.transaction() as tx:
            account = tx.accounts.get(account_id)
            # The customer is held first, then each account, as wherever a sign-in is kept
            customer = tx.channels.lock_customer(account.customer_id)
            held = self._held.of(tx, account)
            asked = not (held.evident or support)
            if asked:
                self._held.ask_support(tx, account, held, by)
            else:
                self._held.check_seen(held, seen)
                self._bind(tx, customer, account, held, by)
        if asked:
            raise Refused("organisation.doubtful", customer=customer.name)

    def withdraw_held(self, account_id: int, by: Person) -> None:
        """`by` says that the tenant is not the customer's: the held sign-in is thrown away, and its
        link ends.

        Raises:
            Refused: none is held (any more).
        """
        with self._store.transaction() as tx:
            account = tx.accounts.lock(account_id)
            held = self._held.of(tx, account)
            self._lifecycle.audit(
                tx, by, "organisation.denied", account, result="refused", tenant=held.tenant_id
            )
            seen = Observation(
                Where.IDENTITY,
                step="identity",
                condition=Condition.OTHER_TENANT,
                text="somebody said so",
            )
            self._held.over(tx, account, held)
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

    def _begin(self, secret: str, browser: str, choose: bool) -> str:
        username = self._counted(secret, browser)
        client = self._microsoft.client()
        flow: dict[str, Any] = self._microsoft.ask(
            lambda: client.initiate_auth_code_flow(
                list(self._microsoft.scopes),
                redirect_uri=self._public_url + CALLBACK,
                response_mode="form_post",
                **_who(username, choose),
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
            redeemed = redeem(self._microsoft, state.flow, params)
            # Outside of the transaction: Microsoft may take two seconds to answer
            return self._keep(state, redeemed, self._named(state))
        except IdentityRefused as refused:
            self._refuse(state, refused.observation, refused.actual)
        except (CodeRefused, MicrosoftUnreachable) as error:
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
                raise LinkUnusable(self._ended(tx, row, now), row.account_id)
            row.happened(FlowEvent.CAME_BACK, now)
        return self._flows.opened(row)

    def _ended(self, tx: Transaction, flow: SignInFlow, now: datetime) -> str:
        """What became of a sign-in that is over: people refresh the page that said so, and go
        back."""
        if tx.signins.ticket_as_it_is(flow.ticket_id).status(now) is LinkStatus.USED:
            return LinkStatus.USED
        held = tx.signins.held(flow.account_id)
        return "held" if held is not None and held.ticket_id == flow.ticket_id else "ended"

    def _named(self, state: FlowState) -> str | None:
        """The tenant that Microsoft names for the mailbox's domain, where the sign-in will be held.
        Other addresses would end the link, and with it the sign-in."""
        with self._store.reading() as tx:
            account = tx.accounts.get(state.account_id)
            if tx.channels.customer(account.customer_id).tenant_id:
                return None
            wanted = Addresses.of(tx.signins.change(account.id) or account)
        return self._held.named(domain_of(wanted.mailbox))

    def _keep(self, state: FlowState, redeemed: Redeemed, named: str | None) -> SignedIn:
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
            belongs(identity, account, tx.channels.tenants(customer))
            self._changes.check(tx, account, identity)
            if customer.tenant_id:
                self._connect(tx, account, ticket, redeemed)
                return SignedIn(AccountView.of(account), shown(identity.upn))
            held = self._held.hold(tx, account, ticket, redeemed, named)
            who = shown(identity.upn)
            return SignedIn(AccountView.of(account), who, customer.name, not held.evident)

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
        account.changed_at = now
        account.proved_at = None
        ticket.happened(LinkEvent.SIGNED_IN, now)
        for other in tx.signins.unfinished(ticket.id):
            other.happened(FlowEvent.OVERTAKEN, now)
        self._lifecycle.audit(tx, WEB, "signin.done", account, signed_in_as=identity.upn)
        self._lifecycle.changes.of_account(tx, account, ChangeKind.CONNECTED)
        notices.note(tx, account, "signin.done", now, upn=shown(identity.upn))
        self._on_signed_in(tx, account, WEB)

    def _bind(
        self, tx: Transaction, customer: Customer, account: Account, held: HeldSignIn, by: Person
    ) -> None:
        """The tenant of a held sign-in is the customer's, unless others are already."""
        tenant = held.tenant_id
        tenants = tx.channels.tenants(customer)
        if tenants and tenant not in tenants:
            raise Refused("organisation.other", customer=customer.name)
        customer.tenant_id = customer.tenant_id or tenant
        told = {"tenant": tenant, "named": held.named_tenant or ""}
        self._lifecycle.audit(tx, by, "organisation.confirmed", account, **told)
        for each in tx.signins.held_of_customer(customer.id):
            if each.tenant_id == tenant:
                self._release(tx, each)

    def _release(self, tx: Transaction, held: HeldSignIn) -> None:
        """Keep a held sign-in, whose tenant is the customer's now."""
        account = tx.accounts.lock(held.account_id)
        ticket = tx.signins.ticket_by_id(held.ticket_id)
        self._connect(tx, account, ticket, self._held.opened(held))
        self._held.over(tx, account, held)
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


def _who(username: str, choose: bool) -> dict[str, str]:
    """Whom Microsoft's page expects. Never both: Entra refuses a hint beside a choice, says
    MSAL.js, which drops the hint (AzureAD/microsoft-authentication-library-for-js#3315)."""
    return {"prompt": "select_account"} if choose else {"login_hint": username}
