"""An account as it is shown."""

from dataclasses import dataclass
from datetime import datetime

from bot.common.people import Person
from storage.tables import Account
from storage.vocabulary import Owner, State


@dataclass(frozen=True)
class AccountView:
    """The plain facts of an account. `connected`: somebody signed in, and their tokens are
    kept."""

    id: int
    ref: str
    customer_id: int
    channel_id: str
    name: str
    sender_name: str
    sender_email: str
    username: str
    aliases: str
    shared_mailbox: str
    state: State
    state_since: datetime
    owner: Owner
    signed_in_as: str
    connected: bool
    created_at: datetime
    created_by: Person

    @classmethod
    def of(cls, row: Account) -> "AccountView":
        """The account as it is now."""
        return cls(
            id=row.id,
            ref=row.ref,
            customer_id=row.customer_id,
            channel_id=row.channel_id,
            name=row.name,
            sender_name=row.sender_name,
            sender_email=row.sender_email,
            username=row.username,
            aliases=row.aliases,
            shared_mailbox=row.shared_mailbox,
            state=row.state,
            state_since=row.state_since,
            owner=row.owner,
            signed_in_as=row.signed_in_as,
            connected=bool(row.object_id),
            created_at=row.created_at,
            created_by=Person(row.created_by_team, row.created_by_user),
        )
