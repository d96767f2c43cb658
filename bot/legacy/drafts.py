"""Imports of old accounts in the making: looked over row by row, mended, and taken."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.common.bindings import held_binding
from bot.common.clock import Clock
from bot.common.jobs import ReadFile
from bot.common.people import Person
from bot.common.refusals import Refused
from bot.legacy import importing
from bot.legacy.service import LegacyAccounts, problems
from bot.views.legacy_import import Review, Row, as_text
from storage.database import Store
from storage.tables import ListDraft

A_MOMENT = timedelta(seconds=1)

MAX_MENDED_LENGTH = 2800
"""So many characters of rows are mended at a time: a text field of Slack holds 3,000
(docs.slack.dev/reference/block-kit)."""


class Drafts:
    """Keeps imports while people look them over."""

    def __init__(self, store: Store, clock: Clock, old: LegacyAccounts) -> None:
        self._store = store
        self._clock = clock
        self._old = old

    def begin(self, channel_id: str, text: str, by: Person) -> Review:
        """Keep `text` to be looked over; nothing is imported yet.

        Raises:
            NotAList: there are no rows, or too many.
            Refused: the channel is bound to no customer.
        """
        rows = self._old.check(channel_id, text)
        if not rows:
            raise importing.NotAList("old.empty")
        with self._store.transaction() as tx:
            draft = ListDraft(
                customer_id=held_binding(tx, channel_id).customer_id,
                channel_id=channel_id,
                made_at=self._clock.now(),
                made_by_team=by.team,
                made_by_user=by.user,
                text=text,
            )
            tx.legacy.add_draft(draft)
        return _review(draft, rows, importing.header(text))

    def unfinished(self, customer_id: int) -> int:
        """The id of the customer's newest import that was begun and not taken; 0 if there is
        none."""
        with self._store.transaction() as tx:
            draft = tx.legacy.latest_draft(customer_id)
        return draft.id if draft is not None else 0

    def review(self, draft_id: int) -> Review:
        """How an import stands that was begun before.

        Raises:
            Refused: it was taken or forgotten meanwhile.
        """
        return self._review(self._draft(draft_id))

    def take(self, draft_id: int, mended: str, by: Person) -> Review:
        """Import every good row, and those of the rows to mend that are good as `mended`. What is
        still wrong stays; a row that was taken out of the field is let go.

        Raises:
            Refused: the import was taken already.
            NotAList: there are too many rows.
        """
        draft = self._draft(draft_id)
        channel_id = draft.channel_id
        before = self._review(draft)
        again = _beside(before.good, self._old.check(channel_id, mended))
        good = [*before.good, *(row for row in again if not row.problem)]
        taken = self._old.import_rows(channel_id, good, by)
        header = importing.header(mended) or before.header
        left = [*problems(again), *before.wrong[len(before.mend) :]]
        text = as_text(header, left)
        with self._store.transaction() as tx:
            tx.legacy.put_draft(draft_id, text if left else "", self._clock.now())
        # Checked anew: what is wrong with a row may have changed with what was imported
        wrong = problems(self._old.check(channel_id, text))
        return replace(_review(draft, wrong, header), taken=taken)

    def have_file_read(self, channel_id: str, file_id: str, view_id: str, by: Person) -> None:
        """Have the worker read an uploaded file and show it in the window `view_id`: a moment
        later, so that what it shows comes after the window that says so.

        Raises:
            Refused: the channel is bound to no customer, or to one that was offboarded.
        """
        with self._store.transaction() as tx:
            work = ReadFile(
                customer_id=held_binding(tx, channel_id).customer_id,
                channel_id=channel_id,
                file_id=file_id,
                view_id=view_id,
                team=by.team,
                user=by.user,
                place=by.place,
            )
            tx.jobs.add(work, self._clock.now() + A_MOMENT)

    def _review(self, draft: ListDraft) -> Review:
        rows = self._old.check(draft.channel_id, draft.text)
        return _review(draft, rows, importing.header(draft.text))

    def _draft(self, draft_id: int) -> ListDraft:
        with self._store.transaction() as tx:
            draft = tx.legacy.draft(draft_id)
        if draft is None:
            raise Refused("old.draft_gone")
        return draft


def _review(draft: ListDraft, rows: Sequence[Row], header: str) -> Review:
    wrong = problems(rows)
    return Review(
        draft_id=draft.id,
        good=[row for row in rows if not row.problem],
        wrong=wrong,
        mend=_that_fit(wrong, header),
        header=header,
        channel_id=draft.channel_id,
    )


def _beside(good: Sequence[Row], mended: Sequence[Row]) -> list[Row]:
    """Mended rows, of which none may have the address of another row of the list."""
    known = {row.address.lower() for row in good}
    return [
        replace(row, problem="old.twice")
        if not row.problem and row.address.lower() in known
        else row
        for row in mended
    ]


def _that_fit(wrong: Sequence[Row], header: str) -> Sequence[Row]:
    room = MAX_MENDED_LENGTH - len(header)
    for number, row in enumerate(wrong):
        room -= len(row.text) + 1
        if room < 0 and number:
            return wrong[:number]
    return wrong
