"""Incidents, their mailboxes and timelines; what nobody wants to hear of, and maintenance."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, func, select, update

from storage.incident_lists import WantedIncidents, causes, counted, listed
from storage.tables import (
    Account,
    Incident,
    IncidentEntry,
    IncidentMember,
    Maintenance,
    Silence,
)
from storage.types import LIMIT, NOW
from storage.vocabulary import AT_WORK, IncidentStatus, State

TESTED = (State.TESTING, State.FAILING, State.UNMAPPED, State.LIVE, State.BROKEN)

ENDING = (*TESTED, State.AWAITING_SIGN_IN, State.AWAITING_ADMIN)
"""A mailbox in one of these may still prove that a cause is gone."""


class IncidentRepository:
    """Queries about incidents."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, incident: Incident) -> Incident:
        """Keep a new incident; its id is set. A fingerprint is open once: where another transaction
        opened it just now, it is that one, held."""
        try:
            with self._session.begin_nested():
                self._session.add(incident)
        except IntegrityError:
            there = self.lock_open(incident.fingerprint)
            if there is None:  # it ended in this moment
                raise
            return there
        return incident

    def get(self, incident_id: int) -> Incident | None:
        """The incident with that id."""
        return self._session.get(Incident, incident_id)

    def lock(self, incident_id: int) -> Incident | None:
        """The incident, held until the transaction ends."""
        found = select(Incident).where(Incident.id == incident_id).with_for_update()
        return self._session.exec(found.execution_options(populate_existing=True)).first()

    def lock_open(self, fingerprint: str) -> Incident | None:
        """What is not closed under a fingerprint, held until the transaction ends."""
        found = select(Incident).where(Incident.open_fingerprint == fingerprint).with_for_update()
        return self._session.exec(found.execution_options(populate_existing=True)).first()

    def open_id(self, fingerprint: str) -> int | None:
        """The id of what is not closed under a fingerprint."""
        found = select(Incident.id).where(Incident.open_fingerprint == fingerprint)
        return self._session.exec(found).first()

    def lock_where_merged(self, fingerprint: str) -> Incident | None:
        """The open incident into which the last one of a fingerprint was merged; held."""
        merged = select(col(Incident.merged_into)).where(Incident.fingerprint == fingerprint)
        into = self._session.exec(merged.order_by(col(Incident.id).desc()).limit(1)).first()
        there = None
        while into is not None:  # it may have been merged itself since
            there = self.lock(into)
            into = there.merged_into if there is not None else None
        return there if there is not None and there.open_fingerprint is not None else None

    def merged(self, incident_id: int) -> list[Incident]:
        """The incidents that were merged into one, directly or one by one, oldest first."""
        found: list[Incident] = []
        asked = [incident_id]
        while asked:
            into = select(Incident).where(col(Incident.merged_into).in_(asked))
            more = list(self._session.exec(into.order_by(col(Incident.id))))
            found += more
            asked = [each.id for each in more]
        return found

    def lock_holding(self, account_id: int, cause: str) -> list[Incident]:
        """The incidents of a cause that are not closed and that the account is in; held, by
        ascending id."""
        found = select(Incident).join(IncidentMember).where(Incident.cause == cause)
        found = found.where(
            IncidentMember.account_id == account_id,
            col(IncidentMember.left_at).is_(None),
            col(Incident.open_fingerprint).is_not(None),
        )
        held = found.order_by(col(Incident.id)).with_for_update(of=Incident)
        return list(self._session.exec(held.execution_options(populate_existing=True)))

    def causes_holding(self, account_id: int) -> set[str]:
        """The causes of the incidents at work that the account is in."""
        found = select(col(Incident.cause)).join(IncidentMember)
        found = found.where(
            IncidentMember.account_id == account_id,
            col(IncidentMember.left_at).is_(None),
            col(Incident.open_fingerprint).is_not(None),
        )
        return set(self._session.exec(found.distinct()))

    def hold(self, causes: Collection[str]) -> None:
        """Hold what is not closed of several causes until the transaction ends, by ascending id."""
        found = select(Incident.id).where(
            col(Incident.cause).in_(causes), col(Incident.open_fingerprint).is_not(None)
        )
        self._session.exec(found.order_by(col(Incident.id)).with_for_update()).all()

    def of_cause(self, cause: str) -> list[Incident]:
        """The incidents of a cause that are not closed, held, by ascending id."""
        found = select(Incident).where(Incident.cause == cause)
        found = found.where(col(Incident.open_fingerprint).is_not(None))
        held = found.order_by(col(Incident.id)).with_for_update()
        return list(self._session.exec(held.execution_options(populate_existing=True)))

    def all_open(self) -> list[Incident]:
        """Every incident that is not mended, newest first."""
        found = select(Incident).where(col(Incident.status).in_(AT_WORK))
        return list(self._session.exec(found.order_by(col(Incident.id).desc())))

    def forgotten(self, limit: int) -> list[int]:
        """The incidents at work that had mailboxes, none of which can end them any more: they were
        disconnected."""
        there = (
            select(IncidentMember.incident_id)
            .join(Account)
            .where(col(IncidentMember.left_at).is_(None), col(Account.state).in_(ENDING))
        )
        had = select(IncidentMember.incident_id).where(col(IncidentMember.left_at).is_(None))
        found = select(Incident.id).where(
            col(Incident.status).in_(AT_WORK),
            col(Incident.id).in_(had),
            col(Incident.id).not_in(there),
        )
        return list(self._session.exec(found.order_by(col(Incident.id)).limit(limit)))

    def since(self, since: datetime, limit: int) -> list[Incident]:
        """What is not closed, or was opened since then; newest first."""
        there = col(Incident.open_fingerprint).is_not(None) | (col(Incident.opened_at) >= since)
        found = select(Incident).where(there)
        return list(self._session.exec(found.order_by(col(Incident.id).desc()).limit(limit)))

    def listed(self, wanted: WantedIncidents, limit: int, offset: int = 0) -> list[Incident]:
        """A page of the incidents that fit."""
        return list(self._session.exec(listed(wanted).limit(limit).offset(offset)))

    def count_listed(self, wanted: WantedIncidents) -> int:
        """How many incidents fit."""
        return self._session.exec(counted(wanted)).one()

    def causes_listed(self, wanted: WantedIncidents) -> list[str]:
        """The causes of the incidents that fit."""
        return sorted(self._session.exec(causes(wanted)))

    def inhibited(self, incident_id: int) -> list[Incident]:
        """The narrower incidents that a wider one inhibits, oldest first."""
        found = select(Incident).where(Incident.inhibited_by == incident_id)
        return list(self._session.exec(found.order_by(col(Incident.id))))

    def due(self, now: datetime, limit: int) -> list[int]:
        """The incidents at which something is due."""
        return list(self._session.exec(DUE, params={"now": now, "limit": limit}))

    # -- mailboxes

    def join(self, incident: Incident, account_id: int, failure_ref: str, now: datetime) -> bool:
        """The cause is at work at a mailbox; whether that is new."""
        member = self._session.get(IncidentMember, (incident.id, account_id))
        if member is not None and member.left_at is None:
            member.tested_at = now
            return False
        if member is None:
            member = IncidentMember(
                incident_id=incident.id,
                account_id=account_id,
                failure_ref=failure_ref,
                joined_at=now,
                tested_at=now,
            )
            self._session.add(member)
        member.left_at = None
        member.tested_at = now
        member.failure_ref = failure_ref
        self._session.flush()
        incident.most = max(incident.most, self.count(incident.id))
        return True

    def leave(self, incident_id: int, account_ids: Collection[int], now: datetime) -> None:
        """Mailboxes are out of an incident."""
        there = update(IncidentMember).where(
            col(IncidentMember.incident_id) == incident_id,
            col(IncidentMember.account_id).in_(account_ids),
            col(IncidentMember.left_at).is_(None),
        )
        self._session.exec(there.values(left_at=now, tested_at=now))

    def members(self, incident_id: int) -> list[IncidentMember]:
        """The mailboxes that are in an incident, by their accounts' ids."""
        found = select(IncidentMember).where(
            IncidentMember.incident_id == incident_id, col(IncidentMember.left_at).is_(None)
        )
        return list(self._session.exec(found.order_by(col(IncidentMember.account_id))))

    def mailboxes(
        self, incident_id: int, limit: int, offset: int = 0
    ) -> list[tuple[Account, IncidentMember]]:
        """The accounts that are in an incident, by customer and name."""
        found = select(Account, IncidentMember).join(IncidentMember)
        found = found.where(
            IncidentMember.incident_id == incident_id, col(IncidentMember.left_at).is_(None)
        )
        ordered = found.order_by(col(Account.customer_id), col(Account.name), col(Account.id))
        return list(self._session.exec(ordered.limit(limit).offset(offset)))

    def count(self, incident_id: int) -> int:
        """How many mailboxes are in an incident."""
        found = select(func.count()).where(
            col(IncidentMember.incident_id) == incident_id, col(IncidentMember.left_at).is_(None)
        )
        return self._session.exec(found).one()

    def tested(self, incident_id: int) -> list[int]:
        """The mailboxes in an incident that are tested, so that they can prove its end."""
        found = select(IncidentMember.account_id).join(Account)
        found = found.where(
            IncidentMember.incident_id == incident_id, col(IncidentMember.left_at).is_(None)
        )
        there = found.where(col(Account.state).in_(TESTED))
        return list(self._session.exec(there.order_by(col(IncidentMember.account_id))))

    def may_end(self, incident_id: int) -> bool:
        """Whether a mailbox in an incident is tested, so that it can prove its end."""
        found = select(IncidentMember.account_id).join(Account)
        found = found.where(
            IncidentMember.incident_id == incident_id, col(IncidentMember.left_at).is_(None)
        )
        there = found.where(col(Account.state).in_(TESTED)).limit(1)
        return self._session.exec(there).first() is not None

    def ever(self, incident_id: int) -> int:
        """How many mailboxes were in an incident at one time or another."""
        found = select(func.count()).where(col(IncidentMember.incident_id) == incident_id)
        return self._session.exec(found).one()

    def ever_in(self, incident_id: int) -> list[int]:
        """The mailboxes that were in an incident at one time or another, by their accounts' ids."""
        found = select(IncidentMember.account_id).where(IncidentMember.incident_id == incident_id)
        return list(self._session.exec(found.order_by(col(IncidentMember.account_id))))

    def count_in(self, incident_id: int, channel_id: str) -> int:
        """How many mailboxes of a channel are in an incident."""
        found = select(func.count()).select_from(IncidentMember).join(Account)
        found = found.where(
            col(IncidentMember.incident_id) == incident_id, col(IncidentMember.left_at).is_(None)
        )
        return self._session.exec(found.where(Account.channel_id == channel_id)).one()

    def live(self, incident_id: int) -> int:
        """How many of the mailboxes in an incident were in use."""
        found = select(func.count()).select_from(IncidentMember).join(Account)
        found = found.where(
            col(IncidentMember.incident_id) == incident_id, col(IncidentMember.left_at).is_(None)
        )
        return self._session.exec(found.where(col(Account.live_at).is_not(None))).one()

    def not_tested(self, incident_id: int, since: datetime) -> int:
        """How many of the mailboxes in an incident that are tested were not seen since then."""
        found = select(func.count()).select_from(IncidentMember).join(Account)
        found = found.where(
            IncidentMember.incident_id == incident_id,
            col(IncidentMember.left_at).is_(None),
            IncidentMember.tested_at < since,
            col(Account.state).in_(TESTED),
        )
        return self._session.exec(found).one()

    def left_since(self, incident_id: int, since: datetime) -> int:
        """How many mailboxes were out of an incident since then, as they are now."""
        found = select(func.count()).where(
            col(IncidentMember.incident_id) == incident_id, col(IncidentMember.left_at) >= since
        )
        return self._session.exec(found).one()

    def customers(self, incident_id: int) -> dict[int, int]:
        """How many mailboxes of each customer are in an incident, by the customer's id."""
        found = select(col(Account.customer_id), func.count()).join(IncidentMember)
        found = found.where(
            IncidentMember.incident_id == incident_id, col(IncidentMember.left_at).is_(None)
        )
        return dict(self._session.exec(found.group_by(col(Account.customer_id))).all())

    def channels(self, incident_id: int, there: bool = False) -> dict[str, int]:
        """How many mailboxes that are or were in an incident (`there`: that are) belong to each
        channel."""
        found = select(col(Account.channel_id), func.count()).join(IncidentMember)
        found = found.where(IncidentMember.incident_id == incident_id)
        if there:
            found = found.where(col(IncidentMember.left_at).is_(None))
        return dict(self._session.exec(found.group_by(col(Account.channel_id))).all())

    # -- what happened

    def note(self, entry: IncidentEntry) -> None:
        """Keep what happened to an incident."""
        self._session.add(entry)
        self._session.flush()

    def timeline(self, incident_id: int, limit: int) -> list[IncidentEntry]:
        """The newest of what happened to an incident, oldest first."""
        found = select(IncidentEntry).where(IncidentEntry.incident_id == incident_id)
        newest = self._session.exec(found.order_by(col(IncidentEntry.id).desc()).limit(limit))
        return list(newest)[::-1]

    def newest_of(self, incident_id: int, events: Collection[str]) -> IncidentEntry | None:
        """The newest of what happened to an incident, of these kinds."""
        found = select(IncidentEntry).where(
            IncidentEntry.incident_id == incident_id, col(IncidentEntry.event).in_(events)
        )
        return self._session.exec(found.order_by(col(IncidentEntry.id).desc()).limit(1)).first()

    def entry(self, entry_id: int) -> IncidentEntry:
        """An entry that is known to exist."""
        return self._session.get_one(IncidentEntry, entry_id)

    def latest_failure(self, incident_id: int) -> str | None:
        """The error ID of the mailbox at which an incident was seen last."""
        found = select(IncidentMember.failure_ref).where(IncidentMember.incident_id == incident_id)
        newest = found.order_by(
            col(IncidentMember.tested_at).desc(), col(IncidentMember.account_id)
        )
        return self._session.exec(newest.limit(1)).first()

    def ended_like(self, fingerprint: str, cause: str, limit: int) -> list[Incident]:
        """The newest closed incidents of a cause, those of the fingerprint itself first."""
        found = select(Incident).where(
            Incident.cause == cause,
            Incident.status == IncidentStatus.CLOSED,
            col(Incident.merged_into).is_(None),
        )
        same = col(Incident.fingerprint) != fingerprint
        rows = self._session.exec(found.order_by(same, col(Incident.id).desc()).limit(limit))
        return list(rows)

    # -- silence and maintenance

    def silence(self, silence: Silence) -> None:
        """Nobody wants to hear of a fingerprint; what was wanted of it before is forgotten."""
        self._session.merge(silence)
        self._session.flush()

    def silence_of(self, fingerprint: str, now: datetime) -> Silence | None:
        """What is wanted of a fingerprint now."""
        there = self._session.get(Silence, fingerprint)
        return there if there is not None and there.until > now else None

    def unsilence(self, fingerprint: str) -> None:
        """A fingerprint may be heard of again."""
        there = self._session.get(Silence, fingerprint)
        if there is not None:
            self._session.delete(there)
            self._session.flush()

    def plan(self, window: Maintenance) -> Maintenance:
        """Keep a time of maintenance; its id is set."""
        self._session.add(window)
        self._session.flush()
        return window

    def window(self, window_id: int) -> Maintenance:
        """A time of maintenance that is known to exist."""
        return self._session.get_one(Maintenance, window_id)

    def lock_window(self, window_id: int) -> Maintenance | None:
        """A time of maintenance, held until the transaction ends."""
        found = select(Maintenance).where(Maintenance.id == window_id).with_for_update()
        return self._session.exec(found.execution_options(populate_existing=True)).first()

    def windows(self, now: datetime) -> list[Maintenance]:
        """The times of maintenance that are now or to come, by their beginning."""
        found = select(Maintenance).where(
            col(Maintenance.ended_at).is_(None), Maintenance.ends_at > now
        )
        ordered = found.order_by(col(Maintenance.begins_at), col(Maintenance.id))
        return list(self._session.exec(ordered))

    def windows_to_tell(self, now: datetime) -> list[int]:
        """The times of maintenance that have begun or ended without its being told."""
        begins = col(Maintenance.begun_at).is_(None) & (col(Maintenance.begins_at) <= now)
        ends = col(Maintenance.ends_at) <= now
        found = select(Maintenance.id).where(col(Maintenance.ended_at).is_(None), begins | ends)
        return list(self._session.exec(found.order_by(col(Maintenance.id))))


# Asked every few seconds, most often for nothing: put together once
DUE = select(Incident.id).where(col(Incident.due_at) <= NOW)
DUE = DUE.order_by(col(Incident.due_at)).limit(LIMIT)
