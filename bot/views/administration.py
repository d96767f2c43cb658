"""A customer as support manages them, and what a change would do before it is made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.views.accounts import AccountView
from bot.views.customers import CustomerView


@dataclass(frozen=True)
class CustomerFacts:
    """What support has to know before it changes something: the domains with which people signed
    in, the channels, and how many accounts in use are where (see
    `storage/vocabulary.py`)."""

    customer: CustomerView
    domains: Sequence[str]
    channels: Sequence[str]
    stands: Mapping[str, int]


@dataclass(frozen=True)
class OrganisationChange:
    """What another organisation does: `signed_out` are connected with the one before and would be
    disconnected; `waiting` are on their way to sign in and would get a new login link."""

    customer: CustomerView
    domain: str
    tenant_id: str
    signed_out: Sequence[AccountView]
    waiting: int


@dataclass(frozen=True)
class Rebinding:
    """What it does to bind a channel to another customer: `accounts` are in use there and would be
    disconnected. `is_new`: there is no customer of that name yet. `home`: the channel in which what
    stands here is kept for the customer before; empty where they have no other."""

    channel_id: str
    before: CustomerView
    name: str
    is_new: bool
    accounts: Sequence[AccountView]
    home: str


@dataclass(frozen=True)
class Unbinding:
    """What it does to unbind a channel: nothing while `accounts` are in use there."""

    channel_id: str
    customer: CustomerView
    accounts: Sequence[AccountView]
    home: str


@dataclass(frozen=True)
class Offboarding:
    """What it does to offboard a customer: `accounts` are in use and would be disconnected, and
    everything of the customer's is erased at `erase_at`."""

    customer: CustomerView
    channels: Sequence[str]
    accounts: Sequence[AccountView]
    erase_at: datetime
