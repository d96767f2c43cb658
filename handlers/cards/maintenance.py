"""`/maildesk maintenance`: what is planned, and the form in which a time of maintenance is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.views.incidents import MaintenanceView
from bot.views.overview import CustomerName
from bot.views.unexplained import CauseName
from handlers.cards.actions import ActionId, FormId
from handlers.cards.incident_messages import maintained
from handlers.cards.kit import (
    LIST_SIZE,
    Block,
    button,
    date_input,
    divider,
    mention,
    modal,
    moment,
    radios,
    section,
    select_input,
    text_input,
)
from handlers.text.words import plainly, say
from storage.vocabulary import MaintenanceOf

LONGEST_REASON = 300
MOST_SHOWN = 10


@dataclass(frozen=True)
class PlanOffer:
    """What can be chosen: customers, causes, and the beginning and the end that are suggested, in
    the time zone of this name."""

    customers: Sequence[CustomerName]
    causes: Sequence[CauseName]
    begins: datetime
    ends: datetime
    zone: str


def maintenance_window(planned: Sequence[MaintenanceView], offer: PlanOffer) -> Block:
    """What is planned, and the form for more."""
    about = [(each.value, plainly(f"maintenance.choose_{each}")) for each in MaintenanceOf]
    hint = plainly("maintenance.time_hint", zone=offer.zone)
    fields = [
        radios(plainly("maintenance.about"), "of", about, MaintenanceOf.APPLICATION),
        *_concerned(offer),
        date_input(plainly("maintenance.from_day"), "from_day", offer.begins.date().isoformat()),
        _time("from_time", offer.begins, hint),
        date_input(plainly("maintenance.to_day"), "to_day", offer.ends.date().isoformat()),
        _time("to_time", offer.ends, hint),
        text_input(
            plainly("alert.reason"),
            "reason",
            hint=plainly("maintenance.reason_hint"),
            longest=LONGEST_REASON,
        ),
    ]
    return modal(
        plainly("maintenance.title"),
        [*_planned(planned), section(say("maintenance.intro")), *fields],
        callback=FormId.MAINTENANCE_PLAN,
        submit=plainly("maintenance.plan"),
    )


def planned_window(planned: Sequence[MaintenanceView]) -> Block:
    """What is planned, after something was."""
    nothing = [section(say("maintenance.none"))]
    return modal(plainly("maintenance.title"), _planned(planned) or nothing)


def _concerned(offer: PlanOffer) -> list[Block]:
    """A customer and a cause to choose, where there are any."""
    blocks = []
    if offer.customers:
        customers = [(str(each.id), each.name) for each in offer.customers]
        blocks.append(
            select_input(
                plainly("alert.customer"),
                "customer",
                customers,
                optional=True,
                space=LIST_SIZE // 2,
            )
        )
    if offer.causes:
        causes = [(each.id, each.title) for each in offer.causes]
        blocks.append(
            select_input(
                plainly("maintenance.cause"), "cause", causes, optional=True, space=LIST_SIZE // 2
            )
        )
    return blocks


def _time(name: str, at: datetime, hint: str) -> Block:
    """A field for a time of the day, ``22:00``."""
    label = plainly(f"maintenance.{name}")
    return text_input(label, name, initial=f"{at:%H:%M}", hint=hint, longest=5)


def _planned(planned: Sequence[MaintenanceView]) -> list[Block]:
    blocks = [_window(each) for each in planned[:MOST_SHOWN]]
    left = len(planned) - MOST_SHOWN
    if left > 0:
        blocks.append(section(say("home.more", count=left)))
    return [section(say("maintenance.planned")), *blocks, divider()] if blocks else []


def _window(window: MaintenanceView) -> Block:
    line = say(
        "maintenance.line",
        what=maintained(window),
        begins=moment(window.begins_at),
        ends=moment(window.ends_at),
        reason=window.reason,
        user=mention(window.user),
    )
    label = plainly("button.end_maintenance")
    return section(line, accessory=button(label, ActionId.MAINTENANCE_END, str(window.id)))
