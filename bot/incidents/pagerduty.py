"""PagerDuty: which of its events (Events API v2) tell it of an incident."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from urllib.parse import urlsplit

from bot.common.live_secrets import Secret
from bot.common.redaction import redact_value
from bot.incidents.facts import ACKNOWLEDGED, SILENCED, IncidentFacts
from bot.incidents.posting import Letter
from bot.incidents.roads import USUAL_RATE, AlertLinks, Telling, letter
from storage.paces import Rate
from storage.pages import There
from storage.vocabulary import Means, PageChange, Pager, Standing

SEVERITIES = {"critical": "critical", "high": "error", "low": "warning", "info": "info"}
"""Ours, as PagerDuty calls them (developer.pagerduty.com/docs/events-api-v2/trigger-events)."""

NEWS = (PageChange.OPENED, PageChange.PROMOTED, PageChange.ESCALATED)
"""What is worth an entry in the log of an incident that is triggered there already."""


class Action(StrEnum):
    """What an event does."""

    TRIGGER = "trigger"
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"


STANDS = {
    Action.TRIGGER: Standing.TRIGGERED,
    Action.ACKNOWLEDGE: Standing.ACKNOWLEDGED,
    Action.RESOLVE: Standing.NOTHING,
}
AGAIN = (Action.RESOLVE, Action.TRIGGER)
"""How somebody is called again for an incident that is acknowledged there. No event takes an
acknowledgement back, and a trigger calls nobody for what is acknowledged: the incident ends, and
one with the same key begins."""


def actions(change: PageChange, facts: IncidentFacts, there: There) -> tuple[Action, ...]:
    """The events after which the incident stands at PagerDuty as it does with us. Nobody is called
    for what is not severe, or silenced before PagerDuty heard of it."""
    unheard = there.standing is Standing.NOTHING and not there.unsure
    if facts.over:
        return () if unheard else (Action.RESOLVE,)
    if facts.status == SILENCED:
        quiet = there.standing is Standing.ACKNOWLEDGED and not there.unsure
        return () if unheard or quiet else (Action.ACKNOWLEDGE,)
    if not facts.calls_somebody and unheard:
        return ()
    if facts.status == ACKNOWLEDGED:
        return _acknowledged(change, there)
    return _opened(change, there) if facts.calls_somebody else ()


def _acknowledged(change: PageChange, there: There) -> tuple[Action, ...]:
    if there.said and there.standing is not Standing.ACKNOWLEDGED:
        return ()  # what somebody did there since is newer, and told by a later page
    if there.standing is Standing.ACKNOWLEDGED and not there.unsure:
        return (Action.TRIGGER,) if change in NEWS else ()
    if there.standing is Standing.TRIGGERED and not there.unsure:
        return (Action.ACKNOWLEDGE,)
    return (Action.TRIGGER, Action.ACKNOWLEDGE)


def _opened(change: PageChange, there: There) -> tuple[Action, ...]:
    match there.standing:
        case Standing.NOTHING:
            return (Action.TRIGGER,)
        case Standing.TRIGGERED:
            return (Action.TRIGGER,) if change in NEWS or there.unsure else ()
        case _:
            # Who acknowledged there since this happened need not be called for it
            return () if there.said else AGAIN


def stands(done: tuple[Action, ...], there: There) -> Standing:
    """How the incident stands at PagerDuty after these events."""
    if there.standing is Standing.ACKNOWLEDGED and done == (Action.TRIGGER,):
        return there.standing  # a trigger is only noted there
    return STANDS[done[-1]] if done else there.standing


@dataclass(frozen=True)
class PagerDuty:
    """The way to PagerDuty."""

    routing_key: Secret
    url: str
    links: AlertLinks
    client: str

    pager: ClassVar[Pager] = Pager.PAGERDUTY
    means: ClassVar[Means] = Means.PAGERDUTY
    rate: ClassVar[Rate] = USUAL_RATE

    def letters(self, telling: Telling, now: datetime) -> Sequence[Letter]:
        """Its events. Nothing where the incident is over at a later page: whatever is told before,
        it ends the same."""
        key = self.routing_key.get_secret_value()
        return [
            letter(self.url, self._event(action, telling, key), (key,))
            for action in self._actions(telling)
        ]

    def standing(self, telling: Telling) -> Standing:
        """How the incident stands there then."""
        return stands(self._actions(telling), telling.claimed.there)

    def _actions(self, telling: Telling) -> tuple[Action, ...]:
        if any(facts.over for facts in telling.later):
            return ()
        return actions(telling.change, telling.facts, telling.claimed.there)

    def _event(self, action: Action, telling: Telling, key: str) -> dict[str, Any]:
        event = {
            "routing_key": key,
            "event_action": action,
            "dedup_key": telling.claimed.key,
        }
        return event | self._content(telling) if action is Action.TRIGGER else event

    def _content(self, telling: Telling) -> dict[str, Any]:
        facts = telling.facts
        handbook = self.links.handbook(facts.cause)
        links = [(telling.alert, "The alert in Slack"), (handbook, "What to do")]
        return {
            "client": self.client,
            "client_url": self.links.public_url,
            "links": [{"href": href, "text": text} for href, text in links if href],
            "payload": {
                "summary": facts.headline,
                "source": urlsplit(self.links.public_url).hostname or "maildesk",
                "severity": SEVERITIES.get(facts.severity, "error"),
                "timestamp": telling.claimed.page.created_at.isoformat(),
                "component": facts.scope,
                "group": "mailboxes",
                "class": facts.cause,
                "custom_details": _details(facts, telling),
            },
        }


def _details(facts: IncidentFacts, telling: Telling) -> dict[str, Any]:
    told = {
        "what happened": telling.change,
        "mailboxes": facts.mailboxes,
        "mailboxes at most": facts.most,
        "customers": facts.customers,
        "cause": facts.cause,
        "error ID": facts.error,
        "whose turn": facts.owner,
        "alert": telling.alert,
    }
    return {name: redact_value(value) for name, value in told.items() if value != ""}
