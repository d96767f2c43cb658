"""What a part of a pasted text may mean, and which other parts come before it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.diagnosis.observation import Observation

MOST = 12
"""So many failures of a kind are looked at, from the end: the last ones count."""

NEAR = 400
"""Within so many characters two things belong to one reply."""


@dataclass(frozen=True)
class Reading:
    """One failure that a text shows. `meant`: the observations that it may stand for, the likeliest
    first. `at`: where it stands. `sure`: it names a reply, by a number or in its protocol's form.
    `vague`: anything else comes first. `overcome`: what failed went well later."""

    meant: Sequence[Observation]
    at: int
    sure: bool = True
    vague: bool = False
    overcome: bool = False


@dataclass(frozen=True)
class Vocabulary:
    """The words that the catalogue's rows know: errors of OAuth, and of Graph."""

    oauth: Collection[str]
    graph: Collection[str]


def around(text: str, begin: int, end: int) -> str:
    """What stands near a place of the text."""
    return text[max(begin - NEAR, 0) : end + NEAR]
