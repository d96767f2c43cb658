"""Reminder messages: what is due, where, and what they list."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from sqlalchemy import BindParameter, ColumnElement, bindparam
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import Select

from storage.tables import Account, Reminder, ReminderDay, ReminderState
from storage.types import LIMIT, NOW, UtcDateTime
from storage.vocabulary import THEIRS, WAITING, Owner, ReminderPhase, State

LATE = timedelta(minutes=15)
"""A test that was planned is not waited for any longer."""


class ReminderRepository:
    """Queries about reminders."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def due(
        self, now: datetime, limit: int, owners: Collection[Owner] = tuple(Owner)
    ) -> list[tuple[str, Owner]]:
        """The channels and owners (among `owners`) of up to `limit` accounts whose next reminder is
        due at `now`, longest due first."""
        params = {"now": now, "late": now - LATE, "limit": limit, "owners": list(owners)}
        return list(self._session.exec(DUE, params=params))

    def take(self, channel_id: str) -> bool:
        """Hold the channel's reminder day until the transaction ends; False if another worker does.
        Whoever writes or takes back a reminder there holds it, so that there is one a day."""
        found = select(ReminderDay).where(ReminderDay.channel_id == channel_id)
        if self._session.exec(found).first() is None:
            self._open(channel_id)
        return self._session.exec(found.with_for_update(skip_locked=True)).first() is not None

    def hold(self, channel_id: str) -> None:
        """Hold the channel's reminder day until the transaction ends, whoever held it before. Held
        before any account of the channel is."""
        found = select(ReminderDay).where(ReminderDay.channel_id == channel_id)
        self._session.exec(found.with_for_update()).first()

    def last_day(self, channel_id: str) -> date | None:
        """The day of the last reminder there, as people there call it; None if there was none."""
        row = self._session.get(ReminderDay, channel_id, populate_existing=True)
        return date.fromisoformat(row.day) if row is not None and row.day else None

    def set_day(self, channel_id: str, day: date | None) -> None:
        """There was a reminder that day; None: there was none after all."""
        self._session.get_one(ReminderDay, channel_id).day = day.isoformat() if day else ""

    def due_in(self, channel_id: str | None, now: datetime) -> list[Account]:
        """The accounts of a channel's people (None: of the support team) whose next reminder is due
        at `now`, held."""
        due = select(Account).join(ReminderState).where(col(ReminderState.due_at) <= now)
        due = due.where(_not_retested(now - LATE))
        if channel_id is None:
            due = due.where(Account.owner == Owner.SUPPORT)
        else:
            due = due.where(Account.channel_id == channel_id, col(Account.owner) != Owner.SUPPORT)
        return list(self._session.exec(due.order_by(col(Account.id)).with_for_update()))

    def waiting_in(self, channel_id: str, now: datetime, limit: int) -> list[Account]:
        """Up to `limit` accounts of the channel that wait for its people and are not put off, those
        without folders first, then the longest waiting."""
        unmapped_first = col(Account.state) != State.UNMAPPED
        found = (
            select(Account).join(ReminderState).where(*self._waits(channel_id), self._awake(now))
        )
        order = (unmapped_first, col(Account.state_since), col(Account.id))
        return list(self._session.exec(found.order_by(*order).limit(limit)))

    def all_waiting_in(self, channel_id: str) -> list[Account]:
        """Every account of the channel that waits for its people, held."""
        found = select(Account).join(ReminderState).where(*self._waits(channel_id))
        return list(self._session.exec(found.order_by(col(Account.id)).with_for_update()))

    def count_in(self, channel_id: str, awake_at: datetime | None) -> int:
        """How many accounts of the channel wait for its people; with `awake_at` only those that are
        not put off then."""
        found = (
            select(func.count())
            .select_from(Account)
            .join(ReminderState)
            .where(*self._waits(channel_id))
        )
        if awake_at is not None:
            found = found.where(self._awake(awake_at))
        return self._session.exec(found).one()

    def planned(self, customer_id: int, before: datetime) -> list[Account]:
        """The customer's accounts of which its people would be reminded by then, held."""
        found = (
            select(Account)
            .join(ReminderState)
            .where(
                Account.customer_id == customer_id,
                col(Account.owner).in_(THEIRS),
                col(ReminderState.due_at) <= before,
            )
            .order_by(col(Account.id))
        )
        return list(self._session.exec(found.with_for_update()))

    def add(self, reminder: Reminder) -> Reminder:
        """Keep a new reminder; its id is set."""
        self._session.add(reminder)
        self._session.flush()
        return reminder

    def get(self, reminder_id: int) -> Reminder | None:
        """The reminder with that id."""
        return self._session.get(Reminder, reminder_id)

    def lock(self, reminder_id: int) -> Reminder | None:
        """The reminder as it is now, with its channel's reminder day held until the transaction
        ends, whoever held it before."""
        reminder = self.get(reminder_id)
        if reminder is None:
            return None
        held = select(ReminderDay).where(ReminderDay.channel_id == reminder.channel_id)
        self._session.exec(held.with_for_update()).first()
        return self._session.get(Reminder, reminder_id, populate_existing=True)

    def is_replaced(self, reminder: Reminder) -> bool:
        """Whether a newer one stands in its place."""
        newer = select(Reminder.id).where(
            Reminder.channel_id == reminder.channel_id, col(Reminder.id) > reminder.id
        )
        return self._session.exec(newer.limit(1)).first() is not None

    def newest_in(self, channel_id: str) -> Reminder | None:
        """The channel's last reminder, done or not."""
        found = select(Reminder).where(Reminder.channel_id == channel_id)
        return self._session.exec(found.order_by(col(Reminder.id).desc()).limit(1)).first()

    def open_in(self, channel_id: str) -> Reminder | None:
        """The channel's reminder that still waits for something."""
        return self._session.exec(OPEN_IN, params={"channel": channel_id}).first()

    def hold_open(self, reminder: Reminder) -> bool:
        """Hold a reminder until the transaction ends; whether it waits for something still. Held
        after the accounts that it lists: whoever shows it, and whoever replaces it."""
        found = select(Reminder.id).where(
            Reminder.id == reminder.id, col(Reminder.finished_at).is_(None)
        )
        return self._session.exec(found.with_for_update()).first() is not None

    def _awake(self, now: datetime) -> ColumnElement[bool]:
        """A snooze that is over is not taken away before the next reminder."""
        until = col(ReminderState.snoozed_until)
        return until.is_(None) | (until <= now)

    def _waits(self, channel_id: str) -> tuple[ColumnElement[bool], ...]:
        return (
            col(Account.channel_id) == channel_id,
            col(Account.state).in_(WAITING),
            col(Account.owner).in_(THEIRS),
            col(ReminderState.phase) != ReminderPhase.STOPPED,
        )

    def _open(self, channel_id: str) -> None:
        try:
            with self._session.begin_nested():
                self._session.add(ReminderDay(channel_id=channel_id))
        except IntegrityError:  # another worker made it first
            pass


def _due() -> Select[str, Owner]:
    due = select(col(Account.channel_id), col(Account.owner)).join(ReminderState)
    late: BindParameter[datetime] = bindparam("late", type_=UtcDateTime())
    whose = col(Account.owner).in_(bindparam("owners", expanding=True))
    due = due.where(col(ReminderState.due_at) <= NOW, _not_retested(late), whose)
    return due.order_by(col(ReminderState.due_at)).limit(LIMIT)


def _not_retested(late: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Nobody is reminded of an account that we test again, as long as that test is not late."""
    planned = col(Account.retest_at)
    return planned.is_(None) | (planned <= late)


# Asked by each sweep, and whenever an account changes: each is put together once
DUE = _due()
OPEN_IN = (
    select(Reminder)
    .where(col(Reminder.channel_id) == bindparam("channel"), col(Reminder.finished_at).is_(None))
    .order_by(col(Reminder.id).desc())
    .limit(1)
)
