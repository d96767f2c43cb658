"""Explains what failed: by the catalogue, and where that has only a default row by the causes that
on-call noted. These are read from the database each time, so every process knows them at once, and
a row of the catalogue that explains the same goes before them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.common.clock import Clock
from bot.diagnosis.catalogue import UNKNOWN, Catalogue, Row
from bot.diagnosis.matching import Matcher
from bot.diagnosis.observation import Observation
from bot.diagnosis.observe import clean
from bot.diagnosis.place import NOWHERE, Place
from bot.diagnosis.signature import Signature, again
from bot.diagnosis.verdict import RemedyKind, Verdict
from storage.database import Store, Transaction
from storage.tables import NotedCause, UnexplainedReply
from storage.vocabulary import Owner, Permanence, Scope, StepId

REACH = {
    Owner.ON_CALL: Scope.APPLICATION,
    Owner.MICROSOFT: Scope.MICROSOFT,
}
"""How far a noted cause reaches by nature; others are counted up from the mailbox."""

LATELY = timedelta(days=1)
"""So long a test that passed shows that our own side is in order."""

SAID = {"error", "suberror", "enhanced", "condition", "layer"}
"""What a matcher and an observation call the same, beside the words."""


def is_default(cause: str) -> bool:
    """Whether a cause only names the kind of a failure."""
    return cause.startswith(UNKNOWN)


@dataclass(frozen=True)
class Explainer:
    """Says what observations and kept causes mean, within somebody's transaction."""

    catalogue: Catalogue
    clock: Clock

    def explain(
        self, tx: Transaction, seen: Observation, customer_id: int | None = None
    ) -> Verdict:
        """What an observation means, at that customer. There is always an answer."""
        found = self.catalogue.explain(seen)
        if is_default(found.cause):
            return self._noted(tx).explain(seen) or found
        other = self.catalogue.rows[found.cause].elsewhere
        if other and self._goes_well_elsewhere(tx, {found.cause, other}, customer_id):
            return self.catalogue.verdict(other, Place.of(seen))
        return found

    def _goes_well_elsewhere(
        self, tx: Transaction, causes: Collection[str], customer_id: int | None
    ) -> bool:
        """Whether mailboxes of other customers passed their test lately, and none has what is
        explained now."""
        since = self.clock.now() - LATELY
        at_work = {other for cause in causes for other in tx.failures.spread(cause, since)}
        if at_work - {customer_id}:
            return False
        tested = tx.checks.passed_elsewhere(customer_id, since)
        return tested or tx.watches.passed_elsewhere(customer_id, since)

    def row(self, tx: Transaction, cause: str) -> Row | None:
        """The row of a cause, of the catalogue or noted."""
        known = self.catalogue.row(cause)
        noted = tx.noted.own(cause) if known is None else None
        return own_row(*noted) if noted else known

    def verdict(self, tx: Transaction, cause: str, place: Place = NOWHERE) -> Verdict:
        """What a cause that was found earlier at `place` means; one that is nowhere any more reads
        as unknown."""
        row = self.row(tx, cause)
        return row.verdict(place) if row else self.catalogue.verdict(cause, place)

    def read(self, tx: Transaction, pasted: str) -> Observation | None:
        """What a pasted text shows, where something explains it."""
        seen = self.catalogue.read(pasted)
        if seen is not None and not is_default(self.catalogue.explain(seen).cause):
            return seen
        noted = self._noted(tx)
        shown = self.catalogue.shown(pasted)
        return noted.read(pasted) or (noted.worded(pasted) if shown is None else None) or seen

    def _noted(self, tx: Transaction) -> "NotedRows":
        return NotedRows.of(self.catalogue, tx.noted.all())


@dataclass(frozen=True)
class NotedRows:
    """The noted causes as rows; `causes` are theirs by the names under which they stand here."""

    rows: Catalogue
    causes: Mapping[str, str]

    @classmethod
    def of(
        cls, catalogue: Catalogue, noted: Iterable[tuple[NotedCause, UnexplainedReply]]
    ) -> "NotedRows":
        """Of what is noted of replies. Each row has a name of its own here, since several notes may
        say that the cause is the same."""
        found = {f"noted-{note.id}": row_of(catalogue, note, reply) for note, reply in noted}
        rows = {name: row for name, row in found.items() if row is not None}
        renamed = {name: row.model_copy(update={"id": name}) for name, row in rows.items()}
        default = catalogue.rows[UNKNOWN]
        causes = {name: row.id for name, row in rows.items()}
        return cls(Catalogue({**renamed, UNKNOWN: default}), causes)

    def explain(self, seen: Observation) -> Verdict | None:
        """What an observation means, if that was noted."""
        found = self._for(seen).explain(seen)
        return None if is_default(found.cause) else self._named(found)

    def read(self, pasted: str) -> Observation | None:
        """What a pasted text shows, if that was noted."""
        seen = self.rows.read(pasted)
        return seen if seen is not None and self.explain(seen) else None

    def worded(self, pasted: str) -> Observation | None:
        """A reply whose words were noted, out of a text that has no form of a reply."""
        text = clean(pasted)
        for row in self.rows.rows.values():
            for one in row.match:
                said = one.model_dump(include=SAID)
                seen = Observation(row.where[0], **said, text=text)
                if one.text and one.fits(seen):
                    return seen
        return None

    def _for(self, seen: Observation) -> Catalogue:
        """A phrase does not explain a reply that has a number: who noted it did not know that
        one."""
        if not seen.codes:
            return self.rows
        by_number = {
            name: row
            for name, row in self.rows.rows.items()
            if is_default(name) or any(matcher.codes for matcher in row.match)
        }
        return Catalogue(by_number)

    def _named(self, found: Verdict) -> Verdict:
        return replace(found, cause=self.causes[found.cause])


def row_of(catalogue: Catalogue, noted: NotedCause, reply: UnexplainedReply) -> Row | None:
    """A noted cause as a row; None if it names a row that the catalogue has no more."""
    if noted.owner is not None:
        return own_row(noted, reply)
    known = catalogue.row(noted.cause)
    return known.model_copy(update=_met(noted, reply)) if known else None


def own_row(noted: NotedCause, reply: UnexplainedReply) -> Row:
    """A cause that a person put in words, as a row.

    Raises:
        pydantic.ValidationError: the words do not fit a row.
    """
    owner = noted.owner or Owner.SUPPORT
    kind = RemedyKind.USER if owner is Owner.USER else RemedyKind.NOTE
    return Row.model_validate(
        {
            "id": noted.cause,
            "title": noted.title,
            "customer": noted.customer,
            "support": noted.support,
            "owner": owner,
            "permanence": noted.permanence or Permanence.AFTER_FIX,
            "scope": _reach(owner, reply),
            "remedy": [(kind, line) for line in noted.remedy.splitlines()],
            "proof": reply.step if reply.step in set(StepId) else StepId.TOKEN,
            **_met(noted, reply),
        }
    )


def signature_of(reply: UnexplainedReply, text: str = "") -> Signature:
    """By what a remembered reply is known again; `text` are its words, masked already."""
    return replace(Signature.of(again(reply.seen, reply.step, "")), text=text)


def _met(noted: NotedCause, reply: UnexplainedReply) -> dict[str, object]:
    """Where the reply is met, and by what it is found."""
    signature = signature_of(reply)
    matcher = Matcher.model_validate(signature.matcher(noted.phrase))
    return {"where": signature.where, "match": (matcher,), "samples": ()}


def _reach(owner: Owner, reply: UnexplainedReply) -> Scope:
    """What Microsoft says of our application itself is never one mailbox's."""
    if reply.seen["error"] == "invalid_client":
        return Scope.APPLICATION
    return REACH.get(owner, Scope.MAILBOX)


@dataclass(frozen=True)
class Explanations:
    """The same for whoever has no transaction open."""

    store: Store
    explainer: Explainer

    def explain(self, seen: Observation) -> Verdict:
        """What an observation means."""
        with self.store.reading() as tx:
            return self.explainer.explain(tx, seen)

    def row(self, cause: str) -> Row | None:
        """The row of a cause, of the catalogue or noted."""
        with self.store.reading() as tx:
            return self.explainer.row(tx, cause)

    def verdict(self, cause: str) -> Verdict:
        """What a cause that was found earlier means."""
        with self.store.reading() as tx:
            return self.explainer.verdict(tx, cause)

    def read(self, pasted: str) -> Observation | None:
        """What a pasted text shows, where something explains it."""
        with self.store.reading() as tx:
            return self.explainer.read(tx, pasted)

    def shown(self, pasted: str) -> Observation | None:
        """What a pasted text shows, whether something explains it or not."""
        return self.explainer.catalogue.shown(pasted)

    def lookup_text(self, pasted: str) -> Verdict | None:
        """What a pasted text means. None if nothing explains it."""
        with self.store.reading() as tx:
            seen = self.explainer.read(tx, pasted)
            return self.explainer.explain(tx, seen) if seen else None
