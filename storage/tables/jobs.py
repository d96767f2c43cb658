"""Work that is due, and what was seen before."""

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from storage.types import big_id_column, json_column, time_column


class Job(SQLModel, table=True):
    """Work to do at `due_at`. `key`, where set, makes a second request for the same work join the
    first. Of one `lane` few are in hand at a time, and what is `awaited` by a person comes first.
    `attempts` counts how often it was begun (a worker that is killed says nothing of how it
    went), `failures` how often it ended in an error. `claim` is the number of the last claim, and
    grows with each end of one: whoever has an earlier one has lost the job. An id is never used
    again: whoever lost one that is done by now must not find another one under it."""

    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int = big_id_column()
    kind: str
    key: str | None = Field(default=None, unique=True)
    args: dict[str, Any] = json_column()
    due_at: datetime = time_column(index=True)
    leased_until: datetime | None = time_column(nullable=True, index=True)
    attempts: int = 0
    lane: str | None = None
    awaited: bool = False
    failures: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    claim: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


class SeenEvent(SQLModel, table=True):
    """What happens once: a Slack event that was taken in, a word of the countdown that was said."""

    event_id: str = Field(primary_key=True)
    at: datetime = time_column(index=True)
