"""What on-call and support are told in their own channels."""

from bot.diagnosis.verdict import Verdict
from bot.views.accounts import AccountView
from bot.views.audience import Audience
from bot.views.incidents import AlertCard, IncidentView
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
    safe,
    section,
)
from handlers.text.people import stands
from handlers.text.words import plainly, say
from storage.vocabulary import Owner


def alert_card(card: AlertCard) -> Message:
    """One alert for one cause: how often, since when, what it means, who looks after it."""
    incident = card.incident
    verdict = card.verdict
    counted = say(
        "alert.counted",
        count=incident.count,
        first=moment(incident.opened_at),
        last=moment(incident.last_at),
        error=incident.failure_ref,
    )
    told = for_audience(verdict, Audience.SUPPORT)
    blocks = [
        section(say("alert.headline", title=told.title)),
        section(counted),
        section(safe(told.sentence)),
        *remedy_blocks(told),
    ]
    blocks += _taken(incident, verdict)
    summary = say(
        "alert.summary", title=verdict.title, count=incident.count, error=incident.failure_ref
    )
    return Message(summary, blocks)


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


def _taken(incident: IncidentView, verdict: Verdict) -> list[Block]:
    details = button(plainly("button.details"), ActionId.ERROR_SHOW, incident.failure_ref)
    if incident.ended_at is not None:
        known = "alert.ended" if incident.cause == verdict.cause else "alert.explained"
        return [context(say(known, at=moment(incident.ended_at))), actions(details)]
    if incident.acknowledged_at is None:
        acknowledge = button(
            plainly("button.acknowledge"), ActionId.ALERT_ACKNOWLEDGE, str(incident.id), "primary"
        )
        row = [acknowledge, *_mended(incident, verdict), details]
        return [context(say("alert.waiting")), actions(*row)]
    user = mention(incident.acknowledged_by)
    taken = say("alert.taken", user=user, at=moment(incident.acknowledged_at))
    return [context(taken), actions(*_mended(incident, verdict, "primary"), details)]


def _mended(incident: IncidentView, verdict: Verdict, style: str = "") -> list[Block]:
    """*It's changed*, where our engineers can change something."""
    if verdict.owner is not Owner.ON_CALL:
        return []
    return [button(plainly("button.changed"), ActionId.ALERT_MENDED, str(incident.id), style)]
