"""Mailboxes that are looked at by the clock."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import bindparam, text
from sqlmodel import Session, col, or_, select, update
from sqlmodel.sql.expression import SelectOfScalar

from storage.statuses import CanaryEvent
from storage.tables import Account, Canary, ConnectionTest, Watch
from storage.types import LIMIT, NOW
from storage.vocabulary import CanaryStatus, State

WATCHED = (State.LIVE, State.UNMAPPED)
"""The states of accounts that work."""

CLAIMING = 0x6C6F6F6B
"""The number of the advisory lock, "look" in ASCII."""


class Watched(NamedTuple):
    """An account that is watched, its tenant, and who signed in for it."""

    account_id: int
    tenant_id: str
    object_id: str


class WatchRepository:
    """Queries about the clock's looks."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def keep(self, account_id: int, now: datetime, due_at: datetime, failing: bool = False) -> None:
        """A look at an account that works has ended, or a test: look at it again at `due_at`, and
        not before. `failing`: it failed."""
        watch = self._session.get(Watch, account_id, populate_existing=True)
        if watch is None:
            watch = Watch(account_id=account_id)
            self._session.add(watch)
        watch.due_at = due_at
        watch.failing = failing
        watch.looked_at = now
        watch.leased_until = None
        self._session.flush()

    def stop(self, account_id: int) -> None:
        """The account does not work, or is not there any more."""
        theirs = update(Watch).where(col(Watch.account_id) == account_id)
        self._session.exec(theirs.values(due_at=None, failing=False, leased_until=None))

    def look_now(self, account_id: int, now: datetime, rest: timedelta) -> bool:
        """What failed at the account may be gone: have it looked at now, or as soon as it had its
        rest since the last look. Whether it waits for a look."""
        watch = self._session.get(Watch, account_id, populate_existing=True)
        if watch is None or watch.due_at is None or not watch.failing:
            return False
        rested = now if watch.looked_at is None else max(now, watch.looked_at + rest)
        watch.due_at = min(watch.due_at, rested)
        return True

    def due(self, now: datetime, limit: int, without: Collection[str] = ()) -> list[Watched]:
        """Up to `limit` accounts that are due and of which no test runs, the longest due first, and
        none of these tenants."""
        found = {"now": now, "limit": limit, "without": sorted(without)}
        return [Watched(*row) for row in self._session.exec(DUE, params=found)]

    def in_hand(self, now: datetime) -> list[Watched]:
        """The accounts at which some worker looks. The right to claim is held until the transaction
        ends, so that no two workers count the same tenant's looks."""
        if self._session.get_bind().dialect.name == "postgresql":
            lock = text("SELECT pg_advisory_xact_lock(:lock)").bindparams(lock=CLAIMING)
            self._session.execute(lock)
        return [Watched(*row) for row in self._session.exec(IN_HAND, params={"now": now})]

    def lease(self, account_ids: Collection[int], until: datetime) -> None:
        """Somebody looks at these accounts."""
        taken = update(Watch).where(col(Watch.account_id).in_(account_ids))
        self._session.exec(taken.values(leased_until=until))

    def looked(self, account_id: int, now: datetime, due_at: datetime) -> None:
        """A look has ended and says nothing new; the next one is due then, unless the account is
        not watched any more."""
        watch = self._session.get(Watch, account_id, populate_existing=True)
        if watch is None:
            return
        watch.leased_until = None
        watch.looked_at = now
        if watch.due_at is not None:
            watch.due_at = due_at

    def hurry(
        self,
        account: Account,
        now: datetime,
        since: datetime,
        limit: int,
        elsewhere: bool = False,
    ) -> None:
        """Have up to `limit` other accounts of the account's tenant looked at now, or with
        `elsewhere` of other tenants: of those at which all was well, and not just now (after
        `since`), the ones whose turn is farthest."""
        tenant = col(Account.tenant_id)
        near = tenant != account.tenant_id if elsewhere else tenant == account.tenant_id
        found = select(Watch.account_id).join(Account).where(near)
        free = or_(col(Watch.leased_until).is_(None), col(Watch.leased_until) < now)
        well = col(Watch.failing).is_(False), Watch.account_id != account.id
        earlier = or_(col(Watch.looked_at).is_(None), col(Watch.looked_at) <= since)
        waiting = found.where(*well, earlier, col(Watch.due_at) > now, free)
        chosen = waiting.order_by(col(Watch.due_at).desc()).limit(limit)
        self._session.exec(
            update(Watch).where(col(Watch.account_id).in_(chosen)).values(due_at=now)
        )

    def look_at_failing(self, now: datetime) -> None:
        """What failed may be gone everywhere: have all that failed looked at now."""
        failing = col(Watch.failing).is_(True), col(Watch.due_at) > now
        self._session.exec(update(Watch).where(*failing).values(due_at=now))

    def is_failing(self, account_id: int) -> bool:
        """Whether the last look or test of an account that is watched failed."""
        watch = self._session.get(Watch, account_id)
        return watch is not None and watch.failing

    def slow_down(self, tenant_id: str, until: datetime) -> None:
        """Look at no mailbox of the tenant before then."""
        theirs = select(Account.id).where(Account.tenant_id == tenant_id)
        waiting = update(Watch).where(col(Watch.account_id).in_(theirs), col(Watch.due_at) < until)
        self._session.exec(waiting.values(due_at=until))

    def passed_elsewhere(self, customer_id: int | None, since: datetime) -> bool:
        """Whether a look at a mailbox of another customer (of any, with None) found all well at
        `since` or later."""
        well = col(Watch.failing).is_(False), col(Watch.due_at).is_not(None)
        found = select(Watch.account_id).join(Account).where(*well, col(Watch.looked_at) >= since)
        others = found.where(Account.customer_id != customer_id) if customer_id else found
        return self._session.exec(others.limit(1)).first() is not None

    def canary(self) -> Canary | None:
        """How the vendor's own mailbox stands, if anything was seen of it."""
        return self._session.get(Canary, 1)

    def canary_happened(self, event: CanaryEvent, now: datetime) -> None:
        """Keep what happened to the vendor's own mailbox."""
        known = self._session.get(Canary, 1, with_for_update=True)
        if known is None:
            known = Canary(status=CanaryStatus.WORKS, since=now, seen_at=now)
            self._session.add(known)
        known.happened(event, now)
        self._session.flush()


def _watched() -> SelectOfScalar[Any]:
    what: tuple[Any, ...] = (Watch.account_id, Account.tenant_id, Account.object_id)
    found: SelectOfScalar[Any] = select(*what).join(Account, col(Account.id) == Watch.account_id)
    return found


def _due() -> SelectOfScalar[Any]:
    free = or_(col(Watch.leased_until).is_(None), col(Watch.leased_until) < NOW)
    tested = select(ConnectionTest.id).where(
        ConnectionTest.account_id == Watch.account_id, col(ConnectionTest.finished_at).is_(None)
    )
    found = _watched().where(col(Watch.due_at) <= NOW, free, ~tested.exists())
    others = col(Account.tenant_id).not_in(bindparam("without", expanding=True))
    works = found.where(col(Account.state).in_(WATCHED), others)
    return works.order_by(col(Watch.due_at), col(Watch.account_id)).limit(LIMIT)


# Workers ask these every second: each is put together once
DUE = _due()
IN_HAND = _watched().where(col(Watch.leased_until) >= NOW)
