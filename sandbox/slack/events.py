"""Events that the app hears of, in the envelope that Slack puts them in."""

import secrets
from typing import Any

from sandbox.slack.deliver import Delivery
from sandbox.slack.office import Channel, Json, Office


class Events:
    """Sends events to the app."""

    def __init__(self, office: Office, delivery: Delivery) -> None:
        self._office = office
        self._delivery = delivery

    def send(self, event: Json, place: Channel | None) -> None:
        """Send an event, in the background; `place` is the channel that it is about."""
        office = self._office
        envelope: dict[str, Any] = {
            "type": "event_callback",
            "token": "practice",
            "team_id": office.team_id,
            "context_team_id": office.team_id,
            "api_app_id": office.app_id,
            "event": {"event_ts": f"{office.clock():.6f}"} | event,
            "event_id": "Ev" + secrets.token_hex(6).upper(),
            "event_time": int(office.clock()),
            "authorizations": [
                {"team_id": office.team_id, "user_id": office.bot_user, "is_bot": True}
            ],
            "is_ext_shared_channel": place is not None and place.kind == "shared",
        }
        self._delivery.event(envelope)
