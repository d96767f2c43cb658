"""The error catalogue: one row a cause, kept as data.

How a row is found: every matcher of every row is compared with the observation's fields; of those
that hold, the one that names the most (and the most telling) fields wins, and a default row per
kind of failure always holds.

What is decided by whom: numbers and texts choose the explanation only. Microsoft warns that they
change ("Apps that take a dependency on text or error code numbers will be broken over time",
entra-docs reference-error-codes). So a row found by number or text may not contradict the
protocol's own fields: a network fault is never an account's, a busy server (HTTP 429/5xx, SMTP 4xx,
an IMAP back-off) is always tried again, and where no number says more than `invalid_client`, no
person mends it who signs in.

The other way round, an error word does not speak for what nobody knows: a reply whose number,
suberror or status is in no row says more than the word above it, so only a row says something of
it whose id begins with ``unknown``.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from bot.diagnosis.lost_codes import LostCodes
from bot.diagnosis.matching import Matcher, busy
from bot.diagnosis.observation import Observation, Where
from bot.diagnosis.pasted import readings
from bot.diagnosis.place import NOWHERE, Place
from bot.diagnosis.reading import Explained, Vocabulary, the_one_that_counts
from bot.diagnosis.verdict import Remedy, Verdict, remedy
from storage.vocabulary import Owner, Permanence, Scope, StepId

FOLDER = Path(__file__).with_name("catalogue")
REMEDIES = "remedies.toml"
"""The remedies that several rows share, by name."""

NUMBERS = "numbers.toml"
"""Which row a number of Microsoft's has."""

SHORTEST = 9
"""So long a name of Microsoft's for a number is at least to be known by it."""

APPROVAL = "@admin-consent"
"""The remedy of what an administrator mends by approving our application."""

UNKNOWN = "unknown"
"""The row that explains what no other does. The rows that only name the kind of a failure are
called ``unknown-…``."""

OAUTH = (Where.TOKEN, Where.AUTHORIZE, Where.ADMIN_CONSENT)
"""Where Microsoft answers a sign-in."""

ORDINARY_REFUSALS = frozenset({None, 400, 401})
"""The HTTP statuses under which an OAuth error is told (RFC 6749, 5.2)."""

AROUND = frozenset({50000, 70000, 70002, 90023})
"""Numbers that Microsoft puts around a more telling one ("AADSTS70002: Error validating
credentials. AADSTS70008: …")."""

HELPED_LAST = (
    Permanence.RETRY,
    Permanence.SIGN_IN_AGAIN,
    Permanence.AFTER_FIX,
    Permanence.NEVER,
)
"""Of several causes in one reply the later one stands in the way of what mends the earlier."""

Step = Sequence[str]
"""A step of a remedy as a file has it: its kind, its text, and whom it is for."""

Snippets = Mapping[str, Sequence[Step]]


class CatalogueError(Exception):
    """The data does not fit the schema; the text names file and row."""


class Row(BaseModel):
    """One cause. `samples` are replies as servers really give them; a test shows that each finds
    this row. `elsewhere`: the row that explains them instead where all goes well at other
    customers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    where: tuple[Where, ...]
    title: str = Field(min_length=5, max_length=70)
    customer: str = Field(min_length=20, max_length=400)
    support: str = Field(min_length=20, max_length=900)
    owner: Owner
    permanence: Permanence
    scope: Scope
    remedy: tuple[Remedy, ...] = ()
    link: str = ""
    proof: StepId | None = None
    approval: bool = False
    elsewhere: str = ""
    match: tuple[Matcher, ...] = ()
    samples: tuple[dict[str, Any], ...]

    @model_validator(mode="before")
    @classmethod
    def _with_steps(cls, raw: dict[str, Any]) -> dict[str, Any]:
        steps = [remedy(step, Owner(raw.get("owner", ""))) for step in raw.get("remedy", ())]
        return {**raw, "remedy": steps}

    def weight(self, seen: Observation) -> int:
        """How much of the observation it names."""
        return max((one.weight for one in self.match if one.fits(seen)), default=0)

    def verdict(self, place: Place = NOWHERE) -> Verdict:
        """The row as people read it, of a failure at `place`."""
        return Verdict(
            cause=self.id,
            title=place.named_in(self.title),
            customer=place.named_in(self.customer),
            support=place.named_in(self.support),
            owner=self.owner,
            permanence=self.permanence,
            scope=self.scope,
            remedy=tuple(replace(step, text=place.named_in(step.text)) for step in self.remedy),
            link=self.link,
            proof=self.proof,
            approval=self.approval,
        )


@dataclass(frozen=True)
class Catalogue:
    """All rows, by their ids."""

    rows: Mapping[str, Row]
    names: Mapping[str, int] = field(default_factory=dict)
    """Microsoft's names for its numbers."""

    def row(self, cause: str) -> Row | None:
        """The row of a cause."""
        return self.rows.get(cause)

    def verdict(self, cause: str, place: Place = NOWHERE) -> Verdict:
        """What a cause that was found earlier at `place` means; a cause that is no longer in the
        data reads as unknown."""
        return (self.rows.get(cause) or self.rows[UNKNOWN]).verdict(place)

    def explain(self, seen: Observation) -> Verdict:
        """What an observation means. There is always an answer."""
        found = self._find(seen).verdict(Place.of(seen))
        # A default row may be found for a busy server; the protocol still says: try again.
        return replace(found, permanence=Permanence.RETRY) if busy(seen) else found

    def lookup_text(self, pasted: str) -> Verdict | None:
        """What a pasted error text means: an AADSTS number in it, an SMTP or IMAP reply, an OAuth
        error. None if it means nothing to us."""
        seen = self.read(pasted)
        return self._find(seen).verdict() if seen else None

    def read(self, pasted: str) -> Observation | None:
        """What a pasted error text shows: of the failures in it that a row explains the one that
        counts; None if no row explains any."""
        shown = list(self._shown(pasted))
        known = [one for one, row in shown if not _says_little(row)]
        # words that may mean much say nothing of a reply that is there, and new to us
        new = any(one.reading.sure for one, row in shown if _says_little(row))
        return the_one_that_counts(one for one in known if not (new and one.reading.vague))

    def shown(self, pasted: str) -> Observation | None:
        """The same of all failures in the text, whether a row explains them or not."""
        return the_one_that_counts(one for one, _ in self._shown(pasted))

    def _shown(self, pasted: str) -> Iterator[tuple[Explained, Row]]:
        for reading in readings(pasted, self._vocabulary):
            for seen in reading.meant:
                row = self._find(seen)
                yield Explained(reading, seen, row.permanence, row.weight(seen)), row

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        graph = self._errors(Where.GRAPH)
        names = {name: number for name, number in self.names.items() if name not in graph}
        return Vocabulary(self._errors(Where.TOKEN), graph, names, LostCodes(self._replies()))

    def _replies(self) -> Iterator[tuple[str, int, str]]:
        """The known replies of SMTP: of which row, with which status, in which words."""
        for row in self.rows.values():
            if Where.SMTP in row.where and not _says_little(row):
                for sample in row.samples:
                    if "message" in sample:
                        yield row.id, sample["code"], sample["message"]

    def _errors(self, where: Where) -> frozenset[str]:
        """The errors that rows of a protocol name."""
        rows = [row for row in self.rows.values() if where in row.where]
        return frozenset(word for row in rows for one in row.match for word in one.error.split())

    def _find(self, seen: Observation) -> Row:
        fitting = [
            (_rank(row, matcher, seen), row.id)
            for row in self.rows.values()
            if seen.where in row.where
            for matcher in row.match
            if matcher.fits(seen) and not _contradicts(row, matcher, seen)
            if _says_little(row) or not self._guesses(matcher, seen)
        ]
        # of equal ranks the id decides, so that the answer does not hang on the files' order
        return self.rows[max(fitting)[1]] if fitting else self.rows[UNKNOWN]

    def _guesses(self, matcher: Matcher, seen: Observation) -> bool:
        """Whether the matcher goes by words of the protocol although the reply has a number, a
        suberror or a status that no row knows."""
        if seen.where not in OAUTH or matcher.codes or matcher.text:
            return False
        number = bool(seen.codes) and self._numbers.isdisjoint(seen.codes)
        suberror = bool(seen.suberror) and seen.suberror not in self._suberrors
        status = seen.status not in ORDINARY_REFUSALS and not busy(seen)
        return number or suberror or (status and not matcher.status)

    @cached_property
    def _numbers(self) -> frozenset[int]:
        return frozenset(number for matcher in self._matchers for number in matcher.codes)

    @cached_property
    def _suberrors(self) -> frozenset[str]:
        return frozenset(matcher.suberror for matcher in self._matchers)

    @cached_property
    def _matchers(self) -> Sequence[Matcher]:
        return [matcher for row in self.rows.values() for matcher in row.match]


@dataclass(frozen=True)
class Application:
    """Our application as Microsoft's portal shows it to administrators: its name, and its client
    ID."""

    name: str = "Maildesk"
    client_id: str = "<client-id>"

    def named_in(self, text: str) -> str:
        """The text with the application in the place of ``<application>`` and ``<client-id>``."""
        return text.replace("<application>", self.name).replace("<client-id>", self.client_id)


OURS = Application()
"""As the documents call it."""


@cache
def load(application: Application = OURS) -> Catalogue:
    """The bot's own catalogue; its files are read once a process. `application`: ours, as its texts
    call it."""
    return read(FOLDER, application)


def read(folder: Path, application: Application = OURS) -> Catalogue:
    """Read and check a catalogue's files.

    Raises:
        CatalogueError: a row does not fit the schema, or stands twice.
    """
    rows: dict[str, Row] = {}
    snippets = _snippets(folder / REMEDIES)
    numbers = _numbers(folder / NUMBERS)
    for file in sorted(folder.glob("*.toml")):
        for number, raw in enumerate(_raw_rows(file), 1):
            source = f"{file.name}, row {number} ({raw.get('id', '?')})"
            row = _naming(_checked(raw, snippets, source), application)
            row = _numbered(row, numbers.pop(row.id, ()))
            if row.id in rows:
                raise CatalogueError(f"{file.name}: {row.id} stands twice")
            rows[row.id] = row
    if numbers:
        raise CatalogueError(f"{NUMBERS}: there is no row {', '.join(numbers)}")
    for row in rows.values():
        if row.elsewhere and row.elsewhere not in rows:
            raise CatalogueError(f"{row.id}: there is no row {row.elsewhere}")
    if UNKNOWN not in rows:
        raise CatalogueError(f"there is no row '{UNKNOWN}'")
    return Catalogue(rows, _names(folder / NUMBERS))


def _raw_rows(file: Path) -> Sequence[Mapping[str, Any]]:
    rows: list[dict[str, Any]] = tomllib.loads(file.read_text(encoding="utf-8")).get("row", [])
    return rows


def _snippets(file: Path) -> Snippets:
    """The shared remedies, each step with whom the whole is for where the file says so."""
    shared = tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {"steps": {}}
    whose = {name: [who] for name, who in shared.get("for", {}).items()}
    return {
        name: [[*step, *whose.get(name, [])] for step in steps]
        for name, steps in shared["steps"].items()
    }


def _numbers(file: Path) -> dict[str, Sequence[int]]:
    """The numbers of each row that has some."""
    found: dict[str, list[int]] = {}
    raw = tomllib.loads(file.read_text(encoding="utf-8"))["numbers"] if file.exists() else {}
    for number, (cause, *_) in raw.items():
        found.setdefault(cause, []).append(int(number))
    return dict(found)


def _names(file: Path) -> dict[str, int]:
    """Microsoft's names for numbers, where only one is called so, and no word of anybody's."""
    raw = tomllib.loads(file.read_text(encoding="utf-8"))["numbers"] if file.exists() else {}
    named = [(told[1], int(number)) for number, told in raw.items() if len(told) > 1]
    often = Counter(name for name, _ in named)
    return {name: number for name, number in named if often[name] == 1 and len(name) >= SHORTEST}


def _numbered(row: Row, numbers: Sequence[int]) -> Row:
    """The row with a matcher for the numbers that the table gives to it."""
    if not numbers:
        return row
    return row.model_copy(update={"match": (*row.match, Matcher(codes=tuple(numbers)))})


def _checked(raw: Mapping[str, Any], snippets: Snippets, source: str) -> Row:
    """A row as it stands in a file, with the shared remedies that it names written out; `source` is
    told where it is wrong."""
    steps: Sequence[str | Step] = raw.get("remedy", ())
    unknown = [step for step in steps if isinstance(step, str) and step[1:] not in snippets]
    if unknown:
        raise CatalogueError(f"{source}: no remedy is called {unknown[0]}")
    written = [part for step in steps for part in _expanded(step, snippets)]
    try:
        row = Row.model_validate({**raw, "remedy": written, "approval": APPROVAL in steps})
        for matcher in row.match:
            re.compile(matcher.text)
    except (ValidationError, re.error) as error:
        raise CatalogueError(f"{source}: {error}") from None
    return row


def _naming(row: Row, application: Application) -> Row:
    """The row with our application called as Microsoft's portal calls it."""
    texts = {
        field: application.named_in(getattr(row, field))
        for field in ("title", "customer", "support")
    }
    steps = tuple(replace(step, text=application.named_in(step.text)) for step in row.remedy)
    return row.model_copy(update={**texts, "remedy": steps})


def _expanded(step: str | Step, snippets: Snippets) -> Sequence[Step]:
    """A step as it stands, or the steps of the shared remedy that it names (``@name``)."""
    return snippets[step[1:]] if isinstance(step, str) else [step]


def _contradicts(row: Row, matcher: Matcher, seen: Observation) -> bool:
    """Whether a row says something else than the protocol's own fields. Where our application was
    refused, no person of the customer's mends it with a sign-in, unless a number of Microsoft's
    says that it was about them: the number is the reason, the word only its class."""
    if busy(seen):
        return row.permanence is not Permanence.RETRY
    return seen.error == "invalid_client" and row.owner is Owner.USER and not matcher.codes


def _rank(row: Row, matcher: Matcher, seen: Observation) -> tuple[int, ...]:
    """How well a matcher explains a reply: by how much it names, and of several numbers in one
    reply by the most telling. What is unknown speaks only where nobody else does."""
    matched = [place for place, code in enumerate(seen.codes) if code in matcher.numbers]
    inner = any(seen.codes[place] not in AROUND for place in matched)
    return (
        not _says_little(row),
        matcher.weight,
        inner,
        # of numbers that are only put around others, the inner one is the reason
        HELPED_LAST.index(row.permanence) if inner else 0,
        # Microsoft puts the inner one last
        max(matched, default=0),
    )


def _says_little(row: Row) -> bool:
    return row.id.startswith(UNKNOWN)
