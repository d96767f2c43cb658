"""What a customer's channel starts from: the row of buttons, and the list of accounts."""

from collections.abc import Sequence

from bot.views.accounts import AccountView
from bot.views.audience import Audience
from handlers.cards.accounts import icon
from handlers.cards.actions import ActionId, Turn
from handlers.cards.kit import Block, actions, button, context, modal, moment, section
from handlers.text.people import stands, turn
from handlers.text.words import plainly, say

SHOWN_IN_LIST = 45
TURN = Turn(ActionId.ACCOUNT_LIST_PREVIOUS, ActionId.ACCOUNT_LIST_NEXT)


def start_buttons() -> Block:
    """The row of buttons from which everything else is reached."""
    return actions(
        button(plainly("button.add"), ActionId.ACCOUNT_ADD, style="primary"),
        button(plainly("button.list"), ActionId.ACCOUNT_LIST),
        button(plainly("button.old"), ActionId.OLD_OPEN),
        button(plainly("button.exchange"), ActionId.EXCHANGE_OPEN),
        button(plainly("button.do_it"), ActionId.SUPPORT_DO_IT),
        button(plainly("button.help"), ActionId.HELP_SHOW),
    )


def account_list(
    customer: str,
    accounts: Sequence[AccountView],
    channel_id: str,
    page: int = 0,
    audience: Audience = Audience.CUSTOMER,
) -> Block:
    """A window with every account of a customer, a page at a time."""
    first = page * SHOWN_IN_LIST
    blocks = [_listed(account, audience) for account in accounts[first : first + SHOWN_IN_LIST]]
    blocks = blocks or [section(say("list.none"))]
    blocks += pages(page, len(accounts), SHOWN_IN_LIST, channel_id, TURN)
    blocks.append(actions(button(plainly("button.pause"), ActionId.REMINDER_PAUSE, channel_id)))
    return modal(plainly("list.title", customer=customer), blocks)


def pages(page: int, count: int, size: int, channel_id: str, turn: Turn) -> list[Block]:
    """The buttons that turn the pages of a list; nothing where there is one page."""
    total = (count + size - 1) // size
    if total < 2:
        return []
    row = []
    if page:
        row.append(button(plainly("button.previous"), turn.previous, f"{channel_id}:{page - 1}"))
    if page + 1 < total:
        row.append(button(plainly("button.next"), turn.next, f"{channel_id}:{page + 1}"))
    return [context(say("list.page", page=page + 1, pages=total)), actions(*row)]


def _listed(account: AccountView, audience: Audience) -> Block:
    line = say(
        "list.line",
        icon=icon(account.state),
        name=account.name,
        address=account.sender_email,
        ref=account.ref,
        state=stands(account),
        owner=turn(account, audience),
        since=moment(account.state_since),
    )
    return section(
        line, accessory=button(plainly("button.details"), ActionId.ACCOUNT_SHOW, account.ref)
    )
