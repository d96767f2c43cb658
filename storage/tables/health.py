"""How the bot itself is: whether Slack takes anything from it, whether it can write, what its
worker did, and what is counted."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from storage.types import time_column


class Pulse(SQLModel, table=True):
    """A row that is written, and taken away again, to see whether the database takes it."""

    id: int = Field(default=None, primary_key=True)


class RefusedBlock(SQLModel, table=True):
    """A kind of block (Slack's `type`) that Slack did not take from the app, and when."""

    kind: str = Field(primary_key=True)
    at: datetime = time_column()


class Trouble(SQLModel, table=True):
    """Slack takes nothing from the app (`error`: its word for why), since when, and when it is
    tried again. One row at most; none while all is well."""

    id: int = Field(default=1, primary_key=True)
    error: str
    since: datetime = time_column()
    again_at: datetime = time_column()


class Duty(SQLModel, table=True):
    """What the worker does again and again, and when one did it last."""

    name: str = Field(primary_key=True)
    done_at: datetime = time_column()


class Tally(SQLModel, table=True):
    """How often something happened, counted by all processes together; `labels` are the values of
    the measure's labels, as JSON."""

    name: str = Field(primary_key=True)
    labels: str = Field(primary_key=True)
    value: float = 0.0
