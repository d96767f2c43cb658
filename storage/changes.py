"""What changed, for the vendor's product: kept in order, sent lane by lane, and listed."""

import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Integer, bindparam, exists
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, or_, select, update
from sqlmodel.sql.expression import SelectOfScalar

from storage.change_statuses import UNSENT, ChangeEvent, ChangeKind, ChangeStatus
from storage.claims import ClaimLost
from storage.tables import Account, Change, ChangeMention
from storage.types import LIMIT, NOW

PREFIX = "evt_"
NUMBERING = 0x65766E74
"""The number of the advisory lock under which changes get theirs, "evnt" in ASCII."""

NUMBERED_AT_ONCE = 1000
FIRST_CLAIMS = 2**30
"""Claims begin anywhere: SQLite gives the ID of a change that was erased to another one, and
whoever had that one in hand must not take this for theirs."""
GONE = "gone"
"""The reason of a stop after which nothing at all is sent: the product wants nothing more."""

LATEST_COMMIT = timedelta(minutes=10)
"""So much later than another may a change have been kept that was made before it."""

STANDINGS = (
    ChangeKind.LIVE,
    ChangeKind.BROKEN,
    ChangeKind.MENDED,
    ChangeKind.DISCONNECTED,
)
"""What says whether an account works. One that was disconnected begins anew."""


@dataclass(frozen=True)
class NewChange:
    """A change as it is recorded. `lane` names what it is about; `mentions` are the accounts of an
    incident's change."""

    kind: ChangeKind
    lane: str
    data: Mapping[str, Any]
    account: Account | None = None
    mentions: Collection[Account] = field(default=())


@dataclass(frozen=True)
class ClaimedChange:
    """A change that one worker has in hand; `turn` is the number of its claim."""

    change: Change
    turn: int


class CursorUnknown(ValueError):
    """A text that is no change's ID."""


class ChangeRepository:
    """The changes: sent in order within a lane, each by one worker at a time."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, new: NewChange, now: datetime, wanted: bool) -> None:
        """Keep a change. What is not `wanted`, since there is nobody to send it to, is only
        listed."""
        account = new.account
        change = Change(
            public_id=new_public_id(now),
            kind=new.kind,
            lane=new.lane,
            account_id=account.id if account else None,
            customer_id=account.customer_id if account else None,
            at=now,
            data=dict(new.data),
            status=ChangeStatus.WAITING if wanted else ChangeStatus.LEFT_OUT,
            due_at=now,
            claim=secrets.randbelow(FIRST_CLAIMS),
        )
        self._session.add(change)
        self._session.flush()
        for each in new.mentions:
            mention = ChangeMention(change_id=change.id, ref=each.ref, customer_id=each.customer_id)
            self._session.add(mention)
        self._session.flush()

    def last_standing(self, account_id: int) -> ChangeKind | None:
        """What was told last of whether an account works."""
        found = select(Change.kind).where(
            Change.account_id == account_id, col(Change.kind).in_(STANDINGS)
        )
        told = self._session.exec(found.order_by(col(Change.id).desc()).limit(1)).first()
        return ChangeKind(told) if told else None

    # -- on its way

    def claim_due(self, now: datetime, limit: int, lease: timedelta) -> list[ClaimedChange]:
        """Take up to `limit` changes whose turn it is, each the first of its lane, which nobody
        else takes until the lease ends. Whoever says anything of one later, when somebody else has
        it, gets `ClaimLost`."""
        if self._session.exec(IS_GONE).first() is not None:
            return []
        found = self._session.exec(WHOSE_TURN, params={"now": now, "limit": limit}).all()
        for change in found:
            change.happened(ChangeEvent.CLAIMED, now)
            change.leased_until = now + lease
        self._session.flush()
        return [ClaimedChange(change, change.claim) for change in found]

    def keep(self, claimed: ClaimedChange, until: datetime) -> None:
        """The worker is still at it, and has it until then."""
        self._held(claimed).leased_until = until

    def delivered(self, claimed: ClaimedChange, now: datetime) -> None:
        """The product has it; what follows in its lane may go."""
        self._held(claimed).happened(ChangeEvent.DELIVERED, now)

    def later(self, claimed: ClaimedChange, due_at: datetime, reason: str) -> None:
        """It stays first in its lane, and is tried again at `due_at`."""
        change = self._held(claimed)
        change.reason = reason
        change.due_at = due_at
        change.leased_until = None
        change.claim += 1

    def hand_back(self, claimed: ClaimedChange) -> None:
        """It is given back as it was: that it was begun says nothing of how it went."""
        change = self._held(claimed)
        change.leased_until = None
        change.claim += 1
        change.attempts -= 1

    def stop(self, claimed: ClaimedChange, now: datetime, reason: str) -> bool:
        """It waits for a replay, and so does what follows in its lane; whether nothing else did
        before."""
        first = self._session.exec(IS_STOPPED).first() is None
        self._held(claimed).happened(ChangeEvent.STOPPED, now, reason)
        return first

    def leave_out(self, claimed: ClaimedChange, now: datetime, reason: str) -> None:
        """Its lane goes on without it."""
        self._held(claimed).happened(ChangeEvent.LEFT_OUT, now, reason)

    def delivered_since(self, since: datetime) -> bool:
        """Whether the product took anything since then."""
        taken = (Change.status == ChangeStatus.DELIVERED, col(Change.done_at) >= since)
        return self._session.exec(select(Change.id).where(*taken).limit(1)).first() is not None

    def replay(self, since: datetime, now: datetime) -> int:
        """Have everything sent anew that changed at `since` or later, in order; how many that are.
        What is older and was not delivered is left out, or it would keep back what follows it."""
        older = (col(Change.at) < since, col(Change.status).in_(UNSENT))
        for change in self._session.exec(select(Change).where(*older).with_for_update()):
            change.happened(ChangeEvent.LEFT_OUT, now, "older than the replay")
        wanted = select(Change).where(col(Change.at) >= since).order_by(col(Change.id))
        found = self._session.exec(wanted.with_for_update()).all()
        for change in found:
            change.happened(ChangeEvent.REPLAYED, now)
            change.due_at = now
            change.attempts = 0
            change.tried_since = None
        self._session.flush()
        return len(found)

    def _held(self, claimed: ClaimedChange) -> Change:
        """The claimed change, held until the transaction ends. It may have been erased."""
        change = self._session.get(Change, claimed.change.id, with_for_update=True)
        if change is None or change.claim != claimed.turn:
            raise ClaimLost
        return change

    # -- listed

    def page(self, after: str, limit: int, customers: Collection[int] | None) -> list[Change]:
        """Up to `limit` changes that follow the one with the ID `after` ("" for the first of all),
        of these customers; None for all of them. Where that one is forgotten by now, from about its
        time on.

        Raises:
            CursorUnknown: `after` is no change's ID.
        """
        self._number()
        found = select(Change).where(col(Change.number).is_not(None), *self._behind(after))
        if customers is not None:
            found = found.where(_of(customers))
        return list(self._session.exec(found.order_by(col(Change.number)).limit(limit)))

    def mentioned(
        self, changes: Iterable[Change], customers: Collection[int] | None = None
    ) -> dict[int, list[str]]:
        """The accounts that changes of incidents name, by the changes' numbers; of these customers
        alone, where some are given."""
        ids = [change.id for change in changes]
        found = select(ChangeMention.change_id, ChangeMention.ref)
        found = found.where(col(ChangeMention.change_id).in_(ids))
        if customers is not None:
            found = found.where(col(ChangeMention.customer_id).in_(customers))
        named: dict[int, list[str]] = {}
        for change_id, ref in self._session.exec(found.order_by(col(ChangeMention.ref))):
            named.setdefault(change_id, []).append(ref)
        return named

    def _behind(self, after: str) -> list[ColumnElement[bool]]:
        if not after:
            return []
        made_at = time_of(after)
        known = select(Change.number).where(Change.public_id == after)
        number = self._session.exec(known).first()
        if number is not None:
            return [col(Change.number) > number]
        return [col(Change.at) >= made_at - LATEST_COMMIT]

    def _number(self) -> None:
        """Number what was kept since: a change whose transaction ends later comes later, so that
        nobody who asks for what follows another one misses it."""
        connection = self._session.connection()
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(NUMBERING)))
        new = self._session.exec(UNNUMBERED).all()
        last = self._session.exec(select(func.max(Change.number))).one() or 0
        rows = [{"change": id_, "place": last + place} for place, id_ in enumerate(new, start=1)]
        if rows:
            connection.execute(NUMBER, rows)


def new_public_id(now: datetime) -> str:
    """A new ID, which begins with its time."""
    return f"{PREFIX}{int(now.timestamp() * 1000):012x}{secrets.token_hex(10)}"


def time_of(public_id: str) -> datetime:
    """When a change with this ID was made.

    Raises:
        CursorUnknown: it is no ID of a change.
    """
    digits = public_id.removeprefix(PREFIX)
    try:
        if not public_id.startswith(PREFIX) or len(digits) != 32:
            raise CursorUnknown
        return datetime.fromtimestamp(int(digits[:12], 16) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise CursorUnknown from None


def _of(customers: Collection[int]) -> ColumnElement[bool]:
    """What makes a change one of these customers'."""
    named = exists().where(
        col(ChangeMention.change_id) == Change.id,
        col(ChangeMention.customer_id).in_(customers),
    )
    return or_(col(Change.customer_id).in_(customers), named)


def _whose_turn() -> SelectOfScalar[Change]:
    earlier = aliased(Change)
    first = ~exists().where(
        col(earlier.lane) == Change.lane,
        col(earlier.id) < col(Change.id),
        col(earlier.status).in_(UNSENT),
    )
    free = col(Change.leased_until).is_(None) | (col(Change.leased_until) < NOW)
    due = (Change.status == ChangeStatus.WAITING, col(Change.due_at) <= NOW, free, first)
    found = select(Change).where(*due).order_by(col(Change.due_at), col(Change.id))
    return found.limit(LIMIT).with_for_update(skip_locked=True)


# Workers ask these every second: each is put together once
WHOSE_TURN = _whose_turn()
IS_STOPPED = select(Change.id).where(Change.status == ChangeStatus.STOPPED).limit(1)
IS_GONE = IS_STOPPED.where(Change.reason == GONE)
UNNUMBERED = (
    select(Change.id)
    .where(col(Change.number).is_(None))
    .order_by(col(Change.id))
    .limit(NUMBERED_AT_ONCE)
)
CHANGE_ID: BindParameter[int] = bindparam("change", type_=Integer())
NUMBER = update(Change).where(col(Change.id) == CHANGE_ID).values(number=bindparam("place"))
