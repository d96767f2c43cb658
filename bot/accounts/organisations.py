"""Which organisations at Microsoft a customer's mailboxes are of: the one that they are bound to,
and further ones that support allowed, since some customers have two."""

from collections.abc import Collection
from dataclasses import dataclass

from bot.common import audit
from bot.common.addresses import domain_of
from bot.common.clock import Clock
from bot.common.people import Person
from bot.common.refusals import Refused
from bot.messages import notices
from bot.microsoft.domains import Domains
from bot.microsoft.identity import PERSONAL_TENANT
from storage.database import Store, Transaction
from storage.statuses import TENANTS, TenantEvent
from storage.tables import FurtherTenant
from storage.vocabulary import TenantStatus

MOST_ASKED = 10
"""So many organisations of one customer wait for support's word: who types addresses decides how
many there are."""

SAID_NO = "form.other_organisation_refused"
TOLD = {
    TenantEvent.ALLOWED: "organisation.allowed_too",
    TenantEvent.REFUSED: "organisation.refused_too",
}
"""What the customer reads of support's answer."""


@dataclass(frozen=True)
class Foreign:
    """An address of another organisation than the customer's. `sentence` says so, with the
    domain's and the customer's names."""

    address: str
    sentence: str
    customer: str

    @property
    def domain(self) -> str:
        return domain_of(self.address)


class Organisations:
    """Knows, and lets support say, which organisations are a customer's."""

    def __init__(self, store: Store, clock: Clock, domains: Domains, support_channel: str) -> None:
        self._store = store
        self._clock = clock
        self._domains = domains
        self._support_channel = support_channel

    def foreign(self, channel_id: str, addresses: Collection[str], by: Person) -> Foreign | None:
        """The first of these addresses that Microsoft says to be of another organisation than those
        of the channel's customer; support is asked, once, whether it is allowed. None where there
        is none, the customer's is not known yet, or Microsoft does not say: the sign-in decides.
        Takes a second and a half at most, so never within a transaction."""
        if not addresses or not self._allowed(channel_id):
            return None
        tenants = self._domains.tenants_of(domain_of(address) for address in addresses)
        with self._store.transaction() as tx:
            channel = tx.channels.get(channel_id)
            if channel is None:
                return None
            customer = tx.channels.lock_customer(channel.customer_id)
            allowed = tx.channels.tenants(customer)
            for address in addresses:
                tenant = tenants.get(domain_of(address), "")
                if tenant and tenant not in allowed:
                    wanted = self._wanted(channel_id, customer.id, tenant, address, by)
                    return Foreign(address, self._ask(tx, wanted), customer.name)
        return None

    def allow(self, further_id: int, by: Person) -> None:
        """`by`, of the support team, says that a further organisation is a customer's.

        Raises:
            Refused: nobody asked for it, or it is allowed already.
        """
        self._change(further_id, TenantEvent.ALLOWED, "organisation.allowed", by)

    def refuse(self, further_id: int, by: Person) -> None:
        """`by`, of the support team, says that it is not; who asked for it is told.

        Raises:
            Refused: nobody asked for it, or it was answered already.
        """
        self._change(further_id, TenantEvent.REFUSED, "organisation.refused", by)

    def take_back(self, further_id: int, by: Person) -> None:
        """`by`, of the support team, says that it is not any more. What is connected stays so.

        Raises:
            Refused: it is not allowed.
        """
        self._change(further_id, TenantEvent.TAKEN_BACK, "organisation.taken_back", by)

    def _allowed(self, channel_id: str) -> frozenset[str]:
        with self._store.reading() as tx:
            channel = tx.channels.get(channel_id)
            if channel is None:
                return frozenset()
            return tx.channels.tenants(tx.channels.customer(channel.customer_id))

    def _wanted(
        self, channel_id: str, customer_id: int, tenant: str, address: str, by: Person
    ) -> FurtherTenant:
        return FurtherTenant(
            customer_id=customer_id,
            tenant_id=tenant,
            domain=domain_of(address),
            channel_id=channel_id,
            asked_at=self._clock.now(),
            asked_by_team=by.team,
            asked_by_user=by.user,
        )

    def _ask(self, tx: Transaction, wanted: FurtherTenant) -> str:
        """Ask support, unless they were asked; the sentence that says what was done."""
        if wanted.tenant_id == PERSONAL_TENANT:
            return "form.personal_domain"
        known = tx.channels.further(wanted.customer_id, wanted.tenant_id)
        if known is not None:
            return SAID_NO if known.status is TenantStatus.REFUSED else "form.other_organisation"
        if tx.channels.count_asked(wanted.customer_id) >= MOST_ASKED:
            return "form.other_organisation_many"
        tx.channels.add_further(wanted)
        by = Person(wanted.asked_by_team, wanted.asked_by_user, wanted.channel_id)
        self._keep(tx, wanted, "organisation.asked", by)
        return "form.other_organisation"

    def _change(self, further_id: int, event: TenantEvent, action: str, by: Person) -> None:
        with self._store.transaction() as tx:
            further = tx.channels.lock_further(further_id)
            if further is None or not TENANTS.allows(further.status, event):
                raise Refused("organisation.answered")
            further.happened(event, (by.team, by.user), self._clock.now())
            self._keep(tx, further, action, by)
            if event in TOLD:
                self._tell(tx, further, TOLD[event])

    def _keep(self, tx: Transaction, further: FurtherTenant, action: str, by: Person) -> None:
        now = self._clock.now()
        about = {"tenant": further.tenant_id, "domain": further.domain}
        audit.record(tx, by, action, further.channel_id, now, further=further.id, **about)
        notices.show_further(tx, further, self._support_channel, now)

    def _tell(self, tx: Transaction, further: FurtherTenant, sentence: str) -> None:
        now = self._clock.now()
        channel = further.channel_id
        key = f"further:{further.id}:{now.timestamp()}:{sentence}"
        asked_by = further.asked_by_user if further.asked_by_team else ""  # the product reads none
        notices.say_in(tx, channel, key, sentence, now, to=asked_by, domain=further.domain)
