"""What a failure means, and how it is mended."""

from dataclasses import dataclass
from enum import StrEnum

from storage.vocabulary import Owner, Permanence, Scope, StepId


class RemedyKind(StrEnum):
    """What one step of a remedy is; the sentence ``remedy.<kind>`` introduces it."""

    USER = "user"
    MENU = "menu"
    POWERSHELL = "powershell"
    UNDO = "undo"
    WAIT = "wait"
    NOTE = "note"


@dataclass(frozen=True)
class Remedy:
    """One step of a remedy. A command names the mailbox, sender and user as ``<mailbox>``,
    ``<sender>`` and ``<user>``."""

    kind: RemedyKind
    text: str


@dataclass(frozen=True)
class Verdict:
    """A cause as people read it.

    `customer` is the plain sentence, `support` the fuller text. `permanence` says whether trying
    again helps, and after what. `proof` is the step that passes once the fault is mended; None
    where no test shows it. `approval`: what mends it is that an administrator approves our
    application.
    """

    cause: str
    title: str
    customer: str
    support: str
    owner: Owner
    permanence: Permanence
    scope: Scope
    remedy: tuple[Remedy, ...]
    link: str
    proof: StepId | None
    approval: bool
