"""By what a reply that nothing explains is known again: its number or code, else a phrase."""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

from bot.diagnosis.catalogue import OAUTH
from bot.diagnosis.masking import literals, masked
from bot.diagnosis.observation import Condition, Layer, Observation, Where

SHORTEST_PHRASE = 12
"""A shorter phrase may be anywhere."""

EXCHANGES_OWN = 100
"""From this number on the last part of an enhanced status code is Exchange's own, and names one
cause (``5.7.139``); below it stand the classes of RFC 3463, which name none (``5.7.1``)."""

STANDARD_ERRORS = frozenset(
    {
        "access_denied",
        "consent_required",
        "interaction_required",
        "invalid_client",
        "invalid_grant",
        "invalid_request",
        "invalid_resource",
        "invalid_scope",
        "login_required",
        "server_error",
        "temporarily_unavailable",
        "unauthorized_client",
        "unsupported_grant_type",
        "unsupported_response_type",
    }
)
"""OAuth's own words (RFC 6749, 4.1.2.1 and 5.2; OpenID Connect Core, 3.1.2.6), which stand above
many causes and name none."""


@dataclass(frozen=True)
class Signature:
    """What replies of one kind have in common.

    Attributes:
        where: in which conversations it may be met.
        fields: what the protocol says, as a row of the catalogue matches it.
        by_number: `fields` alone tell it from others; else a phrase of `text` is needed.
        text: its words without names and numbers.
    """

    where: tuple[Where, ...]
    fields: Mapping[str, Any]
    by_number: bool
    text: str

    @classmethod
    def of(cls, seen: Observation, names: Collection[str] = ()) -> "Signature":
        """Of what was seen; `names`: what else is left out of its words."""
        where = OAUTH if seen.where in OAUTH else (seen.where,)
        text = masked(seen.text, names)
        telling = _telling(seen)
        return cls(where, telling or _general(seen), bool(telling), text)

    @property
    def digest(self) -> str:
        """The same for all replies of the kind."""
        words = "" if self.by_number else self.text.casefold()
        kind = [self.where[0].value, *sorted(map(str, self.fields.items())), words]
        return sha256(json.dumps(kind).encode()).hexdigest()

    @property
    def phrase(self) -> str:
        """The longest part of the text that is the same in each reply; empty where it is not
        needed, or where there is none that is long enough."""
        if self.by_number:
            return ""
        longest = max(literals(self.text), key=len, default="")
        return longest if len(longest) >= SHORTEST_PHRASE else ""

    @property
    def can_be_told(self) -> bool:
        """Whether it can be told from other replies."""
        return self.by_number or bool(self.phrase)

    def matcher(self, phrase: str) -> dict[str, Any]:
        """How a row of the catalogue finds such replies."""
        if self.by_number:
            return dict(self.fields)
        return {**self.fields, "text": re.escape(phrase).replace("\\ ", " ")}

    @property
    def number(self) -> str:
        """The number or code as people write it; empty where it has none."""
        if not self.by_number:
            return ""
        codes = self.fields.get("codes")
        if codes:
            return ", ".join(f"AADSTS{code}" for code in codes)
        return " ".join(str(value) for value in self.fields.values())


def kept(seen: Observation) -> dict[str, Any]:
    """The protocol's own fields as they are remembered: no words, and no IDs."""
    return {
        "where": seen.where.value,
        "error": seen.error,
        "suberror": seen.suberror,
        "codes": list(seen.codes),
        "status": seen.status,
        "enhanced": seen.enhanced,
        "condition": seen.condition.value if seen.condition else "",
        "layer": seen.layer.value if seen.layer else "",
    }


def again(fields: Mapping[str, Any], step: str, text: str | None = None) -> Observation:
    """What was seen, out of what is kept of it (by an earlier release perhaps, with fewer fields);
    `text`: its words, where those are not kept with it."""
    wait = fields.get("retry_after")
    condition = fields.get("condition")
    layer = fields.get("layer")
    return Observation(
        Where(fields["where"]),
        step=step,
        error=fields.get("error", ""),
        suberror=fields.get("suberror", ""),
        codes=tuple(fields.get("codes", ())),
        status=fields.get("status"),
        enhanced=fields.get("enhanced", ""),
        condition=Condition(condition) if condition else None,
        layer=Layer(layer) if layer else None,
        text=fields.get("text", "") if text is None else text,
        retry_after=timedelta(seconds=wait) if wait is not None else None,
    )


def _telling(seen: Observation) -> dict[str, Any]:
    """The fields that name one cause by themselves."""
    if seen.codes:
        return {"codes": sorted(seen.codes)}
    if seen.enhanced and int(seen.enhanced.rpartition(".")[2]) >= EXCHANGES_OWN:
        return {"enhanced": seen.enhanced}
    if seen.where is Where.GRAPH and seen.error:
        return {"error": seen.error}
    if seen.error and seen.error not in STANDARD_ERRORS:
        return {"error": seen.error}
    return {}


def _general(seen: Observation) -> dict[str, Any]:
    fields = {
        "error": seen.error,
        "suberror": seen.suberror,
        "enhanced": seen.enhanced,
        "condition": seen.condition.value if seen.condition else "",
        "layer": seen.layer.value if seen.layer else "",
    }
    return {name: value for name, value in fields.items() if value}
