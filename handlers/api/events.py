"""The call that lists what changed."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field

from bot.api.events import MOST_LISTED
from bot.api.services import ApiServices
from bot.api.shapes import Shape
from handlers.api.routes import Asked, Call, Route, digits
from storage.api_vocabulary import ApiScope

USUAL = 50
EVENT_ID = r"^(evt_[0-9a-d][0-9a-f]{31})?$"
"""Any ID that an event may have until the year 9000; it begins with a time."""


class EventsQuery(Asked):
    """Which events are asked for: those after the one with this ID, or the first ones."""

    after: Annotated[str, Field(pattern=EVENT_ID)] = ""
    limit: Annotated[int, Field(ge=1, le=MOST_LISTED), BeforeValidator(digits)] = USUAL


class EventShape(Shape):
    """Something that changed, as it is also sent as a webhook. `data` has the account as it stood
    then, or the incident with its accounts."""

    id: str = Field(examples=["evt_0193a7c2f5c04b1de8a0c36f3d2b9e71"])
    type: str = Field(examples=["account.live"])
    timestamp: datetime
    data: dict[str, Any]


class EventsShape(Shape):
    """Some events, in order, and the ID after which the next ones are asked for; None where these
    are none."""

    events: tuple[EventShape, ...]
    next: str | None


def routes(services: ApiServices) -> list[Route]:
    """The call that lists what changed."""

    def several(call: Call) -> BaseModel:
        assert isinstance(call.query, EventsQuery)
        page = services.events.page(call.query.after, call.query.limit, call.caller.customers)
        return EventsShape.model_validate({"events": page.events, "next": page.next})

    return [
        Route(
            "GET",
            "/events",
            "listEvents",
            "What changed, a page at a time",
            ApiScope.EVENTS,
            EventsShape,
            several,
            query=EventsQuery,
        )
    ]
