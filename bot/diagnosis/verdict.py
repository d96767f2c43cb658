"""What a failure means, and how it is mended."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from storage.vocabulary import Owner, Permanence, Scope, StepId


class RemedyKind(StrEnum):
    """What one step of a remedy is.

    `OPTION` begins one of several ways to the same end, with its title: what follows belongs to it,
    until the next one or a `WAIT`. `ASK` is how a customer reaches our support team.
    """

    USER = "user"
    MENU = "menu"
    POWERSHELL = "powershell"
    UNDO = "undo"
    WAIT = "wait"
    NOTE = "note"
    OPTION = "option"
    ASK = "ask"


PEOPLE = frozenset({Owner.USER, Owner.ADMINISTRATOR, Owner.SUPPORT, Owner.ON_CALL})
"""Who can be told to do something."""


@dataclass(frozen=True)
class Remedy:
    """One step of a remedy, and whom it is for. It names the mailbox, sender and user as
    ``<mailbox>``, ``<sender>`` and ``<user>``."""

    kind: RemedyKind
    text: str
    who: Owner


def remedy(step: Sequence[str], owner: Owner) -> Remedy:
    """A step as a file has it: its kind, its text, and (where that does not follow from the kind
    and the owner of the cause) whom it is for.

    Raises:
        ValueError: there is no such kind, or nobody of that name who can be told.
    """
    kind, text, *named = step
    who = Owner(named[0]) if named else _whose(RemedyKind(kind), owner)
    if who not in PEOPLE or len(named) > 1:
        raise ValueError(f"nobody can be told as {named}")
    return Remedy(RemedyKind(kind), text, who)


def _whose(kind: RemedyKind, owner: Owner) -> Owner:
    """For whom a step is that does not say so."""
    match kind:
        case RemedyKind.USER | RemedyKind.ASK:
            return Owner.USER
        case RemedyKind.NOTE | RemedyKind.WAIT:
            return owner if owner in PEOPLE else Owner.SUPPORT
        case RemedyKind.MENU | RemedyKind.POWERSHELL | RemedyKind.UNDO | RemedyKind.OPTION:
            return Owner.ON_CALL if owner is Owner.ON_CALL else Owner.ADMINISTRATOR


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
