"""Counts the replies that only a default row of the catalogue explains, for on-call to look at."""

from datetime import timedelta

import structlog

from bot.common.addresses import domain_of
from bot.common.clock import Clock
from bot.common.people import Person
from bot.diagnosis.catalogue import Catalogue
from bot.diagnosis.explainer import is_default
from bot.diagnosis.observation import Observation
from bot.diagnosis.signature import SHORTEST_PHRASE, Signature, kept
from bot.diagnosis.verdict import Verdict
from storage.database import Store, Transaction
from storage.tables import Account, Failure, UnexplainedReply, UnexplainedSighting

log = structlog.get_logger(__name__)

A_DAY = timedelta(days=1)
NEW_AT_AN_ACCOUNT = 5
"""So many kinds of replies that an account meets for the first time are kept a day: a stranger with
a login link can make up texts without end."""

NEW_ELSEWHERE = 20
"""The same for what people paste, and for what is no account's, all together."""

ORDINARY = frozenset(
    {"account", "admin", "domain", "mail", "mailbox", "microsoft", "office", "outlook", "support"}
    | {"tenant", "user"}
)
"""Words that mailboxes are called, and that servers use of everybody."""


class Unexplained:
    """Counts replies."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def saw(
        self, tx: Transaction, seen: Observation, failure: Failure, account: Account | None
    ) -> None:
        """Count a reply that was kept as `failure`."""
        signature = Signature.of(seen, _names(tx, account) if account else ())
        sighting = self._sighting(tx, signature, seen, account)
        if sighting is not None:
            sighting.failure_ref = failure.ref
            sighting.customer_id = failure.customer_id
            self._count(sighting, signature)

    def pasted(self, tx: Transaction, seen: Observation, by: Person) -> None:
        """Count what a text shows that somebody pasted and nothing explains; what does not look
        like a server's words is left alone."""
        channel = tx.channels.get(by.place)
        customer = tx.channels.customer(channel.customer_id) if channel else None
        signature = Signature.of(seen, [customer.name] if customer else ())
        if not _looks_like_a_reply(signature):
            return
        sighting = self._sighting(tx, signature, seen, None)
        if sighting is not None:
            sighting.customer_id = customer.id if customer else sighting.customer_id
            self._count(sighting, signature)

    def _count(self, sighting: UnexplainedSighting, signature: Signature) -> None:
        sighting.count += 1
        sighting.text = signature.text
        sighting.last_at = self._clock.now()

    def _sighting(
        self, tx: Transaction, signature: Signature, seen: Observation, account: Account | None
    ) -> UnexplainedSighting | None:
        """The reply at the account, known or new; None where too many were new of late."""
        account_id = account.id if account else None
        reply = tx.unexplained.known(signature.digest)
        known = tx.unexplained.sighting(reply.id, account_id) if reply else None
        if known is not None:
            return known
        now = self._clock.now()
        most = NEW_ELSEWHERE if account is None else NEW_AT_AN_ACCOUNT
        if tx.unexplained.new_at(account_id, now - A_DAY) >= most:
            log.warning("unexplained.too_many", account=account.ref if account else "")
            return None
        reply = reply or tx.unexplained.add(
            UnexplainedReply(signature=signature.digest, seen=kept(seen), step=seen.step)
        )
        sighting = UnexplainedSighting(
            reply_id=reply.id, account_id=account_id, text="", first_at=now, last_at=now
        )
        tx.unexplained.add_sighting(sighting)
        return sighting


class PastedTexts:
    """Counts what people paste, for whoever has no transaction open."""

    def __init__(self, store: Store, clock: Clock, catalogue: Catalogue) -> None:
        self._store = store
        self._catalogue = catalogue
        self._unexplained = Unexplained(clock)

    def looked_up(self, text: str, found: Verdict | None, by: Person) -> None:
        """`by` pasted a text, and read what was `found`. It is counted where nothing explains
        it."""
        if found is not None and not is_default(found.cause):
            return
        seen = self._catalogue.shown(text)
        if seen is not None:
            with self._store.transaction() as tx:
                self._unexplained.pasted(tx, seen, by)


def _looks_like_a_reply(signature: Signature) -> bool:
    return signature.by_number or len(signature.phrase) > SHORTEST_PHRASE


def _names(tx: Transaction, account: Account) -> set[str]:
    """What is the customer's own in a server's words, beside addresses and what is quoted: their
    name, and the words of the mailbox's name and addresses."""
    addresses = (account.sender_email, account.username, account.shared_mailbox)
    locals_ = {address.partition("@")[0] for address in addresses}
    domains = {domain_of(address).partition(".")[0] for address in addresses if address}
    customer = tx.channels.customer(account.customer_id)
    names = {customer.name, account.name, account.sender_name, *locals_, *domains}
    return {name for name in names if name.lower() not in ORDINARY}
