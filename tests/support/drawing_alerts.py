"""Every builder of what on-call sees of alerts, with what it is given (see `drawing`)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.diagnosis.history import Ending, History
from bot.incidents.timeline import Entry
from bot.views.audience import Audience
from bot.views.incident_lists import (
    MAILBOXES,
    PAGE,
    AlertFilter,
    AlertList,
    AlertRow,
    Concerned,
    MailboxList,
    MailboxRow,
    Part,
)
from bot.views.incidents import AlertCard, AlertLine, MaintenanceView, Past, StillFails
from bot.views.overview import CustomerName
from bot.views.unexplained import CauseName
from handlers.cards import (
    incident_list,
    incident_messages,
    incident_windows,
    incidents,
    maintenance,
)
from handlers.cards.kit import Safe
from storage.vocabulary import IncidentStatus, MaintenanceOf, Mended
from tests.support.values import ERROR, NOW, incident

LINK = "https://slack.example/archives/C0ALERTS/p1"
OTHER_ERROR = "MX-1111-1111"
KEPT = {
    "many": 7,
    "back": 6,
    "refused": 2,
    "times": 3,
    "minutes": 1,
    "until": NOW.isoformat(),
    "resolving": True,
    "until_mended": True,
}
"""What may be kept of an entry, all of it."""

Render = Callable[[Any, Audience], Any]


def alert(made: Any, **changed: Any) -> AlertCard:
    """An alert with everything that one can have."""
    facts = {
        "latest_ref": OTHER_ERROR,
        "count": 90,
        "mailboxes": 900,
        "customers": 40,
        "whom": made.name,
        "acknowledged_by": "U0OMAR",
        "acknowledged_at": NOW,
        "acknowledged_until": NOW,
        "silenced_until": NOW,
        "silence_reason": made.name[:300],
        "retest_at": NOW,
        "to_retest": 900,
        "retested": 3,
    }
    return AlertCard(
        incident(made.cause, **(facts | changed)),
        made.verdict,
        History([Ending(Mended.CHANGE, 3, 12)], 900, 40, [], None),
        "S0ONCALL",
        f"https://maildesk.example/errors/{made.cause}",
        [Past(NOW, 37)] * 3,
        StillFails(NOW, 9, True),
        [incident(made.cause, id=number, whom=made.name) for number in range(2, 12)],
    )


def lines(made: Any) -> list[AlertLine]:
    """Everything that can happen, with everything that is kept of it."""
    detail = KEPT | {"reason": made.name[:300]}
    return [AlertLine(each, NOW, "U0OMAR", made.name, detail) for each in Entry]


def row(made: Any, **changed: Any) -> AlertRow:
    """An alert in a list."""
    return AlertRow(alert(made, **changed).incident, made.verdict.title)


def window(made: Any, number: int = 7) -> MaintenanceView:
    """A time of maintenance."""
    concerns = made.name[:200]
    return MaintenanceView(
        number, MaintenanceOf.CUSTOMER, concerns, NOW, NOW, made.name[:300], "U0VERA2", False
    )


def _mailboxes(made: Any) -> MailboxList:
    rows = [
        MailboxRow(made.name, "info@acme.example", "MB-0000-0000", f"{made.name} {n}", ERROR, NOW)
        for n in range(MAILBOXES)
    ]
    return MailboxList(1, rows, 900, 1)


def _listed(made: Any) -> Any:
    states = list(IncidentStatus) * 3
    rows = [row(made, status=each) for each in states][:PAGE]
    causes = [CauseName(f"cause-{n}", made.name[:70] or "A cause") for n in range(120)]
    customers = [CustomerName(n, made.name) for n in range(1, 700)]
    only = incident_list.Choices(AlertFilter(Part.SILENCED, customer_id=3, page=1))
    return incident_list.list_window(only, AlertList(rows, 100, causes, customers))


def _offer(made: Any) -> maintenance.PlanOffer:
    customers = [CustomerName(n, made.name) for n in range(1, 700)]
    causes = [CauseName(f"cause-{n}", made.name[:70] or "A cause") for n in range(250)]
    return maintenance.PlanOffer(customers, causes, NOW, NOW, "Europe/Copenhagen")


def _concerned(made: Any) -> list[Concerned]:
    return [Concerned(n, made.name, 9) for n in range(1, 90)]


def _ended(made: Any) -> AlertLine:
    *before, _ = lines(made)
    return replace(AlertLine(Entry.MENDED, NOW, "", "", KEPT), before=before[:12])


ALERTS: dict[str, Render] = {
    "incidents.alert_card": lambda made, to: incidents.alert_card(alert(made)),
    "incidents.alert_window": lambda made, to: incidents.alert_window(alert(made)),
    "incident_messages.alert_line": lambda made, to: incident_messages.alert_line(_ended(made)),
    "incident_messages.alert_nudge": lambda made, to: incident_messages.alert_nudge(
        alert(made), Entry.GREW, LINK
    ),
    "incident_messages.desk_message": lambda made, to: incident_messages.desk_message(
        alert(made), LINK
    ),
    "incident_messages.maintenance_message": lambda made, to: incident_messages.maintenance_message(
        window(made), over=False
    ),
    "incident_messages.support_note": lambda made, to: incident_messages.support_note(
        Safe("Planted Rival Ltd did something")
    ),
    "incident_windows.mailboxes_window": lambda made, to: incident_windows.mailboxes_window(
        _mailboxes(made)
    ),
    "incident_windows.timeline_window": lambda made, to: incident_windows.timeline_window(
        lines(made)
    ),
    "incident_windows.silence_form": lambda made, to: incident_windows.silence_form(
        alert(made), "1"
    ),
    "incident_windows.keep_form": lambda made, to: incident_windows.keep_form(alert(made), "1"),
    "incident_windows.tell_form": lambda made, to: incident_windows.tell_form(
        alert(made), _concerned(made), "1"
    ),
    "incident_windows.merge_form": lambda made, to: incident_windows.merge_form(
        alert(made), [row(made, id=n) for n in range(2, 102)], "1"
    ),
    "incident_windows.split_form": lambda made, to: incident_windows.split_form(
        alert(made), _concerned(made), "1"
    ),
    "incident_list.list_window": lambda made, to: _listed(made),
    "incident_list.list_button": lambda made, to: incident_list.list_button(),
    "maintenance.maintenance_window": lambda made, to: maintenance.maintenance_window(
        [window(made, n) for n in range(40)], _offer(made)
    ),
    "maintenance.planned_window": lambda made, to: maintenance.planned_window([window(made)]),
}
"""What is shown to our own people only."""


def known(made: Any, to: Audience) -> Any:
    """What a customer reads of an incident."""
    return incident_messages.known_message(alert(made), 3)
