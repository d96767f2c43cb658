"""Unexplained replies as on-call sees them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.diagnosis.explainer import Explainer, is_default, row_of, signature_of
from bot.diagnosis.note import Note
from bot.diagnosis.noting import MAX_LISTED, stand_of, text_of
from storage.database import Store, Transaction
from storage.tables import NotedCause, UnexplainedReply

MAX_ERRORS = 3


@dataclass(frozen=True)
class NotedView:
    """What somebody noted of a reply: `title` is the cause's, `note` what they filled in, and
    `stand` by what a later change is known."""

    cause: str
    title: str
    by_user: str
    at: datetime
    note: Note
    stand: str


@dataclass(frozen=True)
class ReplyView:
    """A reply that nothing explained.

    Attributes:
        where: which conversation it belongs to, as a word.
        number: by which number or code it is known; empty where it has none.
        phrase: the part of the text that is the same each time; empty where `number` is enough.
        can_be_told: whether it can be told from other replies, so that a cause can be noted.
        text: its words as they came last, without what names anybody.
        first_at: None where everybody who had it was erased.
        errors: its newest error IDs.
    """

    id: int
    where: str
    number: str
    phrase: str
    can_be_told: bool
    text: str
    count: int
    mailboxes: int
    customers: int
    first_at: datetime | None
    last_at: datetime | None
    errors: Sequence[str]
    noted: NotedView | None = None


@dataclass(frozen=True)
class CauseName:
    """A cause of the catalogue that can be chosen."""

    id: str
    title: str


@dataclass(frozen=True)
class DailyList:
    """The replies of a day's list, and how many more wait for the next one."""

    replies: Sequence[ReplyView]
    left_out: int


class UnexplainedCards:
    """Reads what is shown of unexplained replies, as they stand now."""

    def __init__(self, store: Store, explainer: Explainer) -> None:
        self._store = store
        self._explainer = explainer

    def daily(self, day: str) -> DailyList:
        """The list of a day, what comes most often first."""
        with self._store.reading() as tx:
            listed = tx.unexplained.listed(day)
            replies = [self._view(tx, reply) for reply in listed]
            full = len(listed) >= MAX_LISTED
            left_out = len(tx.unexplained.pending()) if full else 0
        return DailyList(sorted(replies, key=lambda reply: -reply.count), left_out)

    def reply(self, reply_id: int) -> ReplyView | None:
        """One reply; None where it is forgotten."""
        with self._store.reading() as tx:
            reply = tx.unexplained.get(reply_id)
            return self._view(tx, reply) if reply else None

    def causes(self) -> list[CauseName]:
        """What can be chosen as a cause, in the order of the titles."""
        rows = self._explainer.catalogue.rows.values()
        names = [CauseName(row.id, row.title) for row in rows if not is_default(row.id)]
        return sorted(names, key=lambda name: name.title.casefold())

    def _view(self, tx: Transaction, reply: UnexplainedReply) -> ReplyView:
        text = text_of(tx, reply)
        signature = signature_of(reply, text)
        spread = tx.unexplained.spread(reply.id)
        newest = tx.unexplained.newest(reply.id, MAX_ERRORS)
        noted = tx.noted.of(reply.id)
        return ReplyView(
            id=reply.id,
            where=signature.where[0].value,
            number=signature.number,
            phrase=signature.phrase,
            can_be_told=signature.can_be_told,
            text=text,
            count=spread.count,
            mailboxes=spread.mailboxes,
            customers=spread.customers,
            first_at=spread.first_at,
            last_at=spread.last_at,
            errors=[each.failure_ref for each in newest if each.failure_ref],
            noted=self._noted(noted, reply) if noted else None,
        )

    def _noted(self, noted: NotedCause, reply: UnexplainedReply) -> NotedView:
        row = row_of(self._explainer.catalogue, noted, reply)
        own = noted.owner is not None
        note = Note(
            cause="" if own else noted.cause,
            phrase=noted.phrase,
            title=noted.title,
            customer=noted.customer,
            support=noted.support,
            owner=noted.owner or "",
            permanence=noted.permanence or "",
            remedy=noted.remedy,
        )
        title = row.title if row else noted.cause
        return NotedView(
            noted.cause, title, noted.noted_by_user, noted.noted_at, note, stand_of(noted)
        )
