"""What a channel reads when an administrator has approved our application."""

from bot.views.approvals import ApprovedCard
from handlers.cards.actions import ActionId
from handlers.cards.kit import Block, Message, Safe, actions, button, context, mention, section
from handlers.cards.outages import MAX_MENTIONED, names_of
from handlers.text.words import plainly, say


def approved_message(card: ApprovedCard, channel_id: str) -> Message:
    """Who can sign in now, with the way to it; later, that they did."""
    known = say("approved.proved" if card.proved else "approved.said")
    lines = [Safe(" ".join([*map(mention, card.people[:MAX_MENTIONED]), known]))]
    if card.waiting:
        lines.append(_next(card))
    blocks = [section(Safe("\n".join(lines)))]
    if card.waiting:
        blocks.append(actions(*_ways(card, channel_id)))
    if card.signed_in:
        done = "approved.signed_in_one" if card.signed_in == 1 else "approved.signed_in"
        blocks.append(context(say(done, count=card.signed_in)))
    return Message(known, blocks)


def _next(card: ApprovedCard) -> Safe:
    if len(card.waiting) == 1:
        account = card.waiting[0]
        username = account.signed_in_as or account.username
        return say("approved.several_one", name=account.name, username=username)
    return say("approved.several", count=len(card.waiting), names=names_of(card.waiting))


def _ways(card: ApprovedCard, channel_id: str) -> list[Block]:
    """The sign-in itself; of several the list, and the invitations of those who are elsewhere."""
    ref = card.waiting[0].ref
    if len(card.waiting) > 1:
        listed = button(plainly("button.list"), ActionId.ACCOUNT_LIST, style="primary")
        return [listed, button(plainly("button.invite_all"), ActionId.INVITE_ALL, channel_id)]
    if card.link:
        label = plainly("button.sign_in")
        return [button(label, ActionId.LINK_OPENED, ref, "primary", card.link)]
    return [button(plainly("button.new_link"), ActionId.LINK_RENEW, ref, "primary")]
