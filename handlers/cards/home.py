"""The Home tab, and the windows that say one thing."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.overview import Standing
from handlers.cards.account import icon
from handlers.cards.customer import pages, start_buttons
from handlers.cards.kit import (
    Audience,
    Block,
    Message,
    Safe,
    actions,
    bar,
    button,
    divider,
    header,
    mention,
    modal,
    moment,
    section,
    text_input,
)
from handlers.words import plainly, say
from storage.tables import Account
from storage.vocabulary import Owner

PAGE = 20
REQUESTS_SHOWN = 10
FILTERS = {"all": None, "user": Owner.USER, "administrator": Owner.ADMINISTRATOR, "support": Owner.SUPPORT}
"""The buttons above the customers: for whom something waits."""


@dataclass(frozen=True)
class HomeView:
    """What support sees on the Home tab: every customer's standing as far as the filter lets them through, requests for help that
    are not done (summary, who looks after it), and alerts that are open (title, error ID)."""

    customers: Sequence[Standing]
    requests: Sequence[tuple[str, str]] = ()
    alerts: Sequence[tuple[str, str]] = ()
    only: str = "all"
    page: int = 0


def home(view: HomeView | None) -> Block:
    """The Home tab: for support everything; for others (None) where to go."""
    blocks = [header(plainly("home.title"))]
    if view is None:
        return {"type": "home", "blocks": [*blocks, section(say("home.others"))]}
    blocks.append(actions(button(plainly("button.search"), "home.search", style="primary")))
    blocks += _lines("home.requests", [_request(*each) for each in view.requests])
    blocks += _lines("home.alerts", [say("home.alert", title=title, error=error) for title, error in view.alerts])
    blocks += [divider(), section(say("home.support_intro")), _filters(view.only)]
    shown = view.customers[view.page * PAGE : (view.page + 1) * PAGE]
    blocks += [_customer(standing) for standing in shown] or [section(say("home.nobody"))]
    blocks += pages(view.page, len(view.customers), PAGE, view.only, "home")
    return {"type": "home", "blocks": blocks}


def search_form() -> Block:
    """Where support looks for an account of any customer."""
    field = text_input(plainly("home.search_label"), "text", hint=plainly("home.search_hint"), longest=254)
    return modal(plainly("home.search_title"), [field], callback="account.search", submit=plainly("button.search"))


def found_window(found: Sequence[tuple[Account, str]], text: str) -> Block:
    """The accounts that were found, each with its customer."""
    blocks: list[Block] = []
    for account, customer in found:
        facts = {"name": account.name, "address": account.sender_email, "ref": account.ref, "customer": customer}
        line = say("home.found", icon=icon(account.state), state=plainly(f"state.{account.state}"), **facts)
        blocks.append(section(line, accessory=button(plainly("button.details"), "account.show", account.ref)))
    return modal(plainly("home.search_title"), blocks or [section(say("home.none_found", text=text))])


def _request(title: str, helper: str) -> Safe:
    return say("home.request", title=title, helper=mention(helper) if helper else plainly("home.no_helper"))


def _lines(title: str, lines: Sequence[Safe]) -> list[Block]:
    if not lines:
        return []
    more = [say("home.more", count=len(lines) - REQUESTS_SHOWN)] if len(lines) > REQUESTS_SHOWN else []
    text = "\n".join([say(title, count=len(lines)), *lines[:REQUESTS_SHOWN], *more])
    return [divider(), section(Safe(text))]


def _filters(only: str) -> Block:
    style = {only: "primary"}
    return actions(*(button(plainly(f"home.{name}"), f"home.{name}", name, style.get(name, "")) for name in FILTERS))


def _customer(standing: Standing) -> Block:
    facts = {"live": standing.live, "total": standing.total, "bar": bar(standing.live, standing.total)}
    where = Safe(", ".join(f"<#{channel}>" for channel in standing.channels[:5]))
    line = "home.customer_line" if standing.total else "home.customer_empty"
    lines = [say(line, customer=standing.customer, channel=where, **facts)]
    if standing.oldest is not None:
        since, owner = standing.oldest
        lines.append(say("home.waits", owner=plainly(f"owner.{owner}"), since=moment(since)))
    return section(Safe("\n".join(lines)))


def help_message(audience: Audience) -> Message:
    """What can be done, for who asks."""
    blocks = [section(say("help.channel"))]
    blocks += [section(say("help.support"))] if audience is Audience.SUPPORT else []
    return Message(say("help.title"), [*blocks, start_buttons()])


def help_window(audience: Audience) -> Block:
    """The same as a window (buttons would lead out of it)."""
    blocks = help_message(audience).blocks[:-1]
    look_up = button(plainly("button.look_up"), "error.look_up")
    return modal(plainly("help.title"), [*blocks, actions(look_up)])


def message_window(title: str, message: Message) -> Block:
    """A window that says one thing: the way to tell something privately to people of another workspace."""
    return modal(plainly(title), message.blocks)
