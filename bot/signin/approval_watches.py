"""Organisations whose administrator is asked for an approval: for how long, and how often,
Microsoft is asked whether they gave it."""

from datetime import datetime, timedelta

from bot.common.addresses import domain_of
from bot.common.clock import Clock
from bot.common.jobs import LookForApproval
from storage.database import Transaction
from storage.tables import Account, ApprovalWatch

LOOKS = (
    *(timedelta(minutes=minutes) for minutes in (2, 5, 10, 20, 30, 45)),
    *(timedelta(hours=hours) for hours in range(1, 25)),
)
"""How long after an administrator was last asked Microsoft is asked: closely while somebody may be
at its page, then hourly for a day. Who opens what is forwarded, or the page, begins anew."""


class ApprovalWatches:
    """Keeps which organisations are asked."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def begin(self, tx: Transaction, account: Account) -> None:
        """An administrator is asked for the account's approval now. Whoever calls holds the
        account. The first look comes at once: what is there before the approval proves nothing."""
        now = self._clock.now()
        tenant = organisation_of(tx, account)
        watch = tx.approvals.watched(account.customer_id, tenant) or self._new(tx, account, tenant)
        if watch is None:
            return  # somebody is asked in the same moment
        watch.asked_at = now
        first = now if watch.absent_at is None else now + LOOKS[0]
        tx.jobs.add(LookForApproval(watch_id=watch.id), first, sooner=True)

    def _new(self, tx: Transaction, account: Account, tenant: str) -> ApprovalWatch | None:
        now = self._clock.now()
        watch = ApprovalWatch(customer_id=account.customer_id, tenant=tenant, asked_at=now)
        return watch if tx.approvals.begin(watch) else None

    def go_on(self, tx: Transaction, watch: ApprovalWatch) -> None:
        """Plan the next look at an organisation, or end with the last one."""
        due = next_look(watch.asked_at, self._clock.now())
        if due is None:
            tx.approvals.end(watch)
        else:
            tx.jobs.add(LookForApproval(watch_id=watch.id), due, sooner=True)


def next_look(asked_at: datetime, now: datetime) -> datetime | None:
    """When Microsoft is asked next; None when it was asked often enough."""
    ahead = (asked_at + look for look in LOOKS if asked_at + look > now)
    return next(ahead, None)


def organisation_of(tx: Transaction, account: Account) -> str:
    """The account's organisation, as Microsoft's addresses name it: a tenant's id, or, while that
    is not known, the domain of who signs in."""
    if account.tenant_id:
        return account.tenant_id
    tenants = tx.channels.tenants(tx.channels.customer(account.customer_id))
    if len(tenants) == 1:
        return next(iter(tenants))
    return domain_of(account.username)


def belongs_to(tx: Transaction, account: Account, tenant: str) -> bool:
    """Whether an account is of an organisation that is named like that. One that was asked by its
    domain is asked on when its id becomes known."""
    by_domain = not account.tenant_id and domain_of(account.username) == tenant
    return by_domain or organisation_of(tx, account) == tenant
