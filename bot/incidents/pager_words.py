"""What PagerDuty says of an incident (its v3 webhooks): a person acknowledged it there, and the
like. Each is heeded once, in the order in which it was said, and never where it is only the echo of
what we told PagerDuty ourselves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

import structlog

from bot.common.clock import Clock
from storage.database import Store
from storage.pages import MAX_KEY
from storage.vocabulary import Pager, Standing

log = structlog.get_logger(__name__)

MAX_AGE = timedelta(days=7)
"""PagerDuty tries for two days (developer.pagerduty.com/docs/webhooks/webhook-behavior); what is
older was sent by somebody else once more."""

MAX_ID = 100
MAX_NAME = 80
OURS = "integration_reference"
"""How the type of an agent ends that is no person but an integration: ours, by which our events
come in."""

PERSON = "user_reference"
ITSELF = "PagerDuty"
"""Who did what no person did: its own timers and rules."""


class Saying(StrEnum):
    """What is heeded (developer.pagerduty.com/docs/webhooks/webhooks-overview, event types)."""

    ACKNOWLEDGED = "incident.acknowledged"
    UNACKNOWLEDGED = "incident.unacknowledged"
    REOPENED = "incident.reopened"
    ESCALATED = "incident.escalated"
    RESOLVED = "incident.resolved"


STANDINGS = {
    "triggered": Standing.TRIGGERED,
    "acknowledged": Standing.ACKNOWLEDGED,
    "resolved": Standing.NOTHING,
}


class PagerSays(Protocol):
    """Who does with an incident what a person did with it at the pager. `at` is when they did. Each
    is heeded by who is in charge of incidents, who ignores what changes nothing any more."""

    def acknowledge(self, incident_id: int, person_name: str, at: datetime) -> None:
        """They look after it."""
        ...

    def unacknowledge(self, incident_id: int, person_name: str, at: datetime) -> None:
        """Nobody looks after it any more."""
        ...

    def reopen(self, incident_id: int, person_name: str, at: datetime) -> None:
        """It is not over."""
        ...

    def escalate(self, incident_id: int, person_name: str, at: datetime) -> None:
        """Others are to be called."""
        ...

    def resolve(self, incident_id: int, person_name: str, at: datetime) -> None:
        """They say that it is fixed, which is tested first."""
        ...


@dataclass(frozen=True)
class Word:
    """One thing that PagerDuty says.

    Attributes:
        key: the incident, as we named it.
        standing: how it stands there now, as far as that is said.
        person: who did it, as they are called there; not made harmless.
    """

    id: str
    saying: Saying
    key: str
    at: datetime
    standing: Standing | None
    person: str


def read(posted: Any) -> Word | None:
    """What a webhook says; None where it is none of what is heeded, or our own echo."""
    event = _mapping(_mapping(posted).get("event"))
    data = _mapping(event.get("data"))
    agent = _mapping(event.get("agent"))
    event_type = event.get("event_type")
    event_id = _name(event.get("id"), MAX_ID)
    key = _name(data.get("incident_key"), MAX_KEY)
    at = _time(event.get("occurred_at"))
    if event_type not in list(Saying) or not event_id or not key or at is None:
        return None
    if str(agent.get("type")).endswith(OURS):
        return None
    status = data.get("status")
    stands = STANDINGS.get(status) if isinstance(status, str) else None
    return Word(event_id, Saying(event_type), key, at, stands, _person(agent))


def _name(value: Any, longest: int) -> str:
    """A name of something; empty where it is none that the database can keep."""
    right = isinstance(value, str) and len(value) <= longest and value.isprintable()
    return value if right else ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _time(value: Any) -> datetime | None:
    """An ISO 8601 time, aware."""
    try:
        at = datetime.fromisoformat(value)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def _person(agent: Mapping[str, Any]) -> str:
    """How whoever did it is called."""
    name = agent.get("summary")
    if agent.get("type") != PERSON or not isinstance(name, str):
        return ITSELF
    printable = "".join(sign if sign.isprintable() else " " for sign in name)
    return " ".join(printable.split())[:MAX_NAME] or ITSELF


class PagerWords:
    """Heeds what PagerDuty says."""

    def __init__(self, store: Store, clock: Clock, incidents: PagerSays) -> None:
        self._store = store
        self._clock = clock
        self._does: Mapping[Saying, Callable[[int, str, datetime], None]] = {
            Saying.ACKNOWLEDGED: incidents.acknowledge,
            Saying.UNACKNOWLEDGED: incidents.unacknowledge,
            Saying.REOPENED: incidents.reopen,
            Saying.ESCALATED: incidents.escalate,
            Saying.RESOLVED: incidents.resolve,
        }

    def heed(self, posted: Any) -> bool:
        """Do what a webhook asks for, unless it is not for us, was heeded before, or something
        newer is known. Whether anything was done.

        The event is remembered after it was heeded: whoever is killed in between hears of it again,
        and doing the same again changes nothing."""
        word = read(posted)
        incident_id = self._known(word) if word else None
        if word is None or incident_id is None:
            return False
        log.info("pager.says", saying=word.saying, word=word.id)
        self._does[word.saying](incident_id, word.person, word.at)
        with self._store.transaction() as tx:
            tx.channels.first_sight(_seen(word), self._clock.now())
        return True

    def _known(self, word: Word) -> int | None:
        """The incident that a word is about, if it has to be heeded."""
        if word.at < self._clock.now() - MAX_AGE:
            return None
        with self._store.transaction() as tx:
            if tx.channels.was_seen(_seen(word)):
                return None
            return tx.pages.said(Pager.PAGERDUTY, word.key, word.at, word.standing)


def _seen(word: Word) -> str:
    return f"pagerduty:{word.id}"
