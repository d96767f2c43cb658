"""What an event says, as it is described to the product: a shape for each type."""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from bot.api.shapes import AccountShape, Shape
from storage.change_statuses import ChangeKind
from storage.vocabulary import Severity


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


SHAPES: dict[str, type[BaseModel]] = {
    **dict.fromkeys(ChangeKind, AccountEvent),
    ChangeKind.GRANT_EXPIRING: GrantEvent,
    ChangeKind.INCIDENT_OPENED: IncidentEvent,
    ChangeKind.INCIDENT_CLOSED: IncidentEvent,
}
