"""Lists of old accounts in the making: looked over row by row, mended, and taken; what is not taken
yet stays."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.common.clock import Clock
from bot.common.people import Person
from bot.common.refusals import Refused
from bot.legacy import importing
from bot.legacy.importing import Row
from bot.legacy.service import LegacyAccounts, problems
from storage.database import Store
from storage.tables import Channel, ListDraft

MAX_MENDED_LENGTH = 2800
"""So many characters of rows are mended at a time: a text field of Slack holds 3,000
(docs.slack.dev/reference/block-kit)."""


@dataclass(frozen=True)
class Review:
    """What taking a list would do: `good` rows can be taken, `wrong` ones cannot; `mend` are those
    of them that are mended next, under the line that heads the columns, if there is one. `taken`:
    how many were taken just now."""

    draft_id: int
    good: Sequence[Row]
    wrong: Sequence[Row]
    mend: Sequence[Row]
    header: str = ""
    taken: int = 0

    @property
    def field(self) -> str:
        """The rows to mend, as they were written."""
        return _lines(self.header, self.mend) if self.mend else ""


class Drafts:
    """Keeps lists while people look them over."""

    def __init__(self, store: Store, clock: Clock, old: LegacyAccounts) -> None:
        self._store = store
        self._clock = clock
        self._old = old

    def begin(self, channel: Channel, text: str, by: Person) -> Review:
        """Keep `text` as a list to look over; nothing is taken yet.

        Raises:
            NotAList: there are no rows, or too many.
        """
        rows = self._old.check(channel, text)
        if not rows:
            raise importing.NotAList("old.empty")
        draft = ListDraft(
            customer_id=channel.customer_id,
            channel_id=channel.id,
            made_at=self._clock.now(),
            made_by_team=by.team,
            made_by_user=by.user,
            text=text,
        )
        with self._store.transaction() as tx:
            draft_id = tx.legacy.add_draft(draft).id
        return _review(draft_id, rows, importing.header(text))

    def review(self, draft: ListDraft, channel: Channel) -> Review:
        """How a list stands that was begun before."""
        return _review(draft.id, self._old.check(channel, draft.text), importing.header(draft.text))

    def take(self, draft: ListDraft, channel: Channel, mended: str, by: Person) -> Review:
        """Take every good row of the list, and those of the rows to mend that are good as `mended`.
        What is still wrong stays; a row that was taken out of the field is let go.

        Raises:
            Refused: the list was taken already.
            NotAList: there are too many rows.
        """
        before = self.review(draft, channel)
        with self._store.transaction() as tx:
            if tx.legacy.draft(before.draft_id) is None:
                raise Refused("old.draft_gone")
        again = _beside(before.good, self._old.check(channel, mended))
        taken = self._old.take(
            channel, [*before.good, *(row for row in again if not row.problem)], by
        )
        head = importing.header(mended) or before.header
        left = [*problems(again), *before.wrong[len(before.mend) :]]
        with self._store.transaction() as tx:
            tx.legacy.put_draft(
                before.draft_id, _lines(head, left) if left else "", self._clock.now()
            )
        after = _review(
            before.draft_id, problems(self._old.check(channel, _lines(head, left))), head
        )
        return Review(after.draft_id, after.good, after.wrong, after.mend, head, taken)


def _review(draft_id: int, rows: Sequence[Row], header: str) -> Review:
    wrong = problems(rows)
    return Review(
        draft_id, [row for row in rows if not row.problem], wrong, _that_fit(wrong, header), header
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


def _lines(header: str, rows: Sequence[Row]) -> str:
    return "\n".join([*filter(None, [header]), *(row.text for row in rows)])
