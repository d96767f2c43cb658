"""When on-call is reminded, and when what is kept about an incident ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

COMES_AND_GOES = timedelta(hours=1)
"""A cause that comes again within this time of its mend is the same incident: one that flaps shall
not fill the channel."""

QUIET_FOR = timedelta(days=1)
"""An incident without a mailbox that could prove its end is over when it was not seen so long."""

UNTIL_MENDED = timedelta(days=30)
"""So long at most a silence lasts that is to end with the mend: nothing is silent for good."""

LOW_AGAIN = timedelta(days=1)
"""An incident that wakes nobody is shown again so often while nobody has taken it."""

FLAPS_FROM = 3
"""A cause that comes back so often is said to come and go, once; its returns are silent then."""


@dataclass(frozen=True)
class OnCallTimes:
    """When whoever is on call hears of an incident again.

    `ladder`: after how long nobody has acknowledged it; the last wait repeats. `ask_after`: how
    long after that its state is asked for; `kept_for`: how long an acknowledgement lasts."""

    ladder: Sequence[timedelta]
    ask_after: timedelta
    kept_for: timedelta

    def wait(self, rung: int) -> timedelta:
        """How long it is from one reminder to the next; the first is counted from the alert."""
        if rung < len(self.ladder):
            before = self.ladder[rung - 1] if rung else timedelta()
            return self.ladder[rung] - before
        return self.ladder[-1]
