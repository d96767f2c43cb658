"""When a row of the catalogue fits what was observed, and how much that tells."""

import re
from functools import cached_property

from pydantic import BaseModel, ConfigDict

from bot.diagnosis.observation import Condition, Layer, Observation, Where

INSUFFICIENT_STORAGE = 507
"""The one HTTP status of its class that may be about the mailbox: it is full (RFC 4918, 11.5)."""

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


class Matcher(BaseModel):
    """Holds when every field that it names fits the observation. `error` may list several words,
    and `enhanced` several codes, families (``5.7.``) and ranges (``5.7.700-749``), with spaces
    between, or ``none`` for a reply without a code; `text` is a pattern, in any case."""

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
            (not self.error or seen.error.lower() in self.error.lower().split())
            and (not self.suberror or self.suberror == seen.suberror)
            and (not self.codes or not self.numbers.isdisjoint(seen.codes))
            and (not self.status or self.status == seen.status)
            and (not self.status_class or self.status_class == (seen.status or 0) // 100)
            and (not self.enhanced or _among(self.enhanced, seen.enhanced))
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
    def numbers(self) -> frozenset[int]:
        """Its numbers, to look up in."""
        return frozenset(self.codes)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(self.text, re.IGNORECASE)


def busy(seen: Observation) -> bool:
    """Whether the protocol's own fields say that the server could not answer just now."""
    status = seen.status or 0
    match seen.where:
        case Where.NETWORK:
            return False
        case Where.SMTP:
            # Exchange says so of what lasts, too: ``451 5.7.3 STARTTLS is required``
            return 400 <= status < 500 and not seen.enhanced.startswith("5")
        case Where.IMAP:
            return seen.retry_after is not None
        case Where.GRAPH if status == INSUFFICIENT_STORAGE:
            return False
        case _:
            return status == 429 or status >= 500


def _among(wanted: str, seen: str) -> bool:
    return any(_same_enhanced(each, seen or "none") for each in wanted.split())


def _same_enhanced(wanted: str, seen: str) -> bool:
    """Whether an enhanced status code is the wanted one, of the wanted family (``5.7.``), or in the
    wanted range (``5.7.700-749``)."""
    if "-" not in wanted:
        return seen.startswith(wanted) if wanted.endswith(".") else seen == wanted
    family, _, span = wanted.rpartition(".")
    seen_family, _, number = seen.rpartition(".")
    first, last = map(int, span.split("-"))
    return seen_family == family and first <= int(number) <= last
