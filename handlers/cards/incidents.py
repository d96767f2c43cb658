"""The alert of an incident: as a message in the alert channel, and as a window with everything that
can be done about it."""

from collections.abc import Iterator
from datetime import datetime

from bot.common.texts import whole_number
from bot.diagnosis.history import Ending
from bot.views.audience import Audience
from bot.views.incidents import AlertCard, IncidentView, Past
from bot.views.telling import for_audience
from handlers.cards.actions import ActionId
from handlers.cards.causes import remedy_blocks
from handlers.cards.kit import (
    Block,
    Message,
    Safe,
    actions,
    bar,
    button,
    context,
    escaped,
    mention,
    modal,
    moment,
    paragraphs,
    safe,
    section,
)
from handlers.text.people import owner_named
from handlers.text.words import plainly, say
from storage.vocabulary import AT_WORK, THEIRS, IncidentStatus, Severity

SIGNS = {
    Severity.CRITICAL: Safe(":red_circle:"),
    Severity.HIGH: Safe(":large_orange_circle:"),
    Severity.LOW: Safe(":large_yellow_circle:"),
    Severity.INFO: Safe(":white_circle:"),
}
DONE = Safe(":white_check_mark:")
SILENT = Safe(":no_bell:")
MARK = "alert"
"""With this word begins what the window of an alert carries."""


def alert_card(card: AlertCard) -> Message:
    """One alert for one cause: how much it matters, whom it concerns, since when, what it means,
    whose turn it is, what ended it before, and who looks after it."""
    incident = card.incident
    summary = say(
        "alert.summary",
        title=card.verdict.title,
        count=incident.mailboxes,
        error=incident.latest_ref or incident.failure_ref,
    )
    more = button(plainly("button.more"), ActionId.ALERT_SHOW, str(incident.id))
    row = [*_first_row(incident), more]
    return Message(summary, [*_blocks(card), actions(*row)])


def alert_window(card: AlertCard) -> Block:
    """The same as a window, with what is needed less often."""
    rows = [actions(*row) for row in (_first_row(card.incident), _other_row(card)) if row]
    number = card.incident.id
    title = plainly("alert.window")
    blocks = [*_blocks(card), *rows, *_included(card)]
    return modal(title, blocks, metadata=f"{MARK}|{number}")


def shown_alert(about: str) -> int:
    """The incident whose window carries this; 0 where it is another window."""
    mark, _, number = about.partition("|")
    return whole_number(number) if mark == MARK else 0


def sign_of(incident: IncidentView) -> Safe:
    """How much an incident matters, at a glance."""
    if incident.status not in AT_WORK:
        return DONE
    return SILENT if incident.is_silent else SIGNS[incident.severity]


def span(minutes: int) -> str:
    """So many minutes, in words."""
    return plainly("mend.minute" if minutes == 1 else "mend.minutes", minutes=minutes)


def linked(label: str, address: str) -> Safe:
    """A link, or what it would say where there is no address."""
    return Safe(f"<{escaped(address)}|{safe(label)}>") if address else safe(label)


def standing(card: AlertCard) -> Safe:
    """Who looks after an incident, or why nobody has to."""
    incident = card.incident
    match incident.status:
        case IncidentStatus.OPEN if incident.inhibited_by is not None:
            return say("alert.within")
        case IncidentStatus.OPEN:
            loud = incident.severity in (Severity.CRITICAL, Severity.HIGH)
            group = Safe(f" <!subteam^{card.group}>") if card.group and loud else Safe("")
            return say("alert.waiting", group=group)
        case IncidentStatus.ACKNOWLEDGED:
            return say(
                "alert.taken",
                user=holder(incident),
                at=_moment(incident.acknowledged_at),
                until=_moment(incident.acknowledged_until),
            )
        case IncidentStatus.SILENCED if incident.in_maintenance:
            return say("alert.maintained", until=_moment(incident.silenced_until))
        case IncidentStatus.SILENCED:
            sentence = "alert.silenced_longest" if incident.until_mended else "alert.silenced"
            return say(
                sentence,
                until=_moment(incident.silenced_until),
                reason=incident.silence_reason,
                user=mention(incident.silenced_by),
            )
        case _ if incident.merged_into is not None:
            return say("alert.merged", at=_moment(incident.ended_at))
        case _:
            known = incident.cause == card.verdict.cause
            return say(
                "alert.ended" if known else "alert.explained", at=_moment(incident.mended_at)
            )


def holder(incident: IncidentView) -> Safe:
    """Who looks after an incident: in Slack, or somebody whom only the pager knows."""
    if incident.acknowledged_by:
        return mention(incident.acknowledged_by)
    return safe(incident.acknowledged_name)


def concerned(incident: IncidentView) -> Safe:
    """How much an incident matters, and how many it concerns, or whom alone."""
    there = incident.mailboxes or incident.most
    whom = safe(incident.whom) or safe(plainly(f"reach.{incident.scope}"))
    severity = plainly(f"alert.severity_{incident.severity}")
    if not there:
        return say("alert.nobody", severity=severity, whom=whom)
    sentence = "alert.concerns" if incident.mailboxes else "alert.concerned"
    return say(sentence, severity=severity, count=there, customers=incident.customers, whom=whom)


def _blocks(card: AlertCard) -> list[Block]:
    incident = card.incident
    told = for_audience(card.verdict, Audience.SUPPORT)
    head = say("alert.headline", sign=sign_of(incident), title=told.title)
    mailboxes = button(plainly("button.mailboxes"), ActionId.ALERT_MAILBOXES, str(incident.id))
    blocks = [
        section(
            Safe(f"{head}\n{concerned(incident)}"),
            accessory=mailboxes if incident.mailboxes else None,
        ),
        *_evidence(incident),
        section(safe(told.sentence)),
    ]
    if incident.status in AT_WORK:
        blocks.append(section(say("error.mend", owner=owner_named(told.owner, told.audience))))
        blocks += remedy_blocks(told)
    blocks += paragraphs([linked(plainly("alert.handbook"), card.handbook), *_history(card)])
    blocks.append(context(Safe("\n".join([*_progress(card), standing(card)]))))
    return blocks


def _evidence(incident: IncidentView) -> list[Block]:
    """When it was seen first and last, each with its error."""
    first = say("alert.first", at=moment(incident.opened_at), error=incident.failure_ref)
    latest = incident.latest_ref or incident.failure_ref
    if incident.count == 1:
        return [section(first, accessory=_details(incident.failure_ref))]
    last = say("alert.last", at=moment(incident.last_at), error=latest, count=incident.count)
    if latest == incident.failure_ref:
        return [section(Safe(f"{first}\n{last}"), accessory=_details(latest))]
    return [
        section(first, accessory=_details(incident.failure_ref)),
        section(last, accessory=_details(latest)),
    ]


def _included(card: AlertCard) -> list[Block]:
    """The narrower alerts for which this one stands, each with the way to it."""
    label = plainly("button.open")
    return [
        section(
            say("alert.included", whom=each.whom, count=each.mailboxes),
            accessory=button(label, ActionId.ALERT_SHOW, str(each.id)),
        )
        for each in card.includes
    ]


def _details(error: str) -> Block:
    return button(plainly("button.details"), ActionId.ERROR_SHOW, error)


def _history(card: AlertCard) -> Iterator[Safe]:
    """What else it stands for, what ended the cause before, and how long that took."""
    if card.incident.narrower:
        yield say("alert.includes", count=card.incident.narrower)
    if card.history.endings:
        lines = Safe("\n".join(map(_ending, card.history.endings)))
        yield say("alert.endings", lines=lines)
    if card.before:
        yield say("alert.before", times=Safe(", ".join(map(_past, card.before))))


def _ending(ending: Ending) -> Safe:
    by = plainly(f"mended.{ending.by}")
    return say("error.ending", by=by, count=ending.count, minutes=ending.minutes)


def _past(past: Past) -> Safe:
    return say("alert.past", at=moment(past.at), span=span(past.minutes))


def _progress(card: AlertCard) -> Iterator[Safe]:
    """How far the test of all mailboxes is, or what it showed."""
    incident = card.incident
    if incident.status not in AT_WORK:
        return
    if incident.retest_at is not None:
        done = incident.retested
        total = incident.to_retest
        yield say("alert.testing", done=done, total=total, bar=bar(done, total))
    elif card.fails is not None:
        fails = card.fails
        sentence = "alert.not_resolved" if fails.resolving else "alert.still_fails"
        yield say(sentence, at=moment(fails.at), count=fails.mailboxes)


def _first_row(incident: IncidentView) -> list[Block]:
    """What is needed most; what comes next stands out."""
    number = str(incident.id)
    if incident.merged_into is not None:
        return [_other(incident.merged_into, "button.other_alert")]
    if incident.status not in AT_WORK:
        return [button(plainly("button.reopen"), ActionId.ALERT_REOPEN, number)]
    if incident.inhibited_by is not None:
        return [_other(incident.inhibited_by, "button.wider_alert")]
    retest = button(plainly("button.retest_all"), ActionId.ALERT_RETEST, number)
    silence = button(plainly("button.silence"), ActionId.ALERT_SILENCE, number)
    acknowledge = button(
        plainly("button.acknowledge"), ActionId.ALERT_ACKNOWLEDGE, number, "primary"
    )
    match incident.status:
        case IncidentStatus.ACKNOWLEDGED:
            release = button(plainly("button.unacknowledge"), ActionId.ALERT_RELEASE, number)
            return [_resolve(number, "primary"), release, silence, retest]
        case IncidentStatus.SILENCED if incident.in_maintenance:
            return [acknowledge, silence, retest, _resolve(number)]
        case IncidentStatus.SILENCED:
            wake = button(plainly("button.unsilence"), ActionId.ALERT_UNSILENCE, number, "primary")
            take = button(plainly("button.acknowledge"), ActionId.ALERT_ACKNOWLEDGE, number)
            return [wake, take, retest, _resolve(number)]
        case _:
            return [acknowledge, silence, retest, _resolve(number)]


def _resolve(number: str, style: str = "") -> Block:
    return button(plainly("button.resolve"), ActionId.ALERT_RESOLVE, number, style)


def _other(incident_id: int, label: str) -> Block:
    """The way to the alert that stands for this one."""
    return button(plainly(label), ActionId.ALERT_OTHER, str(incident_id), "primary")


def _other_row(card: AlertCard) -> list[Block]:
    """What is needed less often, as far as it can be done now."""
    incident = card.incident
    number = str(incident.id)
    timeline = button(plainly("button.timeline"), ActionId.ALERT_TIMELINE, number)
    if incident.status not in AT_WORK or incident.inhibited_by is not None:
        return [timeline]
    row = [button(plainly("button.acknowledge_for"), ActionId.ALERT_KEEP, number)]
    if incident.status is not IncidentStatus.SILENCED:
        row.append(button(plainly("button.escalate"), ActionId.ALERT_ESCALATE, number))
    if incident.handed_over_at is None:
        row.append(button(plainly("button.hand_to_support"), ActionId.ALERT_HAND_OVER, number))
    theirs = card.verdict.owner in THEIRS
    if incident.customers_told_at is None and incident.mailboxes and not theirs:
        row.append(button(plainly("button.tell_customers"), ActionId.ALERT_TELL, number))
    row.append(button(plainly("button.merge"), ActionId.ALERT_MERGE, number))
    if incident.customers > 1:
        row.append(button(plainly("button.split"), ActionId.ALERT_SPLIT, number))
    return [*row, timeline]


def _moment(at: datetime | None) -> Safe:
    return moment(at) if at is not None else Safe("–")
