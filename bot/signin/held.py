"""Sign-ins that hold, of an organisation that nobody has said to be the customer's.

What Microsoft tells everybody decides who may say it: where it names the organisation that signed
in for the mailbox's own domain, the customer's people may. Else whoever signed in first could pin
an organisation of their own, so that only support says it, who are asked in their channel.
"""

from bot.common.clock import Clock
from bot.common.people import WEB, Person
from bot.common.refusals import Refused
from bot.lifecycle.service import Lifecycle
from bot.lifecycle.states import SIGNING_IN, Event
from bot.messages import notices
from bot.microsoft.client import Microsoft, MicrosoftUnreachable
from bot.microsoft.identity import Identity
from bot.signin.redeeming import Redeemed
from storage.cipher import Cipher
from storage.database import Transaction
from storage.statuses import LinkEvent
from storage.tables import Account, HeldSignIn, LoginTicket
from storage.vocabulary import Owner


class HeldSignIns:
    """Keeps sign-ins that wait for somebody's word."""

    def __init__(
        self,
        clock: Clock,
        cipher: Cipher,
        microsoft: Microsoft,
        lifecycle: Lifecycle,
        support_channel: str,
    ) -> None:
        self._clock = clock
        self._cipher = cipher
        self._microsoft = microsoft
        self._lifecycle = lifecycle
        self._support_channel = support_channel

    def named(self, domain: str) -> str | None:
        """The tenant that Microsoft names for a domain; None where it names none, or does not
        answer. Takes two seconds at most, so never within a transaction."""
        try:
            return self._microsoft.tenant_of(domain) or None
        except MicrosoftUnreachable:
            return None

    def hold(
        self,
        tx: Transaction,
        account: Account,
        ticket: LoginTicket,
        redeemed: Redeemed,
        named: str | None,
    ) -> HeldSignIn:
        """Keep a sign-in until somebody says whose organisation it is; `named` is the tenant that
        Microsoft names for the mailbox's domain."""
        now = self._clock.now()
        identity = redeemed.identity
        ticket.happened(LinkEvent.IDENTIFIED, now)
        held = HeldSignIn(
            account_id=account.id,
            ticket_id=ticket.id,
            sealed=self._cipher.seal(redeemed.cache, sealed_for(account.id)),
            scopes=redeemed.scopes,
            tenant_id=identity.tenant_id,
            named_tenant=named,
            object_id=identity.object_id,
            upn=identity.upn,
            at=now,
        )
        tx.signins.hold(held)
        who = {"signed_in_as": identity.upn, "tenant": identity.tenant_id, "named": named or ""}
        self._lifecycle.audit(tx, WEB, "signin.held", account, **who)
        if account.state in SIGNING_IN:
            turn = Owner.USER if held.evident else Owner.SUPPORT
            self._lifecycle.transition(tx, account, Event.SIGN_IN_HELD, WEB, turn)
            account.trouble = None
        self._lifecycle.show(tx, account)
        if not held.evident:
            self.show(tx, account, held)
        return held

    def of(self, tx: Transaction, account: Account) -> HeldSignIn:
        """The account's sign-in that waits for a word.

        Raises:
            Refused: none does (any more).
        """
        held = tx.signins.held(account.id)
        if held is None:
            raise Refused("organisation.nothing_held", name=account.name)
        return held

    def opened(self, held: HeldSignIn) -> Redeemed:
        """What is held: whose it is, and the tokens."""
        cache = self._cipher.open(held.sealed, sealed_for(held.account_id))
        identity = Identity(held.tenant_id, held.object_id, held.upn)
        return Redeemed(identity, cache, held.scopes)

    def ask_support(self, tx: Transaction, account: Account, held: HeldSignIn, by: Person) -> None:
        """`by` would say it, and may not: support is asked, unless it was already."""
        self._lifecycle.refused(tx, by, "organisation.doubtful", account, tenant=held.tenant_id)
        if not tx.outbox.knows(notices.doubt_key(account, held)):
            self.show(tx, account, held)
        self._lifecycle.show(tx, account)  # its card may be of a time when nobody doubted

    def check_seen(self, held: HeldSignIn, seen: str) -> None:
        """Whether a doubtful sign-in is still the one that was shown to whoever answers: another
        may have taken its place in this moment.

        Raises:
            Refused: it is not, or nothing was shown to them.
        """
        if not held.evident and held.tenant_id != seen:
            raise Refused("organisation.look_again")

    def over(self, tx: Transaction, account: Account, held: HeldSignIn) -> None:
        """It was answered: where support was asked, its message says so."""
        if tx.outbox.knows(notices.doubt_key(account, held)):
            self.show(tx, account, held)

    def show(self, tx: Transaction, account: Account, held: HeldSignIn) -> None:
        """Have the message in support's channel show how a doubtful sign-in stands: one for each
        login link, however often somebody signs in with it."""
        notices.show_doubt(tx, account, held, self._support_channel, self._clock.now())


def sealed_for(account_id: int) -> str:
    """What a held sign-in is sealed for."""
    return f"held:{account_id}"
