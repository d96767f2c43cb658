"""What a customer's channel reads when mailboxes that were live do not work, or work again, and
when one is live for the first time."""

from collections.abc import Sequence

from bot.views.accounts import AccountView
from bot.views.audience import Audience
from bot.views.next_steps import Way, way_on
from bot.views.outages import OutageCard
from bot.views.telling import for_audience
from handlers.cards.actions import ActionId
from handlers.cards.kit import Block, Message, Safe, actions, button, context, mention, section
from handlers.cards.ways import looking, way_button
from handlers.text.people import stands, turn
from handlers.text.words import plainly, say
from storage.vocabulary import State

MAX_NAMED = 5
MAX_MENTIONED = 5
"""So many mailboxes are named in one message, and so many people addressed."""


def outage_message(card: OutageCard) -> Message:
    """One message for a cause: what does not work, whose turn it is, and the button that mends
    it; once that is over, that it works again."""
    if not card.out:
        return over_message(card)
    first = card.out[0]
    way = way_on(card.first, Audience.CUSTOMER)
    lines = [_headline(card), _sentence(card), say("outage.turn", owner=turn(first))]
    if way is Way.SIGN_IN and len(card.out) == 1:
        lines.append(say("reminder.waits_awaiting_sign_in", username=first.username))
    blocks = [section(Safe("\n".join(lines)))]
    if way is not None:
        blocks.append(actions(_mending(card, way), *_inviting(card, way)))
    blocks += looking(first.retest_at)
    if card.back:
        blocks.append(context(_works(card.back)))
    return Message(_summary(card.out), blocks)


def over_message(card: OutageCard) -> Message:
    """That what was out works again, as far as it is connected still."""
    text = _works(card.back) if card.back else say("outage.over")
    return Message(text, [section(text)])


def live_message(accounts: Sequence[AccountView]) -> Message:
    """That mailboxes are live for the first time."""
    if len(accounts) == 1:
        text = say("outage.live_one", name=accounts[0].name)
    else:
        text = say("outage.live", count=len(accounts), names=names_of(accounts))
    return Message(text, [section(text)])


def _summary(out: Sequence[AccountView]) -> Safe:
    if len(out) == 1:
        return say("outage.summary_one", name=out[0].name, state=stands(out[0]))
    return say("outage.summary", count=len(out), state=stands(out[0]))


def _headline(card: OutageCard) -> Safe:
    """What is out; first who can do something about it."""
    out = card.out
    if len(out) == 1:
        facts = {"name": out[0].name, "address": out[0].sender_email}
        told = say("outage.headline_one", state=stands(out[0]), **facts)
    else:
        state = stands(out[0])
        told = say("outage.headline", count=len(out), state=state, names=names_of(out))
    people = [mention(user) for user in card.people[:MAX_MENTIONED]]
    return Safe(" ".join([*people, told]))


def _sentence(card: OutageCard) -> Safe:
    if card.out[0].state is State.UNMAPPED:
        return say("outage.folders")
    if card.fault is None:
        return say("next.fault_unknown")
    return say("next.broken", sentence=for_audience(card.fault.verdict, Audience.CUSTOMER).sentence)


def _mending(card: OutageCard, way: Way) -> Block:
    """The one button that mends it, or leads there; where several people have to sign in, what
    each of them does."""
    several = way is Way.SIGN_IN and len(card.out) > 1
    return way_button(card.first, Way.MEND if several else way, Audience.CUSTOMER)


def _inviting(card: OutageCard, way: Way) -> list[Block]:
    """Who is addressed added the mailbox; who signs in to it may be somebody else."""
    if way is not Way.SIGN_IN or len(card.out) > 1:
        return []
    return [button(plainly("button.invite"), ActionId.INVITE_OPEN, card.out[0].ref)]


def _works(back: Sequence[AccountView]) -> Safe:
    if len(back) == 1:
        return say("outage.works_one", name=back[0].name)
    return say("outage.works", count=len(back), names=names_of(back))


def names_of(accounts: Sequence[AccountView]) -> str:
    """The names of the first few, and how many more there are."""
    named = ", ".join(account.name for account in accounts[:MAX_NAMED])
    more = len(accounts) - MAX_NAMED
    return plainly("outage.more", names=named, count=more) if more > 0 else named
