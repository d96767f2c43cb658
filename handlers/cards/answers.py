"""What a channel reads in answer to who mentions us there: how far everything is, what an error
means, and that we did not understand."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from bot.views.accounts import AccountView
from bot.views.audience import Audience
from bot.views.overview import Standing
from bot.views.setup import SetupCard
from bot.views.telling import Told
from handlers.cards.account_list import start_buttons
from handlers.cards.actions import ActionId
from handlers.cards.diagnosis import meaning, saw_error
from handlers.cards.kit import Block, Message, Safe, actions, button, moment, paragraphs, section
from handlers.text.people import owner_named, turn
from handlers.text.words import plainly, say
from storage.vocabulary import Owner, State

MAX_NAMES = 10
MAX_CUSTOMERS = 30
TURNS = tuple(Owner)


def status_message(card: SetupCard) -> Message:
    """How far a customer is: what is left, by whose turn it is, who has waited the longest
    first."""
    total = len(card.accounts)
    if not total:
        text = say("setup.none_old", count=card.old) if card.old else say("setup.none")
        first = ActionId.OLD_OPEN if card.old else ActionId.ACCOUNT_ADD
        return Message(text, [section(text), start_buttons(first)])
    left = card.left
    name = "answer.status" if left else "answer.status_live"
    live = len([account for account in card.accounts if account.state is State.LIVE])
    text = say(name, live=live, total=total)
    lines = [text, *_turns(left)]
    style = "primary" if card.waits_for_them else ""
    return Message(text, [*paragraphs(lines), actions(*_ways_on(left, style))])


def customers_message(standings: Sequence[Standing]) -> Message:
    """How far every customer is, for the support team."""
    text = say("answer.customers", count=len(standings))
    lines = [_customer(each) for each in standings[:MAX_CUSTOMERS]]
    if len(standings) > MAX_CUSTOMERS:
        lines.append(say("answer.customers_more", count=len(standings) - MAX_CUSTOMERS))
    return Message(text, paragraphs([text, *lines]))


def error_answer(told: Told, accounts: Sequence[AccountView] = ()) -> Message:
    """What a pasted text means, and for a customer the way on: the account that waits."""
    blocks = meaning(told)
    if told.audience is Audience.CUSTOMER:
        left = [account for account in accounts if account.state is not State.LIVE]
        ask = button(plainly("button.do_it"), ActionId.SUPPORT_DO_IT)
        blocks.append(actions(*_ways_on(left), ask))
    return Message(say("error.text", title=told.title), blocks)


def not_understood(audience: Audience) -> Message:
    """We did not understand, and what we would."""
    text = say("answer.unknown")
    if audience is Audience.SUPPORT:
        return Message(text, [section(text), actions(saw_error())])
    return Message(text, [section(text), actions(saw_error()), start_buttons()])


def _turns(left: Sequence[AccountView]) -> list[Safe]:
    """Whose turn it is, with which accounts, since when."""

    def whose(account: AccountView) -> tuple[int, bool]:
        return TURNS.index(account.owner), account.retest_at is not None

    groups = [list(group) for _, group in groupby(sorted(left, key=whose), whose)]
    return [_turn(group) for group in sorted(groups, key=_since)]


def _since(group: Sequence[AccountView]) -> datetime:
    return min(account.state_since for account in group)


def _turn(group: Sequence[AccountView]) -> Safe:
    names = ", ".join(account.name for account in group[:MAX_NAMES])
    if len(group) > MAX_NAMES:
        names = plainly("answer.names_more", names=names, count=len(group) - MAX_NAMES)
    first = min(group, key=lambda account: account.retest_at or account.state_since)
    since = moment(_since(group))
    return say("answer.turn", owner=turn(first), count=len(group), names=names, since=since)


def _ways_on(left: Sequence[AccountView], style: str = "primary") -> list[Block]:
    """The one account that waits for somebody, or the list of all; and the way to say that
    Microsoft showed an error."""
    show = button(plainly("button.list"), ActionId.ACCOUNT_LIST, style=style)
    if len(left) == 1:
        label = plainly("button.account")
        show = button(label, ActionId.ACCOUNT_SHOW, left[0].ref, style)
    return [show, saw_error()]


def _customer(standing: Standing) -> Safe:
    facts = {"customer": standing.customer, "live": standing.live, "total": standing.total}
    if standing.oldest is None:
        return say("answer.customer", **facts)
    since, owner = standing.oldest
    who = owner_named(owner, Audience.SUPPORT)
    return say("answer.customer_waits", **facts, owner=who, since=moment(since))
