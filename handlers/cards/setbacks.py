"""What support is told of customers: one breaks, or is live."""

from bot.views.audience import Audience
from bot.views.setbacks import SetbackCard, Whose
from handlers.cards.actions import ActionId
from handlers.cards.kit import (
    Block,
    Message,
    Safe,
    actions,
    button,
    context,
    mention,
    moment,
    section,
)
from handlers.text.people import owner_named
from handlers.text.words import plainly, say
from storage.vocabulary import Owner


def setback_message(card: SetbackCard) -> Message:
    """A cause that keeps mailboxes of a customer from working: how many, since when, whose turn."""
    customer = card.customer
    title = card.verdict.title
    if card.over_at is not None:
        text = say("setback.over", customer=customer.name, title=title, count=card.most)
        span = say("setback.span", since=moment(card.began_at), until=moment(card.over_at))
        return Message(text, [section(text), context(span, *_whose(customer))])
    text = say("setback.headline", customer=customer.name, title=title)
    names = ", ".join(account.name for account in card.accounts)
    left = card.hit - len(card.accounts)
    lines = [
        text,
        say("setback.hit", hit=card.hit, count=customer.mailboxes, since=moment(card.began_at)),
        say("setback.names_more" if left > 0 else "setback.names", names=names, count=left),
        say("setback.turn", owner=_turn(card)),
    ]
    return Message(
        text, [section(Safe("\n".join(lines))), context(*_whose(customer)), *_buttons(card)]
    )


def _turn(card: SetbackCard) -> str:
    """Whose turn it is with the mailboxes: with those that are tested just now, whose it was."""
    waiting = [each for each in card.accounts if each.owner is not Owner.MAILDESK]
    owner = waiting[0].owner if waiting else card.verdict.owner
    return owner_named(owner, Audience.SUPPORT)


def all_live_message(customer: Whose) -> Message:
    """All mailboxes of a customer are live."""
    one = customer.mailboxes == 1
    text = say(
        "setback.live_one" if one else "setback.live",
        customer=customer.name,
        count=customer.mailboxes,
    )
    return Message(text, [section(text), context(*_whose(customer))])


def _whose(customer: Whose) -> list[Safe]:
    """The customer's channel, and who looks after them."""
    channel = [Safe(f"<#{customer.channel_id}>")] if customer.channel_id else []
    helper = [say("home.helper", helper=mention(customer.helper))] if customer.helper else []
    return [*channel, *helper] or [say("setback.nobody")]


def _buttons(card: SetbackCard) -> list[Block]:
    channel = card.customer.channel_id
    row = []
    if channel:
        row.append(button(plainly("button.accounts"), ActionId.HOME_ACCOUNTS, channel))
    if card.error:
        row.append(button(plainly("button.details"), ActionId.ERROR_SHOW, card.error))
    return [actions(*row)] if row else []
