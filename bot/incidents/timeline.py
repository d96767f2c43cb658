"""What may happen to an incident, in the words by which its timeline keeps it."""

from dataclasses import dataclass
from enum import StrEnum

from bot.common.people import MAILDESK, Person


class Entry(StrEnum):
    """A kind of entry in the timeline of an incident."""

    OPENED = "opened"
    GREW = "grew"
    INHIBITED = "inhibited"
    ACKNOWLEDGED = "acknowledged"
    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGEMENT_ENDED = "acknowledgement-ended"
    UPDATE_ASKED = "update-asked"
    REMINDED = "reminded"
    ESCALATED = "escalated"
    SILENCED = "silenced"
    SILENCE_ENDED = "silence-ended"
    RETESTED = "retested"
    STILL_FAILS = "still-fails"
    HANDED_OVER = "handed-over"
    CUSTOMERS_TOLD = "customers-told"
    MENDED = "mended"
    QUIET = "quiet"
    EXPLAINED = "explained"
    RETURNED = "returned"
    FLAPS = "flaps"
    REOPENED = "reopened"
    CLOSED = "closed"
    MERGED = "merged"
    TAKEN_IN = "taken-in"
    SPLIT = "split"


@dataclass(frozen=True)
class By:
    """Who does something to an incident; `name` is somebody's whom only the pager knows."""

    person: Person
    name: str = ""


ITSELF = By(MAILDESK)
"""It happens by itself."""
