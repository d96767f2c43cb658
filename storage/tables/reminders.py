"""How the reminders of each account stand, the messages, and the day of the last one in a
channel."""

from datetime import datetime

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel

from storage.types import time_column, word_column
from storage.vocabulary import Owner, ReminderPhase, State


class ReminderState(SQLModel, table=True):
    """How the reminders of one account stand. Who changes it holds the account's row.

    `since` is when the present wait for the present owner began (or, where it was put off, would
    have begun), `rung` counts its reminders, `due_at` is when the next one is due. In the phase
    *snoozed* they begin again at `snoozed_until`; `held_by` is who snoozed or stopped them. In the
    phase *interrupted*, `interrupted_state` and `interrupted_owner` are what the account waited for
    when its test began (None: for nobody), and `interrupted_phase` how its reminders stood."""

    account_id: int = Field(default=None, foreign_key="account.id", primary_key=True)
    phase: ReminderPhase = word_column(ReminderPhase)
    rung: int = 0
    since: datetime | None = time_column(nullable=True)
    due_at: datetime | None = time_column(nullable=True, index=True)
    snoozed_until: datetime | None = time_column(nullable=True)
    held_by_team: str = ""
    held_by_user: str = ""
    interrupted_phase: ReminderPhase | None = word_column(ReminderPhase, nullable=True)
    interrupted_state: State | None = word_column(State, nullable=True)
    interrupted_owner: Owner | None = word_column(Owner, nullable=True)


class Reminder(SQLModel, table=True):
    """One reminder message in a channel: which accounts it lists, and whether everything on it is
    done."""

    id: int = Field(default=None, primary_key=True)
    channel_id: str = Field(index=True)
    posted_at: datetime = time_column()
    finished_at: datetime | None = time_column(nullable=True)
    account_ids: list[int] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))


class ReminderDay(SQLModel, table=True):
    """The day of the last reminder in a place (a channel), as people there call it. Who writes a
    reminder there holds the row."""

    channel_id: str = Field(primary_key=True)
    day: str = ""
