"""What pagers may be told of an incident: counts, a cause and words of ours. No reply of a server
and no address is among it."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from bot.common.redaction import redact

MAX_TITLE = 1024
"""What PagerDuty takes as a summary
(developer.pagerduty.com/docs/events-api-v2/trigger-events)."""

OPEN = "open"
ACKNOWLEDGED = "acknowledged"
SILENCED = "silenced"
CLOSED = "closed"
OVER = ("mended", CLOSED)
"""The statuses of an incident, as pagers hear of them."""

PAGED = ("critical", "high")
"""The severities for which somebody is called."""


class IncidentFacts(BaseModel):
    """An incident as it was when something happened to it.

    Attributes:
        title: what is wrong, in words.
        severity: ``critical``, ``high``, ``low`` or ``info``.
        status: ``open``, ``acknowledged``, ``silenced``, ``mended`` or ``closed``.
        mailboxes: how many fail now; `most`: how many at the worst moment.
        error: the ID of an error that shows it.
        acknowledged_by: the name of who looks after it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    title: str
    severity: str
    status: str
    cause: str = ""
    scope: str = ""
    owner: str = ""
    mailboxes: int = Field(default=0, ge=0)
    most: int = Field(default=0, ge=0)
    customers: int = Field(default=0, ge=0)
    opened_at: datetime | None = None
    error: str = ""
    acknowledged_by: str = ""

    @property
    def headline(self) -> str:
        """The title, as short as every pager takes it."""
        return redact(self.title)[:MAX_TITLE]

    @property
    def calls_somebody(self) -> bool:
        """Whether it is severe enough for somebody to be called."""
        return self.severity in PAGED

    @property
    def over(self) -> bool:
        """Whether nobody has to do anything about it."""
        return self.status in OVER
