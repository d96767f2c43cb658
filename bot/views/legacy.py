"""A customer's old accounts, as their plan shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from storage.tables import OldAccount
from storage.vocabulary import Plan, State


@dataclass(frozen=True)
class OldAccountView:
    """A mail account of the old kind, and what becomes of it. `deleted_at` is when somebody said
    that it was deleted; `account_id` is the account that takes its place."""

    id: int
    customer_id: int
    channel_id: str
    name: str
    address: str
    address_key: str
    username: str
    kind: str
    plan: Plan
    deleted_at: datetime | None
    account_id: int | None

    @classmethod
    def of(cls, old: OldAccount) -> Self:
        """The view of this row."""
        return cls(
            id=old.id,
            customer_id=old.customer_id,
            channel_id=old.channel_id,
            name=old.name,
            address=old.address,
            address_key=old.address_key,
            username=old.username,
            kind=old.kind,
            plan=old.plan,
            deleted_at=old.deleted_at,
            account_id=old.account_id,
        )


@dataclass(frozen=True)
class OldAccounts:
    """All old accounts of a customer, as they were imported; `states` says by an old account's id
    where its new account stands, `under_way` that new ones are being created, and `unfinished`
    which import was begun and not taken (0: none)."""

    accounts: Sequence[OldAccountView]
    states: Mapping[int, State]
    under_way: bool
    unfinished: int
