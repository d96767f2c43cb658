"""What is forgotten in time: rows that nobody asks for any more, a batch at a time."""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import exists
from sqlalchemy.orm import aliased
from sqlmodel import Session, and_, col, delete, func, select

from storage.change_statuses import ChangeStatus
from storage.changes import GONE
from storage.forgetting import AT_ONCE, forget, unreferred
from storage.retention_past import PastRetention
from storage.retention_signins import SignInRetention
from storage.tables import (
    ApiAnswer,
    ApiRequest,
    AuditEntry,
    AuditRepetition,
    Change,
    ChangeMention,
    Channel,
    ConnectionTest,
    Failure,
    OutboxItem,
    Page,
    PostedMessage,
    SeenEvent,
)

TESTS_KEPT = 20
"""So many of an account's newest tests are kept, however old: error IDs are looked up in them."""

SLACKS = ("Ev", "C", "G", "D")
"""How the keys of Slack's own events begin: an event's ID, or the channel that it was about. What
we said once, and is not to be said again, has keys of words in lower case."""


class RetentionRepository:
    """Forgets up to so many rows of a kind that ended before a moment; says how many. What another
    row still points to is kept."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.kinds: Mapping[str, Callable[[datetime, int], int]] = {
            "messages": self.messages,
            "events": self.events,
            "pages": self.pages,
            "tests": self.tests,
            "failures": self.failures,
            "audit": self.audit,
            "changes": self.changes,
            "api_requests": self.api_requests,
            **SignInRetention(session).kinds,
            **PastRetention(session).kinds,
        }

    def messages(self, before: datetime, limit: int) -> int:
        """Messages that were sent or given up. The newest request of each message that stands in
        Slack is kept, since it may have to be shown anew, and what waits for a closed channel."""
        newer, behind = aliased(OutboxItem), aliased(OutboxItem)
        later = exists().where(col(newer.key) == OutboxItem.key, col(newer.id) > col(OutboxItem.id))
        stands = exists().where(col(PostedMessage.key) == OutboxItem.key)
        heads = exists().where(
            col(behind.thread_key) == OutboxItem.key, col(behind.done_at).is_(None)
        )
        closed = exists().where(col(Channel.id) == OutboxItem.channel_id, col(Channel.closed) != "")
        old = (
            col(OutboxItem.done_at) < before,
            later | ~stands,
            ~heads,
            (col(OutboxItem.given_up) == "") | ~closed,
        )
        return forget(self._session, OutboxItem, old, limit)

    def events(self, before: datetime, limit: int) -> int:
        """Slack's events by which their repetitions are known: it repeats one for an hour."""
        key = col(SeenEvent.event_id)
        # not by LIKE, for which SQLite makes no difference between small letters and capitals
        of_slack = func.substr(key, 1, 2).in_(SLACKS) | func.substr(key, 1, 1).in_(SLACKS)
        return forget(self._session, SeenEvent, (col(SeenEvent.at) < before, of_slack), limit)

    def pages(self, before: datetime, limit: int) -> int:
        """What pagers were told. The newest of each incident is kept: by it the pager's words are
        understood."""
        newer = aliased(Page)
        same = (col(newer.pager) == Page.pager, col(newer.incident_id) == Page.incident_id)
        later = exists().where(*same, col(newer.id) > col(Page.id))
        return forget(self._session, Page, (col(Page.done_at) < before, later), limit)

    def tests(self, before: datetime, limit: int) -> int:
        """Tests that ended, but not the newest of each account."""
        newer = aliased(ConnectionTest)
        later = (
            select(func.count())
            .select_from(newer)
            .where(
                col(newer.account_id) == ConnectionTest.account_id,
                col(newer.id) > col(ConnectionTest.id),
            )
            .correlate(ConnectionTest)
            .scalar_subquery()
        )
        old = (col(ConnectionTest.finished_at) < before, later >= TESTS_KEPT)
        return forget(self._session, ConnectionTest, old, limit)

    def failures(self, before: datetime, limit: int) -> int:
        """Failures of no account: what strangers met on our pages, and errors of our own."""
        old = (col(Failure.account_id).is_(None), col(Failure.last_at) < before)
        return forget(self._session, Failure, (*old, *unreferred(col(Failure.ref))), limit)

    def audit(self, before: datetime, limit: int) -> int:
        """Who did what. A refusal that was counted is as old as its last time. The database itself
        refuses to forget what is younger than a year."""
        repeated = exists().where(
            col(AuditRepetition.entry_id) == AuditEntry.id, col(AuditRepetition.last_at) >= before
        )
        found = select(AuditEntry.id).where(col(AuditEntry.at) < before, ~repeated).limit(limit)
        ids = list(self._session.exec(found))
        for begin in range(0, len(ids), AT_ONCE):
            part = ids[begin : begin + AT_ONCE]
            counts = delete(AuditRepetition).where(col(AuditRepetition.entry_id).in_(part))
            self._session.exec(counts)
            self._session.exec(delete(AuditEntry).where(col(AuditEntry.id).in_(part)))
        return len(ids)

    def changes(self, before: datetime, limit: int) -> int:
        """What the product was told, and what it did not take: else a product that is gone would
        have us keep everything. What it answered with that it wants nothing more stays: by that we
        know it."""
        last_word = and_(Change.status == ChangeStatus.STOPPED, col(Change.reason) == GONE)
        old = (col(Change.at) < before, ~last_word)
        return forget(self._session, Change, old, limit, col(ChangeMention.change_id))

    def api_requests(self, before: datetime, limit: int) -> int:
        """Calls of the API, and how they were answered: the same name means another call by
        then."""
        old = (col(ApiRequest.begun_at) < before,)
        return forget(self._session, ApiRequest, old, limit, col(ApiAnswer.request_id))
