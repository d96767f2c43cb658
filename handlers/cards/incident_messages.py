"""What is told of incidents besides the alert: in its thread, in reminders, to customers, to the
support team, and of maintenance."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.views.accounts import AccountView
from bot.views.audience import Audience
from bot.views.incidents import AlertCard, AlertLine, MaintenanceView
from bot.views.telling import for_audience
from handlers.cards.incidents import holder, linked, span
from handlers.cards.kit import Message, Safe, mention, moment, paragraphs, safe, section
from handlers.text.people import stands
from handlers.text.words import plainly, say
from storage.vocabulary import AT_WORK, IncidentStatus

TIMES = {"until"}
"""What is a time among what is kept of an entry."""


def alert_line(line: AlertLine) -> Message:
    """What happened to an incident, in its thread, which mentions nobody; of its end with a summary
    of what happened before."""
    text = happened(line)
    before = [timed(each) for each in line.before]
    return Message(text, paragraphs([text, *before]))


def timed(line: AlertLine) -> Safe:
    """A line of a timeline."""
    return say("alert.at", at=moment(line.at), what=happened(line))


def happened(line: AlertLine) -> Safe:
    """What happened to an incident. Who did it is named and not mentioned, unless Slack does not
    say the name: what is written here stays."""
    who: str | Safe = line.name or plainly("alert.maildesk")
    if line.user and not line.name:
        who = mention(line.user)
    sentence = f"alert.did_{line.event}"
    if line.event == "mended" and not line.detail.get("many"):
        sentence = "alert.did_mended_none"
    if line.event == "silenced" and line.detail.get("until_mended"):
        sentence = "alert.did_silenced_longest"
    if line.event == "retested" and line.detail.get("resolving"):
        sentence = "alert.did_resolving"
    if line.event == "still-fails" and line.detail.get("resolving"):
        sentence = "alert.did_not_resolved"
    return say(sentence, who=who, **_shown(line.detail))


def _shown(detail: Mapping[str, Any]) -> dict[str, str | Safe]:
    values: dict[str, str | Safe] = {key: str(value) for key, value in detail.items()}
    values |= {key: moment(datetime.fromisoformat(detail[key])) for key in TIMES & set(detail)}
    if "minutes" in detail:
        values["span"] = span(detail["minutes"])
    return values


def alert_nudge(card: AlertCard, why: str, link: str) -> Message:
    """On-call is reminded of an incident; once it is taken or over, the message says so."""
    incident = card.incident
    title = linked(card.verdict.title, link)
    if incident.status not in AT_WORK or incident.is_silent:
        text = say("alert.nudge_over", title=title)
    elif incident.status is IncidentStatus.ACKNOWLEDGED and why == "update-asked":
        text = say("alert.nudge_update-asked", title=title, who=holder(incident))
    elif incident.status is IncidentStatus.ACKNOWLEDGED:
        text = say("alert.nudge_taken", title=title, who=holder(incident))
    else:
        sentence = f"alert.nudge_{why}"
        group = Safe(f"<!subteam^{card.group}> ") if card.group else Safe("")
        text = say(sentence, title=title, group=group, count=incident.mailboxes)
    return Message(text, [section(text)])


def known_message(card: AlertCard, mailboxes: int) -> Message:
    """A customer's channel reads that we know of what keeps its mailboxes from working, or that it
    is over."""
    told = for_audience(card.verdict, Audience.CUSTOMER)
    at_work = card.incident.status in AT_WORK
    sentence = "alert_customer.known" if at_work else "alert_customer.over"
    text = say(sentence, count=mailboxes)
    return Message(text, [section(text), *([section(safe(told.sentence))] if at_work else [])])


def desk_message(card: AlertCard, link: str) -> Message:
    """The support team reads that an incident is theirs to follow up."""
    at_work = card.incident.status in AT_WORK
    text = say(
        "alert.at_desk" if at_work else "alert.at_desk_over",
        title=linked(card.verdict.title, link),
        count=card.incident.mailboxes,
        customers=card.incident.customers,
    )
    return Message(text, [section(text)])


def maintenance_message(window: MaintenanceView, over: bool) -> Message:
    """A time of maintenance is announced, or its end."""
    text = say(
        "maintenance.ended" if over or window.is_over else "maintenance.began",
        what=maintained(window),
        begins=moment(window.begins_at),
        ends=moment(window.ends_at),
        reason=window.reason,
        user=mention(window.user),
    )
    return Message(text, [section(text)])


def maintained(window: MaintenanceView) -> Safe:
    """What a time of maintenance is about."""
    return say(f"maintenance.of_{window.of}", name=window.concerns)


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
