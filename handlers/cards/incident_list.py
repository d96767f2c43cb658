"""Lists of alerts: `/maildesk alerts`, and on the Home tab."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bot.common.texts import whole_number
from bot.views.incident_lists import PAGE, AlertFilter, AlertList, AlertRow, Part
from handlers.cards.account_list import pages
from handlers.cards.actions import ActionId, Turn
from handlers.cards.incidents import concerned, holder, sign_of
from handlers.cards.kit import (
    LIST_SIZE,
    Block,
    Safe,
    actions,
    button,
    divider,
    modal,
    moment,
    section,
    select,
)
from handlers.text.words import plainly, say
from storage.vocabulary import AT_WORK, IncidentStatus, Severity

TURN = Turn(ActionId.ALERT_LIST_PREVIOUS, ActionId.ALERT_LIST_NEXT)
ANY = "any"
MARK = "alerts"
"""With this word begins what the window of a list carries."""


@dataclass(frozen=True)
class Choices:
    """What the lists above the alerts are set to, as a window carries them."""

    only: AlertFilter = field(default_factory=AlertFilter)

    @property
    def about(self) -> str:
        """As the window carries it."""
        only = self.only
        parts = (MARK, only.part, only.severity or ANY, only.customer_id, only.page, only.cause)
        return "|".join(map(str, parts))

    @classmethod
    def read(cls, about: str) -> "Choices":
        """What a window carries; whatever is not known there is as if it was not set."""
        mark, part, severity, customer, page, cause = (*about.split("|", 5), *[""] * 5)[:6]
        if mark != MARK or part not in list(Part):
            return cls()
        return cls(
            AlertFilter(
                Part(part),
                Severity(severity) if severity in list(Severity) else None,
                cause,
                whole_number(customer),
                whole_number(page),
            )
        )

    def chosen(self, fields: dict[str, str]) -> "Choices":
        """After a choice in one of the lists: what counts is what all of them show."""
        shown = {name: fields.get(f"alerts.{name}", "") for name in ("part", "severity", "cause")}
        about = (MARK, shown["part"], shown["severity"])
        customer = fields.get("alerts.customer", "")
        cause = "" if shown["cause"] == ANY else shown["cause"]
        return Choices.read("|".join([*about, customer, "0", cause]))

    def turned(self, page: int) -> "Choices":
        """Another page of the same list."""
        return Choices(replace(self.only, page=page))


def list_window(choices: Choices, listed: AlertList) -> Block:
    """The alerts that fit, each with the way to it."""
    only = choices.only
    rows = [block for each in listed.rows for block in (_row(each),)]
    nothing = "alert.none_fits" if _is_narrowed(only) else f"alert.none_{only.part}"
    blocks = [
        *_filters(choices, listed),
        divider(),
        *(rows or [section(say(nothing))]),
        *pages(only.page, listed.count, PAGE, MARK, TURN),
    ]
    return modal(plainly("alert.list_title"), blocks, metadata=choices.about)


def row_lines(row: AlertRow) -> Safe:
    """An alert in a few words: what, whom, since when, and who looks after it."""
    incident = row.incident
    head = say("alert.headline", sign=sign_of(incident), title=row.title)
    return Safe("\n".join([head, concerned(incident), _stands(row)]))


def home_rows(rows: Sequence[AlertRow], leads: bool) -> list[list[Block]]:
    """Alerts on a Home tab; where nothing else does (`leads`), the first that waits for somebody
    stands out."""
    first = next((each for each in rows if each.incident.status is IncidentStatus.OPEN), None)
    return [_home_row(each, leads and each is first) for each in rows]


def _home_row(row: AlertRow, stands_out: bool) -> list[Block]:
    number = str(row.incident.id)
    buttons = [_open(row)]
    if row.incident.status is IncidentStatus.OPEN:
        style = "primary" if stands_out else ""
        label = plainly("button.acknowledge")
        buttons.insert(0, button(label, ActionId.HOME_ACKNOWLEDGE, number, style))
    return [section(row_lines(row)), actions(*buttons)]


def list_button() -> Block:
    """*Show all alerts*."""
    return button(plainly("button.alerts"), ActionId.ALERT_LIST)


def _row(row: AlertRow) -> Block:
    return section(row_lines(row), accessory=_open(row))


def _open(row: AlertRow) -> Block:
    return button(plainly("button.open"), ActionId.ALERT_SHOW, str(row.incident.id))


def _stands(row: AlertRow) -> Safe:
    incident = row.incident
    since = moment(incident.opened_at)
    if incident.status not in AT_WORK:
        ended = incident.ended_at or incident.mended_at or incident.last_at
        return say("alert.row_over", since=since, ended=moment(ended), error=incident.failure_ref)
    who: Safe | str = plainly("home.no_helper")
    if incident.status is IncidentStatus.ACKNOWLEDGED:
        who = holder(incident)
    elif incident.silenced_until is not None and incident.status is IncidentStatus.SILENCED:
        return say(
            "alert.row_silent",
            since=since,
            until=moment(incident.silenced_until),
            error=incident.failure_ref,
        )
    return say("alert.row", since=since, who=who, error=incident.failure_ref)


def _is_narrowed(only: AlertFilter) -> bool:
    return only.severity is not None or bool(only.cause) or bool(only.customer_id)


def _filters(choices: Choices, listed: AlertList) -> list[Block]:
    """Lists that act at once. Their `block_id` changes with them, or Slack would keep what was
    chosen before."""
    only = choices.only
    parts = [(each.value, plainly(f"alert.part_{each}")) for each in Part]
    severities = [(ANY, plainly("alert.any_severity"))]
    severities += [(each.value, plainly(f"alert.severity_{each}")) for each in Severity]
    causes = [(ANY, plainly("alert.any_cause"))]
    causes += [(each.id, each.title) for each in listed.causes]
    customers = [("0", plainly("home.any_customer"))]
    customers += [(str(each.id), each.name) for each in listed.customers]
    row = actions(
        select(ActionId.ALERT_LIST_PART, plainly("alert.list_title"), parts, only.part),
        select(
            ActionId.ALERT_LIST_SEVERITY,
            plainly("alert.any_severity"),
            severities,
            only.severity or ANY,
        ),
        select(
            ActionId.ALERT_LIST_CAUSE,
            plainly("alert.any_cause"),
            causes,
            only.cause or ANY,
            LIST_SIZE // 2,
        ),
        select(
            ActionId.ALERT_LIST_CUSTOMER,
            plainly("home.any_customer"),
            customers,
            str(only.customer_id),
            LIST_SIZE // 2,
        ),
    )
    return [row | {"block_id": f"filters-{choices.about}"[:255]}]
