"""The error catalogue: one row a cause, kept as data.

How a row is found: every matcher of every row is compared with the observation's fields; of those
that hold, the one that names the most (and the most telling) fields wins, and a default row per
kind of failure always holds.

What is decided by whom: numbers and texts choose the explanation only. Microsoft warns that they
change ("Apps that take a dependency on text or error code numbers will be broken over time",
entra-docs reference-error-codes). So a row found by number or text may not contradict the
protocol's own fields: a network fault is never an account's, a busy server (HTTP 429/5xx, SMTP 4xx,
an IMAP back-off) is always tried again, and `invalid_client` is always the application's.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from bot.diagnosis.observation import Condition, Layer, Observation, Where
from bot.diagnosis.pasted import readings
from bot.diagnosis.verdict import Remedy, Verdict, remedy
from storage.vocabulary import Owner, Permanence, Scope, StepId

FOLDER = Path(__file__).with_name("catalogue")
REMEDIES = "remedies.toml"
"""The remedies that several rows share, by name."""

APPROVAL = "@admin-consent"
"""The remedy of what an administrator mends by approving our application."""

UNKNOWN = "unknown"
"""The row that explains what no other does. The rows that only name the kind of a failure are
called ``unknown-…``."""

MAX_PASTED_LENGTH = 2000
"""So much of a pasted text is read: the replies of servers are shorter, and every word of it that
may be an error is looked for in every row."""

Step = Sequence[str]
"""A step of a remedy as a file has it: its kind, its text, and whom it is for."""

Snippets = Mapping[str, Sequence[Step]]

WEIGHTS = {
    "codes": 40,
    "text": 30,
    "enhanced": 20,
    "suberror": 12,
    "error": 10,
    "condition": 8,
    "layer": 7,
    "status": 6,
    "step": 4,
    "status_class": 2,
}
"""How much each field tells, from a number that names one cause down to the class of a reply."""


class CatalogueError(Exception):
    """The data does not fit the schema; the text names file and row."""


class Matcher(BaseModel):
    """Holds when every field that it names fits the observation. `enhanced` may be a family
    (``5.7.``) or a range (``5.7.700-749``); `text` is a pattern, in any case."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    error: str = ""
    suberror: str = ""
    codes: tuple[int, ...] = ()
    status: int = 0
    status_class: int = 0
    enhanced: str = ""
    condition: Condition | None = None
    layer: Layer | None = None
    step: str = ""
    text: str = ""

    def fits(self, seen: Observation) -> bool:
        """Whether the observation has everything that this matcher names."""
        return (
            (not self.error or self.error == seen.error)
            and (not self.suberror or self.suberror == seen.suberror)
            and (not self.codes or bool(set(self.codes) & set(seen.codes)))
            and (not self.status or self.status == seen.status)
            and (not self.status_class or self.status_class == (seen.status or 0) // 100)
            and (not self.enhanced or _same_enhanced(self.enhanced, seen.enhanced))
            and (not self.condition or self.condition is seen.condition)
            and (not self.layer or self.layer is seen.layer)
            and (not self.step or self.step == seen.step)
            and (not self.text or bool(self._pattern.search(seen.text)))
        )

    @property
    def weight(self) -> int:
        """How much it names."""
        return sum(weight for field, weight in WEIGHTS.items() if getattr(self, field))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(self.text, re.IGNORECASE)


class Row(BaseModel):
    """One cause. `samples` are replies as servers really give them; a test shows that each finds
    this row."""

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
    match: tuple[Matcher, ...]
    samples: tuple[dict[str, Any], ...]

    @model_validator(mode="before")
    @classmethod
    def _with_steps(cls, raw: dict[str, Any]) -> dict[str, Any]:
        steps = [remedy(step, Owner(raw.get("owner", ""))) for step in raw.get("remedy", ())]
        return {**raw, "remedy": steps}

    def verdict(self) -> Verdict:
        """The row as people read it."""
        return Verdict(
            cause=self.id,
            title=self.title,
            customer=self.customer,
            support=self.support,
            owner=self.owner,
            permanence=self.permanence,
            scope=self.scope,
            remedy=self.remedy,
            link=self.link,
            proof=self.proof,
            approval=self.approval,
        )


@dataclass(frozen=True)
class Catalogue:
    """All rows, by their ids."""

    rows: Mapping[str, Row]

    def row(self, cause: str) -> Row | None:
        """The row of a cause."""
        return self.rows.get(cause)

    def verdict(self, cause: str) -> Verdict:
        """What a cause that was found earlier means; a cause that is no longer in the data reads as
        unknown."""
        return (self.rows.get(cause) or self.rows[UNKNOWN]).verdict()

    def explain(self, seen: Observation) -> Verdict:
        """What an observation means. There is always an answer."""
        found = self._find(seen).verdict()
        # A default row may be found for a busy server; the protocol still says: try again.
        return replace(found, permanence=Permanence.RETRY) if _busy(seen) else found

    def lookup_text(self, pasted: str) -> Verdict | None:
        """What a pasted error text means: an AADSTS number in it, an SMTP or IMAP reply, an OAuth
        error. None if it means nothing to us."""
        seen = self.read(pasted)
        return self._find(seen).verdict() if seen else None

    def read(self, pasted: str) -> Observation | None:
        """What a pasted error text shows: the first of its readings that a row explains; None if
        none does."""
        known = (
            seen
            for seen in readings(pasted[:MAX_PASTED_LENGTH])
            if not self._find(seen).id.startswith(UNKNOWN)
        )
        return next(known, None)

    def _find(self, seen: Observation) -> Row:
        fitting = [
            (matcher.weight, row.id)
            for row in self.rows.values()
            if seen.where in row.where and not _contradicts(row, seen)
            for matcher in row.match
            if matcher.fits(seen)
        ]
        # of equal weights the id decides, so that the answer does not hang on the files' order
        _, cause = max(fitting, default=(0, UNKNOWN))
        return self.rows[cause]


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
    for file in sorted(folder.glob("*.toml")):
        for number, raw in enumerate(_raw_rows(file), 1):
            source = f"{file.name}, row {number} ({raw.get('id', '?')})"
            row = _naming(_checked(raw, snippets, source), application)
            if row.id in rows:
                raise CatalogueError(f"{file.name}: {row.id} stands twice")
            rows[row.id] = row
    if UNKNOWN not in rows:
        raise CatalogueError(f"there is no row '{UNKNOWN}'")
    return Catalogue(rows)


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


def _same_enhanced(wanted: str, seen: str) -> bool:
    """Whether an enhanced status code is the wanted one, of the wanted family (``5.7.``), or in the
    wanted range (``5.7.700-749``)."""
    if "-" not in wanted:
        return seen.startswith(wanted) if wanted.endswith(".") else seen == wanted
    family, _, span = wanted.rpartition(".")
    seen_family, _, number = seen.rpartition(".")
    first, last = map(int, span.split("-"))
    return seen_family == family and first <= int(number) <= last


def _busy(seen: Observation) -> bool:
    """Whether the protocol's own fields say that the server could not answer just now."""
    status = seen.status or 0
    match seen.where:
        case Where.NETWORK:
            return False
        case Where.SMTP:
            return 400 <= status < 500
        case Where.IMAP:
            return seen.retry_after is not None
        case _:
            return status == 429 or status >= 500


def _contradicts(row: Row, seen: Observation) -> bool:
    """Whether a row says something else than the protocol's own fields."""
    if _busy(seen):
        return row.permanence is not Permanence.RETRY
    if seen.error == "invalid_client":
        return row.scope is not Scope.APPLICATION
    return False
