"""The Home tab, and the windows that say one thing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.views.accounts import CustomersAccount
from bot.views.incident_lists import AlertRow
from bot.views.overview import CustomerName, Standing
from bot.views.support import RequestCard
from handlers.cards.account_list import pages
from handlers.cards.accounts import icon
from handlers.cards.actions import ActionId, FormId, Turn
from handlers.cards.diagnosis import saw_error
from handlers.cards.incident_list import home_rows, list_button
from handlers.cards.kit import (
    Block,
    Message,
    Safe,
    actions,
    button,
    divider,
    header,
    mention,
    modal,
    moment,
    section,
    select,
    text_input,
)
from handlers.cards.links import Link, no_link, ways
from handlers.cards.standings import standing_lines
from handlers.text.people import stands
from handlers.text.words import plainly, say
from storage.vocabulary import STANDS, Owner, State

PAGE = 20
TURN = Turn(ActionId.HOME_PREVIOUS, ActionId.HOME_NEXT)
REQUESTS_SHOWN = 10
ANY = "any"
OWNERS = (Owner.USER, Owner.ADMINISTRATOR, Owner.SUPPORT, Owner.ON_CALL)
PLACES = tuple(name for name in STANDS if name != State.CREATED)


@dataclass(frozen=True)
class Filter:
    """What the lists above the customers are set to: a state, an owner, a customer's id, or `ANY`;
    and the page."""

    state: str = ANY
    owner: str = ANY
    customer: str = ANY
    page: int = 0

    def __str__(self) -> str:
        """As the tab carries it."""
        return f"{self.state}|{self.owner}|{self.customer}|{self.page}"


@dataclass(frozen=True)
class HomeView:
    """What support sees on the Home tab.

    Attributes:
        customers: every customer's standing, as far as the filter lets them through.
        requests: the first requests for help that are not done.
        alerts: incidents that have not ended.
        only: what the lists above the customers are set to.
        names: all customers.
        tested: when customers were last tested, by their ids.
        link: the address of a message in a channel by its time; empty where there is none.
        more: how many requests there are beside those.
    """

    customers: Sequence[Standing]
    requests: Sequence[RequestCard] = ()
    alerts: Sequence[AlertRow] = ()
    only: Filter = Filter()
    names: Sequence[CustomerName] = ()
    tested: Mapping[int, datetime] = field(default_factory=dict)
    link: Link = no_link
    more: int = 0

    @property
    def page(self) -> Sequence[Standing]:
        """The customers that are shown."""
        return self.customers[self.only.page * PAGE : (self.only.page + 1) * PAGE]


def home(view: HomeView | None) -> Block:
    """The Home tab: for support everything; for others (None) where to go."""
    blocks = [header(plainly("home.title"))]
    if view is None:
        return {"type": "home", "blocks": [*blocks, section(say("home.others"))]}
    blocks.append(actions(*_buttons(view.only)))
    waiting = sorted(view.requests, key=lambda each: each.request.taken_at is not None)
    blocks += _entries("home.requests", [_request(each, view) for each in waiting], view.more)
    blocks += _entries("home.alerts", home_rows(view.alerts, leads=False))
    blocks += [divider(), section(say("home.support_intro")), _filters(view)]
    nobody = "home.nobody_fits" if view.names else "home.nobody"
    shown = [_customer(each, view.tested.get(each.customer_id)) for each in view.page]
    blocks += shown or [section(say(nobody))]
    blocks += pages(view.only.page, len(view.customers), PAGE, "page", TURN)
    return {"type": "home", "blocks": blocks, "private_metadata": str(view.only)}


def on_call_home(alerts: Sequence[AlertRow]) -> Block:
    """The Home tab of engineers on call: what is wrong, first what waits for them."""
    shown = _entries("home.alerts", home_rows(alerts, leads=True))
    blocks = shown or [section(say("alert.none_open"))]
    intro = [header(plainly("home.title")), *blocks, divider(), section(say("home.on_call"))]
    return {"type": "home", "blocks": [*intro, actions(list_button(), saw_error())]}


def _buttons(only: Filter) -> list[Block]:
    """What can be done on the tab; *Manage customer* is about the one that is filtered for."""
    customer = "" if only.customer == ANY else only.customer
    return [
        button(plainly("button.search"), ActionId.HOME_SEARCH, style="primary"),
        button(plainly("button.manage_customer"), ActionId.CUSTOMER_MANAGE, customer),
        list_button(),
    ]


def search_form() -> Block:
    """Where support looks for an account of any customer."""
    field = text_input(
        plainly("home.search_label"), "text", hint=plainly("home.search_hint"), longest=254
    )
    return modal(
        plainly("home.search_title"),
        [field],
        callback=FormId.ACCOUNT_SEARCH,
        submit=plainly("button.search"),
    )


def found_window(
    found: Sequence[CustomersAccount],
    text: str,
    customers: Sequence[CustomerName] = (),
    link_to: Link = no_link,
) -> Block:
    """The customers that were found, and the accounts, each with its customer."""
    blocks = [_found_customer(each) for each in customers]
    blocks += [_found(each, link_to) for each in found]
    blocks = blocks or [section(say("home.none_found", text=text))]
    return modal(plainly("home.search_title"), blocks)


def _found_customer(customer: CustomerName) -> Block:
    channel = Safe(f"<#{customer.channel_id}>") if customer.channel_id else Safe("–")
    line = say("home.found_customer", customer=customer.name, channel=channel)
    return section(line, accessory=_open(customer.id))


def found_message(found: CustomersAccount, link_to: Link = no_link) -> Message:
    """One account for support, with its customer, channel and thread."""
    block = _found(found, link_to)
    return Message(Safe(block["text"]["text"]), [block])


def _found(found: CustomersAccount, link_to: Link) -> Block:
    account = found.account
    line = say(
        "home.found",
        icon=icon(account.state),
        name=account.name,
        address=account.sender_email,
        ref=account.ref,
        customer=found.customer,
        channel=Safe(f"<#{account.channel_id}>"),
        state=stands(account),
    )
    details = button(plainly("button.details"), ActionId.ACCOUNT_SHOW, account.ref)
    facts = [line, *ways(link_to, {"home.link_thread": found.card})]
    return section(Safe("  ·  ".join(facts)), accessory=details)


def _request(card: RequestCard, view: HomeView) -> list[Block]:
    """A request: who looks after it or *I'll take it*, and the way to its account, or to all
    accounts of its channel."""
    request = card.request
    user = request.taken_by_user
    line = say(
        "home.request",
        title=card.summary,
        helper=mention(user) if user else plainly("home.no_helper"),
        since=moment(request.asked_at),
        channel=Safe(f"<#{request.channel_id}>") if request.channel_id else "–",
    )
    line = Safe("  ·  ".join([line, *_links(card, view)]))
    row = []
    if request.taken_at is None:
        row.append(button(plainly("button.take"), ActionId.HOME_TAKE, str(request.id), "primary"))
    if card.account is not None:
        row.append(button(plainly("button.account"), ActionId.ACCOUNT_SHOW, card.account.ref))
    elif request.channel_id:
        row.append(button(plainly("button.accounts"), ActionId.HOME_ACCOUNTS, request.channel_id))
    return [section(line), *([actions(*row)] if row else [])]


def _links(card: RequestCard, view: HomeView) -> list[Safe]:
    """Links to the request's card, and to the thread of the account's, where they stand."""
    return ways(view.link, {"home.link_card": card.stands, "home.link_thread": card.thread})


def _entries(title: str, entries: Sequence[Sequence[Block]], others: int = 0) -> list[Block]:
    """The first of some entries, under how many there are, with `others` that are not given."""
    if not entries:
        return []
    count = len(entries) + others
    left = count - REQUESTS_SHOWN
    more = [section(say("home.more", count=left))] if left > 0 else []
    shown = [block for entry in entries[:REQUESTS_SHOWN] for block in entry]
    return [divider(), section(say(title, count=count)), *shown, *more]


def _filters(view: HomeView) -> Block:
    """Lists that act at once. The tab's `block_id` changes with them, or Slack would keep what was
    chosen before."""
    states = [
        (ANY, plainly("home.any_state")),
        *((name, plainly(f"state.{name}")) for name in PLACES),
    ]
    owners = [
        (ANY, plainly("home.any_owner")),
        *((owner, plainly(f"home.waits_{owner}")) for owner in OWNERS),
    ]
    names = [
        (ANY, plainly("home.any_customer")),
        *((str(customer.id), customer.name) for customer in view.names),
    ]
    chosen = view.only
    row = actions(
        select(ActionId.HOME_STATE, plainly("home.any_state"), states, chosen.state),
        select(ActionId.HOME_OWNER, plainly("home.any_owner"), owners, chosen.owner),
        select(ActionId.HOME_CUSTOMER, plainly("home.any_customer"), names, chosen.customer),
    )
    return row | {"block_id": f"filters-{chosen}"[:255]}


def _customer(standing: Standing, tested: datetime | None) -> Block:
    text = Safe("\n".join(standing_lines(standing, tested)))
    return section(text, accessory=_open(standing.customer_id))


def _open(customer_id: int) -> Block:
    """The way to a customer's page."""
    return button(plainly("button.open"), ActionId.CUSTOMER_ACCOUNTS, str(customer_id))


def message_window(title: str, message: Message) -> Block:
    """A window that says one thing: the way to tell something privately to people of another
    workspace."""
    return modal(plainly(title), message.blocks)
