"""What a webhook says, as the description of the API has it: a shape for each type of event."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from bot.api.shapes import AccountShape, Shape
from storage.change_statuses import ChangeKind
from storage.vocabulary import Severity

Json = dict[str, Any]


class EventHead(Shape):
    """What every event says. `timestamp` is when it changed; the ID stays the same however often it
    is sent."""

    id: str = Field(examples=["evt_0193a7c2f5c04b1de8a0c36f3d2b9e71"])
    timestamp: datetime


class AccountChange(Shape):
    """The account as it stood when the change was kept, and what it had until then, by the names of
    its members, as far as that is told."""

    account: AccountShape
    previous: dict[str, Any]


class GrantChange(AccountChange):
    """On which day the permission ends, and whether that is the `grant` or the `sign-in`."""

    expires_on: date
    why: Literal["grant", "sign-in"]


class IncidentFacts(Shape):
    """An incident; `closed_at` is null while it lasts."""

    id: str
    severity: Severity
    title: str
    opened_at: datetime
    closed_at: datetime | None


class IncidentChange(Shape):
    """An incident, and the accounts in it by their `ref`."""

    incident: IncidentFacts
    accounts: tuple[str, ...]


class AccountEvent(EventHead):
    """Something that changed at an account."""

    type: str
    data: AccountChange


class GrantEvent(EventHead):
    """A permission that ends on a known day."""

    type: str
    data: GrantChange


class IncidentEvent(EventHead):
    """An incident that began or ended."""

    type: str
    data: IncidentChange


SHAPES: dict[ChangeKind, type[BaseModel]] = {
    **dict.fromkeys(ChangeKind, AccountEvent),
    ChangeKind.GRANT_EXPIRING: GrantEvent,
    ChangeKind.INCIDENT_OPENED: IncidentEvent,
    ChangeKind.INCIDENT_CLOSED: IncidentEvent,
}


def webhooks(template: str) -> Iterator[tuple[str, Json]]:
    """Each type of event and how it is posted.

    Args:
        template: how a schema is referred to by the name of its `model`.
    """
    for kind, shape in SHAPES.items():
        of_this_type = {"properties": {"type": {"const": kind.value}}}
        schema = {"allOf": [{"$ref": template.format(model=shape.__name__)}, of_this_type]}
        posted = {"required": True, "content": {"application/json": {"schema": schema}}}
        taken = {"2XX": {"description": "You have it; it is not sent again."}}
        summary = (shape.__doc__ or "").partition("\n")[0]
        yield kind.value, {"post": {"summary": summary, "requestBody": posted, "responses": taken}}
