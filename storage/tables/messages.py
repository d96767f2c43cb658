"""Messages on their way to Slack, and where they stand there."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, false, text
from sqlmodel import Field, SQLModel

from storage.statuses import MESSAGES, MessageEvent
from storage.types import big_id_column, json_column, time_column
from storage.vocabulary import MessageStatus

GIVEN_UP = "given_up != ''"
"""Few messages are: they are found by an index of these alone."""

WAITS = "done_at IS NULL"
"""Few messages do, of all that were ever sent."""


class PostedMessage(SQLModel, table=True):
    """Where in Slack the message that we know as `key` stands."""

    key: str = Field(primary_key=True)
    channel_id: str
    ts: str


class OutboxItem(SQLModel, table=True):
    """A message to show or take away, written with the change that caused it. `notice` and `args`
    say what it tells; it is rendered when it is sent. `key` names the message: a known key is
    updated in place. `attempts` counts how often it was taken to be sent, and `faults` how often
    that failed for a reason of its own."""

    __table_args__ = (
        Index(
            "ix_outboxitem_waits",
            "channel_id",
            "id",
            sqlite_where=text(WAITS),
            postgresql_where=text(WAITS),
        ),
        Index(
            "ix_outboxitem_waits_by_key",
            "key",
            "done_at",
            sqlite_where=text(WAITS),
            postgresql_where=text(WAITS),
        ),
        Index(
            "ix_outboxitem_given_up",
            "done_at",
            sqlite_where=text(GIVEN_UP),
            postgresql_where=text(GIVEN_UP),
        ),
        {"sqlite_autoincrement": True},
    )

    id: int = big_id_column()
    channel_id: str
    key: str = Field(index=True)
    thread_key: str = ""
    notice: str
    args: dict[str, Any] = json_column()
    created_at: datetime = time_column()
    attempts: int = 0
    faults: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    done_at: datetime | None = time_column(nullable=True)
    given_up: str = ""

    @property
    def status(self) -> MessageStatus:
        """How far it is."""
        if self.done_at is None:
            return MessageStatus.WAITING
        return MessageStatus.GIVEN_UP if self.given_up else MessageStatus.SENT

    def happened(self, event: MessageEvent, now: datetime, reason: str = "") -> None:
        """Keep what happened to it; `reason` is why it is given up.

        Raises:
            StatusRefused: it cannot happen in this status.
        """
        following = MESSAGES.after(self.status, event)
        self.done_at = None if following is MessageStatus.WAITING else now
        self.given_up = reason
        if event is MessageEvent.CLAIMED:
            self.attempts += 1


class Lane(SQLModel, table=True):
    """The turn-taking of one channel: from when its next message may go, and who is sending now.
    `refused` is Slack's word for why nothing can be posted there, in a channel whose messages wait
    for that to end. `has_turn`: at `due_at` it has its turn among all channels. `claim` is the
    number of the last claim, and grows with each end of one: whoever has an earlier one has lost
    the lane."""

    channel_id: str = Field(primary_key=True)
    due_at: datetime | None = time_column(nullable=True, index=True)
    leased_until: datetime | None = time_column(nullable=True)
    refused: str = Field(default="", sa_column_kwargs={"server_default": ""})
    has_turn: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    claim: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


class Pace(SQLModel, table=True):
    """How far the calls of one kind are booked out, over all channels and processes: Slack counts
    each method for the whole workspace. `answer` is what the last call was told that all processes
    go by (the IDs of people), and `asked_at` when it was made."""

    means: str = Field(primary_key=True)
    booked_until: datetime = time_column()
    answer: list[str] | None = Field(
        default=None, sa_column=Column(JSON(none_as_null=True), nullable=True)
    )
    asked_at: datetime | None = time_column(nullable=True)
