"""The question whether who signed in belongs to the customer's own organisation."""

from collections.abc import Sequence

from bot.views.accounts import HeldView
from bot.views.audience import Audience
from bot.views.organisations import DoubtCard, FurtherCard
from handlers.cards.actions import ActionId
from handlers.cards.incident_messages import account_values
from handlers.cards.kit import Block, Message, Safe, actions, button, mention, moment, section
from handlers.cards.standings import looked_after
from handlers.text.words import plainly, say


def held_sentence(held: HeldView, customer: str, audience: Audience = Audience.CUSTOMER) -> Safe:
    """What a sign-in that is held waits for."""
    name = "next.held" if held.evident else "next.held_doubtful"
    if not held.evident and audience is Audience.SUPPORT:
        name = "next.held_doubtful_support"
    return say(name, upn=held.upn, customer=customer, domain=held.domain)


def organisation_buttons(
    ref: str, held: HeldView, audience: Audience = Audience.CUSTOMER
) -> list[Block]:
    """Yes and no, about the sign-in to an account that is held. Of a doubtful one only support can
    say yes, about the organisation that they were shown."""
    no = button(plainly("button.deny_organisation"), ActionId.ORGANISATION_DENY, ref)
    if held.evident:
        return [_yes("button.confirm_organisation", ref), no]
    if audience is Audience.CUSTOMER:
        return [no]
    deny = button(plainly("button.refuse_organisation"), ActionId.ORGANISATION_DENY, ref)
    return [_yes("button.allow_organisation", f"{ref}:{held.tenant_id}"), deny]


def doubt_message(card: DoubtCard) -> Message:
    """What support is told of a doubtful sign-in: both organisations, and the two answers."""
    values = account_values(card.account, card.customer)
    held = card.held
    if held is None:
        text = say("support.organisation_answered", **values)
        return Message(text, [section(text)])
    facts = {"upn": held.upn, "domain": held.domain, "its": held.upn.rpartition("@")[2]}
    lines = [
        say("support.organisation_doubtful", **values, **facts),
        say("support.organisation_theirs", tenant=held.tenant_id, who=_known(card.theirs), **facts),
        _named(held, card.named),
        *looked_after(card.helper),
    ]
    buttons = organisation_buttons(card.account.ref, held, Audience.SUPPORT)
    return Message(lines[0], [section(Safe("\n".join(lines))), actions(*buttons)])


def further_message(card: FurtherCard) -> Message:
    """What support is told of a further organisation of a customer, and the answer."""
    asked = say(
        "support.further_asked",
        user=mention(card.asked_by_user),
        customer=card.customer,
        domain=card.domain,
        channel=Safe(f"<#{card.channel_id}>"),
    )
    theirs = {"domain": card.domain, "tenant": card.tenant_id, "who": _known(card.theirs)}
    lines = [
        asked,
        say("support.organisation_named", **theirs),
        say("support.further_own", customer=card.customer, tenant=card.own),
        *looked_after(card.helper),
    ]
    who = mention(card.allowed_by_user)
    if card.allowed_at is not None:
        lines.append(say("support.further_allowed", user=who, at=moment(card.allowed_at)))
        answers = [_answer("button.take_back", ActionId.ORGANISATION_TAKE_BACK, card.id)]
    elif card.refused_at is not None:
        lines.append(say("support.further_refused", user=who, at=moment(card.refused_at)))
        answers = [_answer("button.allow_too", ActionId.ORGANISATION_ALLOW, card.id)]
    else:
        answers = [
            _answer("button.allow_too", ActionId.ORGANISATION_ALLOW, card.id, "primary"),
            _answer("button.refuse_organisation", ActionId.ORGANISATION_REFUSE, card.id),
        ]
    return Message(asked, [section(Safe("\n".join(lines))), actions(*answers)])


def _answer(label: str, action: ActionId, further_id: int, style: str = "") -> Block:
    return button(plainly(label), action, str(further_id), style)


def _named(held: HeldView, customers: Sequence[str]) -> Safe:
    """Which organisation Microsoft names for the mailbox's domain."""
    if not held.named_tenant:
        return say("support.organisation_unnamed", domain=held.domain)
    facts = {"domain": held.domain, "tenant": held.named_tenant}
    return say("support.organisation_named", who=_known(customers), **facts)


def _known(customers: Sequence[str]) -> str:
    """Whose organisation it is, as far as we know."""
    if not customers:
        return plainly("support.organisation_nobodys")
    return plainly("support.organisation_customers", customers=", ".join(customers))


def _yes(label: str, value: str) -> Block:
    return button(plainly(label), ActionId.ORGANISATION_CONFIRM, value, "primary")
