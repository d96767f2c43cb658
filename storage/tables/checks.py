"""Connection tests and the fixes that people report."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, text
from sqlmodel import Field, SQLModel

from storage.statuses import FIXES, TESTS, FixEvent, TestEvent
from storage.types import time_column
from storage.vocabulary import FixStatus, TestStatus

UNFINISHED = "finished_at IS NULL"
"""Few tests are: they are found by an index of these alone."""


class ConnectionTest(SQLModel, table=True):
    """One run of the connection test and its steps so far. A `quiet` run is one that nobody asked
    for: it is shown only when it changes something. `passed` stays empty where a person's test
    overtook it. `round_trip` says that a message is sent too, `message_id` which ones may have left
    already (their IDs, with spaces between), and `arrival` where their copies were found, once one
    had arrived."""

    __table_args__ = (
        Index(
            "ix_connectiontest_unfinished",
            "account_id",
            "id",
            sqlite_where=text(UNFINISHED),
            postgresql_where=text(UNFINISHED),
        ),
    )

    id: int = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id", index=True)
    started_at: datetime = time_column()
    finished_at: datetime | None = time_column(nullable=True)
    asked_by_team: str = ""
    asked_by_user: str = ""
    passed: bool | None = None
    quiet: bool = False
    round_trip: bool = False
    message_id: str = ""
    arrival: dict[str, str] | None = Field(
        default=None, sa_column=Column(JSON(none_as_null=True), nullable=True)
    )
    steps: list[dict[str, Any]] = Field(
        default_factory=list, sa_column=Column(JSON, nullable=False)
    )

    @property
    def status(self) -> TestStatus:
        """How far it is."""
        if self.finished_at is None:
            return TestStatus.RUNNING
        if self.passed is None:
            return TestStatus.OVERTAKEN
        return TestStatus.PASSED if self.passed else TestStatus.FAILED

    def happened(self, event: TestEvent, now: datetime) -> None:
        """Keep what happened to it.

        Raises:
            StatusRefused: it has ended.
        """
        following = TESTS.after(self.status, event)
        if following is not TestStatus.OVERTAKEN:
            self.passed = following is TestStatus.PASSED
        self.finished_at = now


class ReportedFix(SQLModel, table=True):
    """Somebody said that what a failure asks for was done: the account is tested again until that
    shows. `rung` counts the tests; the latest word on an account is the one without `ended_at`."""

    id: int = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id", index=True)
    failure_ref: str = Field(foreign_key="failure.ref")
    said_at: datetime = time_column()
    said_by_team: str
    said_by_user: str
    rung: int = 0
    ended_at: datetime | None = time_column(nullable=True)

    @property
    def status(self) -> FixStatus:
        """Whether it is still looked for."""
        return FixStatus.WAITING if self.ended_at is None else FixStatus.SETTLED

    def happened(self, event: FixEvent, now: datetime) -> None:
        """Keep what happened to it.

        Raises:
            StatusRefused: it is settled.
        """
        following = FIXES.after(self.status, event)
        if following is FixStatus.SETTLED:
            self.ended_at = now
        else:
            self.rung += 1
