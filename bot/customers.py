"""Customers and the channels where they are met."""

from bot import notices
from bot.accounts import DOMAIN
from bot.microsoft import Microsoft, MicrosoftUnreachable
from bot.people import Person
from bot.refusals import Refused
from bot.time import Clock
from storage.database import Store
from storage.tables import AuditEntry, Channel

LONGEST_NAME = 80


class Customers:
    """Binds channels to customers, and customers to their Microsoft tenants."""

    def __init__(self, store: Store, clock: Clock, microsoft: Microsoft) -> None:
        self._store = store
        self._clock = clock
        self._microsoft = microsoft

    def tenant(self, domain: str) -> str:
        """The Microsoft tenant that has this domain. Takes two seconds at most.

        Raises:
            Refused: it is no domain, Microsoft knows none, or Microsoft did not answer.
        """
        if not DOMAIN.fullmatch(domain):
            raise Refused("setup_form.domain_bad")
        try:
            tenant = self._microsoft.tenant_of(domain)
        except MicrosoftUnreachable:
            raise Refused("setup_form.domain_unanswered") from None
        if not tenant:
            raise Refused("setup_form.domain_unknown")
        return tenant

    def bind(self, channel_id: str, customer_name: str, by: Person, tenant_id: str = "") -> Channel:
        """Bind a channel to the customer of that name (made if new) and post the set-up card there. A channel that is
        bound to this customer already gets its card renewed. `tenant_id`: the customer's, where it is known.

        Raises:
            Refused: the channel belongs to another customer, or the customer has another tenant.
        """
        name, now = " ".join(customer_name.split()), self._clock.now()
        with self._store.transaction() as tx:
            customer = tx.channels.customer_named(name) or tx.channels.add_customer(name, now)
            assert customer.id is not None
            channel = tx.channels.get(channel_id)
            if channel is None:
                channel = Channel(
                    id=channel_id, customer_id=customer.id, bound_by_team=by.team, bound_by_user=by.user, bound_at=now
                )
                tx.channels.bind(channel)
            elif channel.customer_id != customer.id:
                raise Refused("refused.channel_of_another", name=tx.channels.customer(channel.customer_id).name)
            if tenant_id and customer.tenant_id not in ("", tenant_id):
                raise Refused("organisation.other", customer=customer.name)
            customer.tenant_id = tenant_id or customer.tenant_id
            entry = AuditEntry(at=now, team=by.team, user=by.user, action="channel.bound", subject=channel_id)
            entry.channel_id, entry.detail = by.place, {"customer": name, "tenant": customer.tenant_id}
            tx.audit.add(entry)
            notices.show_setup_card(tx, channel_id, now)
            return channel
