"""`/maildesk maintenance` in Slack: planned in a form, and ended."""

from datetime import UTC, date, datetime, time, timedelta

from bot.common.refusals import Refused
from bot.common.texts import whole_number
from bot.incidents.maintenance import Plan
from bot.services import Services
from handlers.cards.actions import ActionId, FormId
from handlers.cards.kit import Block
from handlers.cards.maintenance import PlanOffer, maintenance_window, planned_window
from handlers.slack.listeners import FormAnswer, Listeners, NextWindow, form_errors
from handlers.slack.payloads import Press, Submission
from storage.vocabulary import MaintenanceOf

USUAL = timedelta(hours=2)

AT_FIELD = {
    "maintenance.ends_before": "to_time",
    "maintenance.too_long": "to_day",
    "maintenance.too_far": "from_day",
    "maintenance.no_customer": "customer",
    "maintenance.no_cause": "cause",
    "maintenance.bad_from": "from_time",
    "maintenance.bad_to": "to_time",
    "alert.no_reason": "reason",
    "alert.reason_too_long": "reason",
}
"""At which field each refusal is said."""


def register(listeners: Listeners, services: Services) -> None:
    """Register every listener of this feature."""
    listeners.press(ActionId.MAINTENANCE_END, lambda press: end(services, press))
    listeners.submission(FormId.MAINTENANCE_PLAN, lambda sent: plan(services, sent))


def window(services: Services) -> Block:
    """What is planned, and the form for more, in the time zone of the settings."""
    lists = services.views.incident_lists
    zone = services.hours.zone
    begins = services.clock.now().astimezone(zone)
    causes = services.views.unexplained.causes()
    offer = PlanOffer(lists.customers(), causes, begins, begins + USUAL, str(zone))
    return maintenance_window(lists.planned(), offer)


def end(services: Services, press: Press) -> None:
    """*End* of a time of maintenance, in whose place the window shows what is left."""
    services.rights.on_call(press.person)
    try:
        services.maintenance.end(press.number, press.person)
    finally:
        press.windows.replace(window(services))


def plan(services: Services, sent: Submission) -> FormAnswer:
    """Plan it, or say at the fields what is wrong."""
    services.rights.on_call(sent.person)
    try:
        services.maintenance.plan(_plan(services, sent.values), sent.person)
    except Refused as refused:
        field = AT_FIELD.get(refused.sentence)
        if field is None:
            raise
        values = {name: str(value) for name, value in refused.values.items()}
        return form_errors({field: refused.sentence}, **values)
    return NextWindow(planned_window(services.views.incident_lists.planned()))


def _plan(services: Services, values: dict[str, str]) -> Plan:
    """What was filled in.

    Raises:
        Refused: something is missing, or is no time.
    """
    of = _of(values["of"])
    return Plan(
        of,
        _concerns(services, of, values),
        _moment(services, values["from_day"], values["from_time"], "maintenance.bad_from"),
        _moment(services, values["to_day"], values["to_time"], "maintenance.bad_to"),
        values["reason"],
    )


def _of(text: str) -> MaintenanceOf:
    try:
        return MaintenanceOf(text)
    except ValueError:
        raise Refused("maintenance.no_customer") from None


def _concerns(services: Services, of: MaintenanceOf, values: dict[str, str]) -> str:
    match of:
        case MaintenanceOf.APPLICATION:
            return ""
        case MaintenanceOf.CUSTOMER:
            chosen = whole_number(values.get("customer", ""))
            if chosen not in {each.id for each in services.views.incident_lists.customers()}:
                raise Refused("maintenance.no_customer")
            return str(chosen)
        case MaintenanceOf.CAUSE:
            cause = values.get("cause", "")
            if cause not in {each.id for each in services.views.unexplained.causes()}:
                raise Refused("maintenance.no_cause")
            return cause


def _moment(services: Services, day: str, clock: str, otherwise: str) -> datetime:
    """A day and a time of the day, ``22:00``, in the time zone of the settings."""
    try:
        there = datetime.combine(
            date.fromisoformat(day), time.fromisoformat(clock.strip()), services.hours.zone
        )
    except ValueError:
        raise Refused(otherwise) from None
    return there.astimezone(UTC)
