"""What on-call and support are told in their own channels."""

from datetime import datetime

from bot.diagnosis.verdict import Verdict
from bot.views.accounts import AccountView
from bot.views.audience import Audience
from bot.views.incidents import AlertCard, AlertLine, IncidentView, MaintenanceView
from bot.views.telling import for_audience
from handlers.cards.actions import ActionId
from handlers.cards.causes import remedy_blocks
from handlers.cards.kit import (
    Block,
    Message,
    Safe,
    actions,
    button,
    context,
    mention,
    moment,
    paragraphs,
    safe,
    section,
)
from handlers.text.people import stands
from handlers.text.words import plainly, say
from storage.vocabulary import AT_WORK, IncidentStatus, Owner, Severity

SIGNS = {
    Severity.CRITICAL: Safe(":red_circle:"),
    Severity.HIGH: Safe(":large_orange_circle:"),
    Severity.LOW: Safe(":large_yellow_circle:"),
    Severity.INFO: Safe(":white_circle:"),
}
DONE = Safe(":white_check_mark:")

TIMES = {"until"}
"""What is a time among what is kept of an entry."""


def alert_card(card: AlertCard) -> Message:
    """One alert for one cause: how much it matters, whom it concerns, since when, what it means,
    whose turn it is, and who looks after it."""
    incident = card.incident
    told = for_audience(card.verdict, Audience.SUPPORT)
    sign = SIGNS[incident.severity] if incident.status in AT_WORK else DONE
    lines = [say("alert.headline", sign=sign, title=told.title), *_concerned(incident)]
    blocks = [
        *paragraphs(lines),
        section(_counted(incident)),
        section(safe(told.sentence)),
        *remedy_blocks(told),
    ]
    blocks += _stands(card)
    summary = say(
        "alert.summary", title=told.title, count=incident.count, error=incident.failure_ref
    )
    return Message(summary, blocks)


def alert_line(line: AlertLine) -> Message:
    """What happened to an incident, in its thread, which mentions nobody."""
    values = {key: str(value) for key, value in line.detail.items()}
    who = line.name or plainly("alert.somebody")
    if not line.user and not line.name:
        who = plainly("alert.maildesk")
    told = {key: moment(datetime.fromisoformat(line.detail[key])) for key in TIMES & set(values)}
    sentence = f"alert.did_{line.event.replace('-', '_')}"
    text = say(sentence, who=who, **(values | told))
    return Message(text, [section(text)])


def alert_nudge(card: AlertCard, why: str, link: str) -> Message:
    """On-call is reminded of an incident; once it is taken or over, the message says so."""
    incident = card.incident
    named = say("alert.nudged_link", title=card.verdict.title, url=safe(link)) if link else None
    title = named or safe(card.verdict.title)
    if incident.status not in AT_WORK or incident.is_silent:
        text = say("alert.nudge_over", title=title)
    elif incident.status is IncidentStatus.ACKNOWLEDGED and why == "update-asked":
        text = say("alert.nudge_update_asked", title=title, who=_holder(incident))
    elif incident.status is IncidentStatus.ACKNOWLEDGED:
        text = say("alert.nudge_taken", title=title, who=_holder(incident))
    else:
        sentence = f"alert.nudge_{why.replace('-', '_')}"
        group = Safe(f"<!subteam^{card.group}> ") if card.group else Safe("")
        text = say(sentence, title=title, group=group, count=incident.mailboxes)
    return Message(text, [section(text)])


def known_message(card: AlertCard, mailboxes: int) -> Message:
    """A customer's channel reads that we know of what keeps its mailboxes from working, or that it
    is over."""
    told = for_audience(card.verdict, Audience.CUSTOMER)
    at_work = card.incident.status in AT_WORK
    sentence = "alert.known" if at_work else "alert.known_over"
    text = say(sentence, count=mailboxes)
    return Message(text, [section(text), *([section(safe(told.sentence))] if at_work else [])])


def desk_message(card: AlertCard, link: str) -> Message:
    """The support team reads that an incident is theirs to follow up."""
    title = say("alert.nudged_link", title=card.verdict.title, url=safe(link)) if link else None
    sentence = "alert.at_desk" if card.incident.status in AT_WORK else "alert.at_desk_over"
    text = say(
        sentence,
        title=title or safe(card.verdict.title),
        count=card.incident.mailboxes,
        customers=card.incident.customers,
    )
    return Message(text, [section(text)])


def maintenance_message(window: MaintenanceView, over: bool) -> Message:
    """A time of maintenance is announced, or its end."""
    what = say(f"maintenance.of_{window.of}", name=window.concerns)
    sentence = "maintenance.ended" if over or window.is_over else "maintenance.began"
    text = say(
        sentence,
        what=what,
        begins=moment(window.begins_at),
        ends=moment(window.ends_at),
        reason=window.reason,
        user=mention(window.user),
    )
    return Message(text, [section(text)])


def support_note(text: Safe) -> Message:
    """A sentence for the support team."""
    return Message(text, [section(text)])


def account_values(account: AccountView, customer: str) -> dict[str, str | Safe]:
    """How an account is named to support."""
    return {
        "name": account.name,
        "ref": account.ref,
        "customer": customer,
        "channel": Safe(f"<#{account.channel_id}>"),
        "state": stands(account),
    }


def _concerned(incident: IncidentView) -> list[Safe]:
    if not incident.mailboxes and not incident.most:
        return []
    sentence = "alert.concerns" if incident.mailboxes else "alert.concerned"
    return [
        say(
            sentence,
            count=incident.mailboxes or incident.most,
            customers=incident.customers,
            scope=plainly(f"alert.scope_{incident.scope}"),
        )
    ]


def _counted(incident: IncidentView) -> Safe:
    return say(
        "alert.counted",
        count=incident.count,
        first=moment(incident.opened_at),
        last=moment(incident.last_at),
        error=incident.failure_ref,
    )


def _holder(incident: IncidentView) -> Safe:
    if incident.acknowledged_by:
        return mention(incident.acknowledged_by)
    return safe(incident.acknowledged_name)


def _stands(card: AlertCard) -> list[Block]:
    """Who looks after it, and what can be done."""
    incident = card.incident
    details = button(plainly("button.details"), ActionId.ERROR_SHOW, incident.failure_ref)
    return [context(_status(card)), actions(*_buttons(incident, card.verdict), details)]


def _status(card: AlertCard) -> Safe:
    incident = card.incident
    match incident.status:
        case IncidentStatus.OPEN if incident.inhibited_by is not None:
            return say("alert.within")
        case IncidentStatus.OPEN:
            group = Safe(f" <!subteam^{card.group}>") if card.group else Safe("")
            loud = incident.severity in (Severity.CRITICAL, Severity.HIGH)
            return say("alert.waiting", group=group if loud else Safe(""))
        case IncidentStatus.ACKNOWLEDGED:
            at = moment(incident.acknowledged_at) if incident.acknowledged_at else Safe("")
            until = moment(incident.acknowledged_until) if incident.acknowledged_until else Safe("")
            return say("alert.taken", user=_holder(incident), at=at, until=until)
        case IncidentStatus.SILENCED:
            until = moment(incident.silenced_until) if incident.silenced_until else Safe("")
            return say("alert.silenced", until=until, reason=incident.silence_reason or "-")
        case _:
            at = moment(incident.mended_at) if incident.mended_at else Safe("")
            known = "alert.ended" if incident.cause == card.verdict.cause else "alert.explained"
            return say(known, at=at)


def _buttons(incident: IncidentView, verdict: Verdict) -> list[Block]:
    if incident.status not in AT_WORK:
        return []
    number = str(incident.id)
    acknowledge = button(
        plainly("button.acknowledge"), ActionId.ALERT_ACKNOWLEDGE, number, "primary"
    )
    taken = incident.status is IncidentStatus.ACKNOWLEDGED
    style = "primary" if taken else ""
    changed = button(plainly("button.changed"), ActionId.ALERT_MENDED, number, style)
    mended = [changed] if verdict.owner is Owner.ON_CALL else []
    return [*([] if taken else [acknowledge]), *mended]
