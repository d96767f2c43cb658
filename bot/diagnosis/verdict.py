"""What a failure means: cause × scope × owner × permanence, and the way to mend it."""

from dataclasses import dataclass

from storage.vocabulary import Owner, Permanence, Scope, StepId


@dataclass(frozen=True)
class Remedy:
    """One step of a remedy. `kind` is ``user``, ``menu``, ``powershell``, ``undo``, ``wait`` or
    ``note``."""

    kind: str
    text: str


@dataclass(frozen=True)
class Verdict:
    """A cause as people read it. `customer` is the plain sentence, `support` the fuller text;
    `proof` is the step that must pass to prove the mend."""

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
