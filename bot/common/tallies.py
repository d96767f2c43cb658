"""What this process has counted since it last handed it over: calls, and how long they took."""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from storage.measures import Key


@dataclass(frozen=True)
class Measure:
    """Something that is counted: its name, what it is, and the names of its labels. With `buckets`
    it is a length of time in seconds, counted by the longest of them that it is within."""

    name: str
    text: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


ACKNOWLEDGED = Measure(
    "maildesk_acknowledgement_seconds",
    "How long Slack waited for an acknowledgement, by what it sent",
    ("what",),
    (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0),
)
SLACK_CALLS = Measure(
    "maildesk_slack_calls",
    "Calls of Slack's Web API, by method and by ok, Slack's word for an error, or what was raised",
    ("method", "status"),
)
MICROSOFT_CALLS = Measure(
    "maildesk_microsoft_calls",
    "Calls of Microsoft's sign-in, by what was asked for and the HTTP status, or what was raised",
    ("what", "status"),
)
REFRESHES = Measure(
    "maildesk_refreshes",
    "Refreshes of access tokens, by ok or the word of Microsoft's error",
    ("result",),
)

TOKENS_HANDED_OUT = Measure(
    "maildesk_tokens_handed_out",
    "Access tokens that the product was given, by what they are for",
    ("use",),
)

MEASURES = (ACKNOWLEDGED, SLACK_CALLS, MICROSOFT_CALLS, REFRESHES, TOKENS_HANDED_OUT)
INFINITE = "+Inf"
SUM = "sum"


class Tallies:
    """Counts, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counted: Counter[Key] = Counter()

    def count(self, measure: Measure, *labels: str) -> None:
        """Something happened."""
        with self._lock:
            self._counted[measure.name, labels] += 1

    def took(self, measure: Measure, seconds: float, *labels: str) -> None:
        """Something took so long."""
        within = next((str(each) for each in measure.buckets if seconds <= each), INFINITE)
        with self._lock:
            self._counted[measure.name, (*labels, within)] += 1
            # in thousandths: a Counter holds whole numbers
            self._counted[measure.name, (*labels, SUM)] += round(seconds * 1000)

    def take(self) -> Mapping[Key, float]:
        """What was counted since the last time, which is forgotten here."""
        with self._lock:
            taken = self._counted
            self._counted = Counter()
        return dict(taken)

    def give_back(self, taken: Mapping[Key, float]) -> None:
        """It could not be kept: it is counted again the next time."""
        with self._lock:
            self._counted.update(Counter({key: int(value) for key, value in taken.items()}))
