"""The catalogue learns from its own field: a daily list of what only a default row explained, and
the causes that on-call notes on it."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Protocol

from bot.common import audit
from bot.common.clock import Clock
from bot.common.jobs import CheckAccount, ExplainAgain
from bot.common.people import Person
from bot.common.refusals import Refused
from bot.diagnosis.explainer import is_default
from bot.diagnosis.failures import Failures
from bot.diagnosis.note import Note
from bot.diagnosis.note_checks import check, check_fit, slug, take_over
from bot.diagnosis.signature import again
from bot.messages import notices
from storage.database import Store, Transaction
from storage.tables import Account, Failure, NotedCause, UnexplainedReply
from storage.vocabulary import Owner

MAX_LISTED = 15
"""So many replies stand in one list; what is left out stands in the next day's."""

REMEMBERED = timedelta(days=90)
"""A reply that was not seen for so long, and of which nothing is noted, is forgotten."""


SOME = 10
"""Among so many of its newest sightings an example is looked for: not all have words."""

OnExplained = Callable[[Transaction, Account, Failure], object]


class WorkingHours(Protocol):
    """When engineers read what is not urgent."""

    def day(self, at: datetime) -> date:
        """Which day it is where they are."""
        ...

    def includes(self, at: datetime) -> bool:
        """Whether they work at that moment."""
        ...


class Noting:
    """Lists replies, and keeps what is noted of them."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        failures: Failures,
        hours: WorkingHours,
        alert_channel: str,
        on_explained: OnExplained,
    ) -> None:
        """`on_explained` is called when a failure of an account means something else by now, within
        the transaction that keeps that."""
        self._store = store
        self._clock = clock
        self._failures = failures
        self._catalogue = failures.explainer.catalogue
        self._hours = hours
        self._alert_channel = alert_channel
        self._on_explained = on_explained

    def list_due(self) -> int:
        """Once a working day, list what is not explained and was seen since the last list; how many
        lists were made. A day without such replies has none."""
        now = self._clock.now()
        if not self._hours.includes(now):
            return 0
        day = self._hours.day(now).isoformat()
        with self._store.transaction() as tx:
            tx.unexplained.forget(now - REMEMBERED)
            pending = [each for each in tx.unexplained.pending() if not self._explained(tx, each)]
            if not pending or not tx.channels.first_sight(f"unexplained:{day}", now):
                return 0
            for reply in pending[:MAX_LISTED]:
                reply.listed_on = day
                reply.listed_at = now
            notices.show_unexplained(tx, day, self._alert_channel, now)
        return 1

    def note(self, reply_id: int, stand: str, note: Note, by: Person) -> str:
        """Keep `note` as the cause of a reply, and have it explain from now on; the cause's ID.
        `stand`: what was noted when the form was opened, as `stand_of` says it.

        Raises:
            Refused: the reply is forgotten, or somebody else was quicker.
            NotNoted: the note cannot be taken as it is.
        """
        now = self._clock.now()
        with self._store.transaction() as tx:
            reply, noted = self._held(tx, reply_id, stand)
            text = text_of(tx, reply)
            check(note, reply, text, self._catalogue)
            before = noted.cause if noted else ""
            noted = noted or NotedCause(
                reply_id=reply.id, cause="", noted_by_team=by.team, noted_by_user=by.user
            )
            take_over(noted, note, self._name(tx, note, reply, before))
            check_fit(noted, reply, text, self._catalogue)
            noted.noted_by_team = by.team
            noted.noted_by_user = by.user
            noted.noted_at = now
            tx.noted.keep(noted)
            detail = {"cause": noted.cause, "before": before, "phrase": noted.phrase}
            audit.record(tx, by, "cause.noted", str(reply.id), now, **detail)
            self._follow(tx, reply, noted.cause)
            return noted.cause

    def take_back(self, reply_id: int, stand: str, by: Person) -> None:
        """Nothing is noted of a reply any more: it is unexplained again.

        Raises:
            Refused: as for `note`.
        """
        with self._store.transaction() as tx:
            reply, noted = self._held(tx, reply_id, stand)
            if noted is None:
                raise Refused("unexplained.quicker")
            now = self._clock.now()
            audit.record(tx, by, "cause.taken_back", str(reply.id), now, cause=noted.cause)
            tx.noted.take_back(noted)
            self._follow(tx, reply, noted.cause)

    def explain_again(self, work: ExplainAgain) -> None:
        """Do the job of having failures mean what is known of them by now."""
        with self._store.reading() as tx:
            failures = tx.unexplained.open_failures()
        for failure in failures:
            with self._store.transaction() as tx:
                self._explain(tx, failure.ref, failure.account_id, work.cause)

    def catch_up(self) -> int:
        """Have failures mean what this release knows of them, where an earlier one took them for a
        cause that is gone or somebody else's by now; how many there were."""
        with self._store.reading() as tx:
            old = [each for each in tx.failures.meanings_at_work() if self._is_old(tx, *each)]
            failures = [each for meaning in old for each in tx.failures.taken_for(*meaning)]
        for failure in failures:
            with self._store.transaction() as tx:
                self._explain(tx, failure.ref, failure.account_id, failure.cause)
        return len(failures)

    def _is_old(self, tx: Transaction, cause: str, owner: Owner) -> bool:
        row = self._failures.explainer.row(tx, cause)
        return row is None or row.owner is not owner

    def _explain(self, tx: Transaction, ref: str, account_id: int | None, cause: str) -> None:
        """What told of the failure tells its cause; a test, or what was refused, says whose turn it
        is now."""
        account = tx.accounts.lock(account_id) if account_id else None
        failure = tx.failures.get(ref)
        if failure is None:  # its customer was erased just now
            return
        changed = self._failures.explain_again(tx, failure)
        if account is None or not (changed or failure.cause == cause):
            return
        now = self._clock.now()
        test = tx.checks.with_error(account.id, failure.ref)
        if test is not None:
            notices.show_test(tx, account, test, now)
        notices.show_card(tx, account, now)
        if changed:
            self._on_explained(tx, account, failure)
        if changed and account.object_id:
            tx.jobs.add(CheckAccount(account_id=account.id), now, sooner=True)

    def _held(
        self, tx: Transaction, reply_id: int, stand: str
    ) -> tuple[UnexplainedReply, NotedCause | None]:
        reply = tx.unexplained.lock(reply_id)
        if reply is None:
            raise Refused("unexplained.forgotten")
        noted = tx.noted.of(reply.id)
        if stand_of(noted) != stand:
            raise Refused("unexplained.quicker")
        return reply, noted

    def _explained(self, tx: Transaction, reply: UnexplainedReply) -> bool:
        """Whether the catalogue of this release, or another note, explains it by now."""
        seen = again(reply.seen, reply.step, text_of(tx, reply))
        return not is_default(self._failures.explainer.explain(tx, seen).cause)

    def _name(self, tx: Transaction, note: Note, reply: UnexplainedReply, before: str) -> str:
        """What a new cause is called: after its title, and always the same from then on."""
        if before and tx.noted.own(before):
            return before
        name = slug(note.title) or f"noted-{reply.id}"
        taken = self._catalogue.row(name) or tx.noted.own(name) or is_default(name)
        return f"{name}-{reply.id}" if taken else name

    def _follow(self, tx: Transaction, reply: UnexplainedReply, cause: str) -> None:
        now = self._clock.now()
        tx.jobs.add(ExplainAgain(cause=cause), now)
        if reply.listed_on:
            notices.show_unexplained(tx, reply.listed_on, self._alert_channel, now)


def text_of(tx: Transaction, reply: UnexplainedReply) -> str:
    """A reply's words as they came last, without what names anybody; empty where nobody has it any
    more."""
    newest = tx.unexplained.newest(reply.id, SOME)
    return next((sighting.text for sighting in newest if sighting.text), "")


def stand_of(noted: NotedCause | None) -> str:
    """By what a later look knows whether somebody changed the note meanwhile."""
    return noted.noted_at.isoformat() if noted else ""
