"""The signed webhook: one post for each change of an incident, for whatever takes such.
`docs/alerts.md` tells who receives it what it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from bot.common.live_secrets import Secret
from bot.common.redaction import redact_value
from bot.incidents.posting import Letter
from bot.incidents.roads import JSON, USUAL_RATE, AlertLinks, Telling, as_bytes
from bot.incidents.signatures import signed
from storage.paces import Rate
from storage.vocabulary import Means, PageChange, Pager, Standing

SHORTEST_TOKEN = 8


@dataclass(frozen=True)
class AlertWebhook:
    """The way to the address that the settings name."""

    url: Secret
    secret: Secret
    links: AlertLinks

    pager: ClassVar[Pager] = Pager.WEBHOOK
    means: ClassVar[Means] = Means.WEBHOOK
    rate: ClassVar[Rate] = USUAL_RATE

    def letters(self, telling: Telling, now: datetime) -> Sequence[Letter]:
        """The one post: a receiver hears of every change. None where it is mended once more that
        came back without being told, since nobody wanted to hear of it."""
        there = telling.claimed.there
        unheard = there.standing is Standing.NOTHING and not there.unsure
        if telling.change is PageChange.MENDED and unheard:
            return []
        page = telling.claimed.page
        url = self.url.get_secret_value()
        secret = self.secret.get_secret_value()
        body = as_bytes(self._content(telling))
        signature = signed(secret, page.message_id, int(now.timestamp()), body)
        return [Letter(url, body, {**JSON, **signature}, (url, _way(url), secret))]

    def standing(self, telling: Telling) -> Standing:
        """Whether it knows of something that is not over."""
        return Standing.NOTHING if telling.facts.over else Standing.TRIGGERED

    def _content(self, telling: Telling) -> dict[str, Any]:
        page = telling.claimed.page
        return {
            "id": page.message_id,
            "type": f"incident.{telling.change}",
            "at": page.created_at.isoformat(),
            "incident": self._incident(telling),
        }

    def _incident(self, telling: Telling) -> dict[str, Any]:
        page = telling.claimed.page
        facts = telling.facts
        told = facts.model_dump(mode="json")
        told |= {
            "id": page.incident_id,
            "fingerprint": page.fingerprint,
            "title": facts.headline,
            "alert": telling.alert,
            "handbook": self.links.handbook(facts.cause),
        }
        return {name: redact_value(value) for name, value in told.items()}


def _way(url: str) -> str:
    """What follows the host of an address, where it is long enough to be a token."""
    _, _, _, *after = url.split("/", 3)
    way = "".join(after)
    return way if len(way) >= SHORTEST_TOKEN else ""
