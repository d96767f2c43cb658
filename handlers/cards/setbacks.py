"""What support is told of customers: one breaks, is stuck, or is live."""

from bot.diagnosis.verdict import Verdict
from bot.views.accounts import AccountView
from bot.views.audience import Audience
from bot.views.setbacks import SetbackCard, Whose
from handlers.cards.actions import ActionId
from handlers.cards.desk import answer_button, answered_line
from handlers.cards.kit import (
    Block,
    Message,
    Safe,
    actions,
    button,
    context,
    moment,
    paragraphs,
    safe,
    section,
)
from handlers.cards.links import Link, linked, no_link
from handlers.cards.standings import looked_after
from handlers.text.people import owner_named, stands, turn
from handlers.text.words import plainly, say
from storage.vocabulary import Owner


def setback_message(card: SetbackCard, link_to: Link = no_link) -> Message:
    """A cause that keeps mailboxes of a customer from working, or from going on: which, since when,
    whose turn it is, and what was answered."""
    text = _headline(card)
    if card.over_at is not None:
        span = say("setback.span", since=moment(card.began_at), until=moment(card.over_at))
        return Message(text, [section(text), context(span, *_whose(card.customer))])
    lines = [text, *_counted(card)]
    lines += [_mailbox(card, account, link_to) for account in card.accounts]
    if card.hit > len(card.accounts):
        lines.append(say("setback.more_names", count=card.hit - len(card.accounts)))
    lines.append(_next(card))
    lines += answered_line(card.answered_by_user, card.answered_at)
    return Message(
        text, [*paragraphs(lines), context(*_whose(card.customer)), actions(*_buttons(card))]
    )


def all_live_message(customer: Whose) -> Message:
    """All mailboxes of a customer are live."""
    one = customer.mailboxes == 1
    text = say(
        "setback.live_one" if one else "setback.live",
        customer=customer.name,
        count=customer.mailboxes,
    )
    return Message(text, [section(text), context(*_whose(customer))])


def _headline(card: SetbackCard) -> Safe:
    customer = card.customer.name
    if card.verdict is None:
        sentence = "setback.stuck" if card.over_at is None else "setback.stuck_over"
        return say(sentence, customer=customer, count=card.most)
    sentence = "setback.headline" if card.over_at is None else "setback.over"
    return say(sentence, customer=customer, title=card.verdict.title, count=card.most)


def _counted(card: SetbackCard) -> list[Safe]:
    counts = {"hit": card.hit, "count": card.customer.mailboxes, "since": moment(card.began_at)}
    return [say("setback.hit" if card.verdict else "setback.hit_stuck", **counts)]


def _mailbox(card: SetbackCard, account: AccountView, link_to: Link) -> Safe:
    """A mailbox, which leads to its card in the customer's channel."""
    name = linked(card.cards.get(account.id), link_to, account.name) or safe(account.name)
    since = moment(account.state_since)
    return say("setback.mailbox", name=name, ref=account.ref, state=stands(account), since=since)


def _next(card: SetbackCard) -> Safe:
    if card.verdict is None:
        return say("setback.stuck_next")
    return say("setback.turn", owner=_turn(card, card.verdict))


def _turn(card: SetbackCard, verdict: Verdict) -> str:
    """Whose turn it is with the mailboxes: with those that are tested just now, whose it was;
    ours only where all of them are tested again later."""
    asked = [each for each in card.accounts if each.owner is not Owner.MAILDESK]
    waiting = asked or [each for each in card.accounts if each.retest_at is not None]
    if not waiting:
        return owner_named(verdict.owner, Audience.SUPPORT)
    return turn(waiting[0], Audience.SUPPORT)


def _whose(customer: Whose) -> list[Safe]:
    """The customer's channel, and who looks after them."""
    channel = [Safe(f"<#{customer.channel_id}>")] if customer.channel_id else []
    return [*channel, *(looked_after(customer.helper) or [say("setback.nobody")])]


def _buttons(card: SetbackCard) -> list[Block]:
    customer = card.customer
    row = [answer_button(f"setback:{card.id}")] if customer.channel_id else []
    page = str(customer.id)
    row.append(button(plainly("button.customer"), ActionId.CUSTOMER_ACCOUNTS, page))
    if len(card.accounts) == card.hit == 1:
        ref = card.accounts[0].ref
        row.append(button(plainly("button.account"), ActionId.ACCOUNT_SHOW, ref))
    if card.error:
        row.append(button(plainly("button.details"), ActionId.ERROR_SHOW, card.error))
    return row
