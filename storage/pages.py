"""What pagers are to be told of incidents, on its way to them."""

import hashlib
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from storage.claims import ClaimLost
from storage.statuses import PageEvent
from storage.tables import Page, PageLane
from storage.types import NOW
from storage.vocabulary import PageChange, Pager, Standing

MAX_KEY = 255
"""PagerDuty's limit of a `dedup_key`
(developer.pagerduty.com/docs/events-api-v2/trigger-events)."""

DIGEST = 32
"""So many characters of a fingerprint's digest end a key for which it is too long."""

MAX_BEHIND = 50
"""So many pages behind the first are looked at."""


@dataclass(frozen=True)
class There:
    """How an incident stands at a pager before a page is sent.

    Attributes:
        standing: as we knew it last.
        unsure: something was sent since, and no answer came.
        said: the pager said so itself, after what the page tells had happened.
    """

    standing: Standing = Standing.NOTHING
    unsure: bool = False
    said: bool = False


@dataclass(frozen=True)
class ClaimedPage:
    """The first page that waits for a pager under a fingerprint, taken by one worker; `turn` is the
    number of its claim of the lane, `key` the fingerprint as the pager knows it, `behind` what
    waits behind it, in order."""

    page: Page
    turn: int
    key: str
    there: There
    behind: Sequence[Page]


def pager_key(fingerprint: str) -> str:
    """A fingerprint as pagers know it: cut, with a digest at its end, where it is too long."""
    if len(fingerprint) <= MAX_KEY:
        return fingerprint
    digest = hashlib.sha256(fingerprint.encode()).hexdigest()[:DIGEST]
    return f"{fingerprint[: MAX_KEY - DIGEST - 1]}~{digest}"


class PageRepository:
    """The queues of pages: in order under a fingerprint, each taken by one worker at a time."""

    def __init__(self, session: Session, pagers: Collection[Pager]) -> None:
        """`pagers`: who is told."""
        self._session = session
        self._pagers = sorted(pagers)

    def add(
        self,
        incident_id: int,
        fingerprint: str,
        change: PageChange,
        facts: dict[str, Any],
        at: datetime,
    ) -> None:
        """Have every pager be told of a change. `facts`: how the incident is now, as
        `bot.incidents.facts` has it."""
        for pager in self._pagers:
            lane = self._lane(pager, fingerprint)
            if lane.due_at is None:
                lane.due_at = at
            page = Page(
                pager=pager,
                fingerprint=fingerprint,
                incident_id=incident_id,
                message_id=f"msg_{uuid.uuid4().hex}",
                change=PageChange(change),
                facts=facts,
                created_at=at,
            )
            self._session.add(page)
        self._session.flush()

    def claim_next(self, pager: Pager, now: datetime, lease: timedelta) -> ClaimedPage | None:
        """Take the first page of a lane whose turn it is, which has it again when the lease ends,
        unless it is said before how it went, or `keep` moves the lease's end. Until then nobody is
        sure how the incident stands there. Whoever says anything later, when somebody else has the
        lane, gets `ClaimLost`."""
        while (lane := self._due_lane(pager, now)) is not None:
            waiting = self._waiting(lane)
            if not waiting:
                lane.due_at = None
                self._session.flush()
                continue
            first, *behind = waiting
            turn = lane.claim + 1
            claimed = ClaimedPage(first, turn, lane.key, _there(lane, first), behind)
            lane.due_at = now + lease
            lane.claim = turn
            lane.unsure = True
            first.happened(PageEvent.CLAIMED, now)
            self._session.flush()
            return claimed
        return None

    def keep(self, claimed: ClaimedPage, until: datetime) -> None:
        """The worker is still at it, and has the lane until then."""
        self._held_lane(claimed).due_at = until

    def sent(self, claimed: ClaimedPage, standing: Standing, now: datetime) -> None:
        """The pager has it, and the incident stands so there."""
        self._end(claimed, PageEvent.SENT, now, standing)

    def left_out(self, claimed: ClaimedPage, now: datetime) -> None:
        """The pager has no need of it."""
        there = claimed.there
        self._end(claimed, PageEvent.LEFT_OUT, now, there.standing, there.unsure)

    def give_up(self, claimed: ClaimedPage, reason: str, now: datetime) -> None:
        """The pager does not take it (`reason`: its word for that); what waits behind goes on."""
        there = claimed.there
        standing = Standing.UNKNOWN if there.unsure else there.standing
        self._end(claimed, PageEvent.GIVEN_UP, now, standing, reason=reason)

    def later(self, claimed: ClaimedPage, due_at: datetime, heard: bool) -> None:
        """It stays first in its lane and is tried again at `due_at`. `heard`: the pager may have
        it, although no answer came."""
        lane = self._held_lane(claimed)
        lane.claim += 1
        lane.due_at = due_at
        if not heard:
            lane.unsure = lane.unsure and claimed.there.unsure

    def said(
        self, pager: Pager, key: str, said_at: datetime, standing: Standing | None
    ) -> int | None:
        """A pager said something of what it knows as `key`, after which the incident stands so
        there. The incident that it was told of last under that key; none where it was not told of
        such an incident, or something newer is known."""
        found = select(PageLane).where(PageLane.pager == pager, PageLane.key == key)
        lane = self._session.exec(found.with_for_update()).first()
        if lane is None or (lane.said_at is not None and lane.said_at > said_at):
            return None
        lane.said_at = said_at
        if standing is not None:
            lane.standing = standing
            lane.unsure = False
        told = select(Page.incident_id).where(
            Page.pager == pager, Page.fingerprint == lane.fingerprint
        )
        return self._session.exec(told.order_by(col(Page.id).desc()).limit(1)).first()

    def next_due(self, pager: Pager) -> datetime | None:
        """When the next lane's turn is."""
        due = select(PageLane.due_at).where(PageLane.pager == pager)
        due = due.where(col(PageLane.due_at).is_not(None))
        return self._session.exec(due.order_by(col(PageLane.due_at)).limit(1)).first()

    def _end(
        self,
        claimed: ClaimedPage,
        event: PageEvent,
        now: datetime,
        standing: Standing,
        unsure: bool = False,
        reason: str = "",
    ) -> None:
        lane = self._held_lane(claimed)
        page = self._session.get_one(Page, claimed.page.id, with_for_update=True)
        page.happened(event, now, reason)
        lane.claim += 1
        lane.due_at = now
        if lane.unsure:  # else the pager has said meanwhile how it stands there
            lane.standing = standing
            lane.unsure = unsure
        self._session.flush()

    def _due_lane(self, pager: Pager, now: datetime) -> PageLane | None:
        return self._session.exec(DUE_LANE, params={"now": now, "pager": pager}).first()

    def _waiting(self, lane: PageLane) -> list[Page]:
        asked = {"pager": lane.pager, "fingerprint": lane.fingerprint}
        return list(self._session.exec(WAITING, params=asked))

    def _lane(self, pager: Pager, fingerprint: str) -> PageLane:
        """The lane, held until the transaction ends, so that what is added is in order."""
        found = self._session.get(PageLane, (pager, fingerprint), with_for_update=True)
        if found is not None:
            return found
        new = PageLane(pager=pager, fingerprint=fingerprint, key=pager_key(fingerprint))
        try:
            with self._session.begin_nested():
                self._session.add(new)
        except IntegrityError:  # another transaction made it first
            pass
        return self._session.get_one(PageLane, (pager, fingerprint), with_for_update=True)

    def _held_lane(self, claimed: ClaimedPage) -> PageLane:
        """The lane of a claimed page, held until the transaction ends."""
        key = (claimed.page.pager, claimed.page.fingerprint)
        lane = self._session.get_one(PageLane, key, with_for_update=True)
        if lane.claim != claimed.turn:
            raise ClaimLost
        return lane


def _there(lane: PageLane, page: Page) -> There:
    said = lane.said_at is not None and lane.said_at > page.created_at
    return There(lane.standing, lane.unsure, said)


def _due_lane() -> SelectOfScalar[PageLane]:
    """The lane of a pager whose turn it is, held."""
    due = select(PageLane).where(PageLane.pager == bindparam("pager"), col(PageLane.due_at) <= NOW)
    return due.order_by(col(PageLane.due_at)).limit(1).with_for_update(skip_locked=True)


# Workers ask these every second: each is put together once
DUE_LANE = _due_lane()
WAITING = (
    select(Page)
    .where(
        Page.pager == bindparam("pager"),
        Page.fingerprint == bindparam("fingerprint"),
        col(Page.done_at).is_(None),
    )
    .order_by(col(Page.id))
    .limit(MAX_BEHIND)
)
