"""Changes of incidents, for tests of what pagers are told of them."""

from typing import Any

from storage.vocabulary import PageChange
from tests.support.fast import FastBot

PAGERDUTY = "events.pagerduty.com"
WEBHOOK = "alerts.lumen.example"
"""The hosts at which pagers are told, in a fast bot."""

SECRET_EXPIRED = "app.secret_expired/application/"
"""A fingerprint."""

STATUSES = {
    PageChange.OPENED: "open",
    PageChange.PROMOTED: "open",
    PageChange.ACKNOWLEDGED: "acknowledged",
    PageChange.UNACKNOWLEDGED: "open",
    PageChange.SILENCED: "silenced",
    PageChange.ESCALATED: "open",
    PageChange.MENDED: "mended",
    PageChange.REOPENED: "open",
    PageChange.CLOSED: "closed",
}
"""How an incident is after each change."""


def facts(change: PageChange, **others: Any) -> dict[str, Any]:
    """How an incident is after a change."""
    known = {
        "title": "The application's client secret has expired",
        "severity": "critical",
        "status": STATUSES[change],
        "cause": "app-secret-expired",
        "scope": "application",
        "owner": "on-call",
        "mailboxes": 500,
        "most": 500,
        "customers": 60,
        "opened_at": "2026-11-24T08:00:00+00:00",
        "error": "MX-7Q3F-9K2D",
        "acknowledged_by": "",
    }
    return known | others


def tell(
    bot: FastBot,
    *changes: PageChange,
    fingerprint: str = SECRET_EXPIRED,
    incident_id: int = 1,
    **others: Any,
) -> None:
    """An incident changes, each time in a transaction of its own."""
    for change in changes:
        with bot.store.transaction() as tx:
            tx.pages.add(
                incident_id=incident_id,
                fingerprint=fingerprint,
                change=change,
                facts=facts(change, **others),
                at=bot.now,
            )


def events(bot: FastBot, host: str = PAGERDUTY) -> list[str]:
    """What a pager was told, in order."""
    told = bot.pagers.took.get(host, [])
    return [event.get("event_action") or event["type"] for event in told]
