"""The question whose organisation it is, as it is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.views.accounts import AccountDetails, AccountView, HeldView, held_of
from storage.database import Store


@dataclass(frozen=True)
class DoubtCard:
    """What support is told of a doubtful sign-in.

    Attributes:
        held: the sign-in; None once it was answered, or is over.
        theirs: the customers whose organisation is the one that signed in, by their names.
        named: the same of the one that Microsoft names for the mailbox's domain.
        helper: who of the support team looks after the customer; "" for nobody.
    """

    account: AccountView
    customer: str
    held: HeldView | None
    theirs: Sequence[str] = ()
    named: Sequence[str] = ()
    helper: str = ""


@dataclass(frozen=True)
class FurtherCard:
    """What support is told of a further organisation of a customer.

    Attributes:
        tenant_id: the organisation.
        own: the one that the customer is bound to.
        theirs: the customers who are bound to the further one, by their names.
        helper: who of the support team looks after the customer; "" for nobody.
        allowed_at: since when its mailboxes are the customer's; None while they are not.
        refused_at: since when they are known not to be.
        allowed_by_user: who said the one or the other.
    """

    id: int
    customer: str
    channel_id: str
    domain: str
    tenant_id: str
    own: str
    theirs: Sequence[str]
    asked_by_user: str
    allowed_at: datetime | None
    allowed_by_user: str
    helper: str = ""
    refused_at: datetime | None = None


class OrganisationCards:
    """Reads what is shown of organisations, as it stands now."""

    def __init__(self, store: Store, details: AccountDetails) -> None:
        self._store = store
        self._details = details

    def doubt(self, account_id: int, ticket_id: int) -> DoubtCard:
        """What support is told of the sign-in that came with a login link."""
        with self._store.reading() as tx:
            account = tx.accounts.get(account_id)
            row = tx.signins.held(account_id)
            known = row is not None and row.ticket_id == ticket_id
            held = held_of(tx, account) if known else None
            return DoubtCard(
                AccountView.of(account),
                self._details.customer(tx, account),
                held,
                theirs=tx.channels.names_of_tenant(held.tenant_id) if held else (),
                named=tx.channels.names_of_tenant(held.named_tenant) if held else (),
                helper=tx.channels.customer(account.customer_id).owner_user,
            )

    def further(self, further_id: int) -> FurtherCard:
        """What support is told of a further organisation."""
        with self._store.reading() as tx:
            row = tx.channels.further_with(further_id)
            customer = tx.channels.customer(row.customer_id)
            return FurtherCard(
                id=row.id,
                customer=customer.name,
                channel_id=row.channel_id,
                domain=row.domain,
                tenant_id=row.tenant_id,
                own=customer.tenant_id,
                theirs=tx.channels.names_of_tenant(row.tenant_id),
                asked_by_user=row.asked_by_user,
                allowed_at=row.allowed_at,
                allowed_by_user=row.allowed_by_user,
                helper=customer.owner_user,
                refused_at=row.refused_at,
            )
