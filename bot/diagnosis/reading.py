"""What a part of a pasted text may mean, and which other parts come before it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.diagnosis.lost_codes import LostCodes
from bot.diagnosis.observation import Observation, Where
from storage.vocabulary import Permanence

MOST = 12
"""So many failures of a kind are looked at, from the end: the last ones count."""

NEAR = 400
"""Within so many characters two things belong to one reply."""


TELLING = 20
"""A row that names so much (`bot.diagnosis.catalogue.WEIGHTS`: an enhanced status, a text) tells
more than the kind of a failure."""

NAMING = 40
"""A row that names so much names one cause: a number of Microsoft's, a status with its text."""


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
    """The words that the catalogue knows: errors of OAuth and of Graph, Microsoft's names for its
    numbers, and what the replies of SMTP say."""

    oauth: Collection[str]
    graph: Collection[str]
    names: Mapping[str, int]
    smtp: LostCodes


def around(text: str, begin: int, end: int) -> str:
    """What stands near a place of the text."""
    return text[max(begin - NEAR, 0) : end + NEAR]


@dataclass(frozen=True)
class Explained:
    """What a reading may mean, where a row explains it. `weight`: how much of it that row names."""

    reading: Reading
    seen: Observation
    permanence: Permanence
    weight: int

    @property
    def of_sign_in(self) -> bool:
        """Whether the sign-in said it, wherever that was seen."""
        return self.seen.where in (Where.TOKEN, Where.AUTHORIZE, Where.ADMIN_CONSENT)

    @property
    def within(self) -> tuple[bool | int, ...]:
        """What counts among failures of one protocol: what lasts, then what tells more than the
        kind of a failure, or how far a connection had come, and of these the last."""
        far = self.seen.layer is not None
        telling = self.weight >= TELLING
        return (*self._lasting, telling, self.reading.sure, far, self.reading.at)

    @property
    def among(self) -> tuple[bool | int, ...]:
        """What counts among protocols: the answer of a sign-in is the reason of what the mail
        servers say next."""
        naming = self.weight >= NAMING or (self.of_sign_in and self.reading.sure)
        return (*self._lasting, naming, self.reading.sure, self.weight >= TELLING, self.reading.at)

    @property
    def _lasting(self) -> tuple[bool, ...]:
        """What neither went well later nor passes by itself."""
        passing = self.permanence is Permanence.RETRY
        return not self.reading.vague, not self.reading.overcome, not passing


def the_one_that_counts(explained: Iterable[Explained]) -> Observation | None:
    """Of the failures in a text the one that has to be mended; None if there is none."""
    last: dict[Where, Explained] = {}
    for one in explained:
        protocol = Where.TOKEN if one.of_sign_in else one.seen.where
        best = last.setdefault(protocol, one)
        if one.reading is best.reading:
            # the likeliest meaning counts, unless a later one tells more than a kind of failure
            better = one.weight >= TELLING > best.weight
        else:
            better = one.within >= best.within
        last[protocol] = one if better else best
    return max(last.values(), key=lambda one: one.among).seen if last else None
