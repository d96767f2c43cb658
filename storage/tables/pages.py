"""What pagers are told of incidents."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from storage.statuses import PAGES, PageEvent
from storage.types import big_id_column, json_column, time_column, word_column
from storage.vocabulary import PageChange, Pager, PageStatus, Standing


class Page(SQLModel, table=True):
    """A change of an incident that one pager is to be told, written with the change. `message_id`
    is the same however often it is sent. `facts` say how the incident was then, and are forgotten
    with its end; `attempts` counts how often it was taken to be sent."""

    __table_args__ = (Index("ix_page_waiting", "pager", "fingerprint", "done_at", "id"),)

    id: int = big_id_column()
    pager: Pager = word_column(Pager)
    fingerprint: str
    incident_id: int
    message_id: str
    change: PageChange = word_column(PageChange)
    facts: dict[str, Any] = json_column()
    created_at: datetime = time_column()
    attempts: int = 0
    done_at: datetime | None = time_column(nullable=True)
    left_out: bool = False
    given_up: str = ""

    @property
    def status(self) -> PageStatus:
        """How far it is."""
        if self.done_at is None:
            return PageStatus.WAITING
        if self.given_up:
            return PageStatus.GIVEN_UP
        return PageStatus.LEFT_OUT if self.left_out else PageStatus.SENT

    def happened(self, event: PageEvent, now: datetime, reason: str = "") -> None:
        """Keep what happened to it; `reason` is why it is given up.

        Raises:
            StatusRefused: it cannot happen in this status.
        """
        following = PAGES.after(self.status, event)
        self.given_up = reason
        self.left_out = following is PageStatus.LEFT_OUT
        if event is PageEvent.CLAIMED:
            self.attempts += 1
        if following is not PageStatus.WAITING:
            self.done_at = now
            self.facts = {}


class PageLane(SQLModel, table=True):
    """The turn-taking of what one pager is told under one fingerprint: when the next may go, which
    is far enough ahead while one is sent. `key` is the fingerprint as the pager knows it,
    `standing` how the incident stands there, `unsure` while something is sent or was not answered;
    `said_at` is when the pager's newest word about it was said. `claim` is the number of the last
    claim, and grows with each end of one: whoever has an earlier one has lost the lane."""

    __table_args__ = (
        Index("ix_pagelane_due", "pager", "due_at"),
        Index("ix_pagelane_key", "pager", "key"),
    )

    pager: Pager = word_column(Pager, primary_key=True)
    fingerprint: str = Field(primary_key=True)
    key: str
    due_at: datetime | None = time_column(nullable=True)
    standing: Standing = word_column(Standing, default=Standing.NOTHING)
    unsure: bool = False
    said_at: datetime | None = time_column(nullable=True)
    claim: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
