"""The Home tab, and the windows that say one thing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.views.accounts import CustomersAccount
from bot.views.audience import Audience, Role
from bot.views.incidents import OpenIncident
from bot.views.overview import CustomerName, Standing
from bot.views.support import RequestCard
from handlers.cards.account_list import pages, start_buttons
from handlers.cards.accounts import icon
from handlers.cards.actions import ActionId, FormId, Turn
from handlers.cards.diagnosis import saw_error
from handlers.cards.kit import (
    Block,
    Message,
    Safe,
    actions,
    bar,
    button,
    divider,
    escaped,
    header,
    mention,
    modal,
    moment,
    section,
    select,
    text_input,
)
from handlers.text.people import owner_named, stands
from handlers.text.words import plainly, say
from storage.vocabulary import Owner, State

PAGE = 20
TURN = Turn(ActionId.HOME_PREVIOUS, ActionId.HOME_NEXT)
REQUESTS_SHOWN = 10
ANY = "any"
OWNERS = (Owner.USER, Owner.ADMINISTRATOR, Owner.SUPPORT, Owner.ON_CALL)
STATES = tuple(state for state in State if state not in (State.CREATED, State.DISCONNECTED))

WORST_FIRST = (
    State.BROKEN,
    State.FAILING,
    State.AWAITING_ADMIN,
    State.AWAITING_SIGN_IN,
    State.UNMAPPED,
    State.TESTING,
    State.CREATED,
)
"""The states of accounts that are in use and not live, in the order in which support looks."""


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
        requests: requests for help that are not done.
        alerts: incidents that have not ended.
        only: what the lists above the customers are set to.
        names: all customers.
        tested: when customers were last tested, by their ids.
        link: the address of a message in a channel by its time; empty where there is none.
    """

    customers: Sequence[Standing]
    requests: Sequence[RequestCard] = ()
    alerts: Sequence[OpenIncident] = ()
    only: Filter = Filter()
    names: Sequence[CustomerName] = ()
    tested: Mapping[int, datetime] = field(default_factory=dict)
    link: Callable[[str, str], str] = lambda channel, ts: ""

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
    blocks += _entries("home.requests", [_request(each, view) for each in waiting])
    blocks += _entries("home.alerts", [_alert(each) for each in view.alerts])
    blocks += [divider(), section(say("home.support_intro")), _filters(view)]
    nobody = "home.nobody_fits" if view.names else "home.nobody"
    shown = [_customer(each, view.tested.get(each.customer_id)) for each in view.page]
    blocks += shown or [section(say(nobody))]
    blocks += pages(view.only.page, len(view.customers), PAGE, "page", TURN)
    return {"type": "home", "blocks": blocks, "private_metadata": str(view.only)}


def on_call_home(alerts: Sequence[OpenIncident]) -> Block:
    """The Home tab of engineers on call: what is wrong on our side."""
    shown = _entries("home.alerts", [_alert(each) for each in alerts])
    blocks = shown or [section(say("command.no_alerts"))]
    intro = [header(plainly("home.title")), *blocks, divider(), section(say("home.on_call"))]
    return {"type": "home", "blocks": [*intro, actions(saw_error())]}


def _buttons(only: Filter) -> list[Block]:
    """What can be done on the tab; *Manage customer* is about the one that is filtered for."""
    customer = "" if only.customer == ANY else only.customer
    return [
        button(plainly("button.search"), ActionId.HOME_SEARCH, style="primary"),
        button(plainly("button.manage_customer"), ActionId.CUSTOMER_MANAGE, customer),
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
    found: Sequence[CustomersAccount], text: str, customers: Sequence[CustomerName] = ()
) -> Block:
    """The customers that were found, and the accounts, each with its customer."""
    blocks = [_found_customer(each) for each in customers] + [_found(each) for each in found]
    blocks = blocks or [section(say("home.none_found", text=text))]
    return modal(plainly("home.search_title"), blocks)


def _found_customer(customer: CustomerName) -> Block:
    channel = Safe(f"<#{customer.channel_id}>")
    accounts = button(plainly("button.accounts"), ActionId.HOME_ACCOUNTS, customer.channel_id)
    line = say("home.found_customer", customer=customer.name, channel=channel)
    return section(line, accessory=accounts)


def found_message(found: CustomersAccount) -> Message:
    """One account for support, with its customer and channel."""
    block = _found(found)
    return Message(Safe(block["text"]["text"]), [block])


def _found(found: CustomersAccount) -> Block:
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
    return section(line, accessory=details)


def _request(card: RequestCard, view: HomeView) -> Block:
    """A request, with the way to its account, or to all accounts of its channel."""
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
    if card.account is not None:
        there = button(plainly("button.account"), ActionId.ACCOUNT_SHOW, card.account.ref)
        return section(line, accessory=there)
    if request.channel_id:
        there = button(plainly("button.accounts"), ActionId.HOME_ACCOUNTS, request.channel_id)
        return section(line, accessory=there)
    return section(line)


def _links(card: RequestCard, view: HomeView) -> list[Safe]:
    """Links to the request's card, and to the thread of the account's, where they stand."""
    places = {"home.link_card": card.stands, "home.link_thread": card.thread}
    links = {name: view.link(place.channel_id, place.ts) for name, place in places.items() if place}
    return [Safe(f"<{escaped(link)}|{plainly(name)}>") for name, link in links.items() if link]


def _alert(incident: OpenIncident) -> Block:
    lines = [say("home.alert", title=incident.title, error=incident.error)]
    if incident.since is not None:
        who = mention(incident.taken_by) if incident.taken_by else plainly("home.no_helper")
        lines.append(say("home.alert_since", since=moment(incident.since), helper=who))
    details = button(plainly("button.details"), ActionId.ERROR_SHOW, incident.error)
    return section(Safe("\n".join(lines)), accessory=details)


def _entries(title: str, entries: Sequence[Block]) -> list[Block]:
    """The first of some entries, under how many there are."""
    if not entries:
        return []
    left = len(entries) - REQUESTS_SHOWN
    more = [section(say("home.more", count=left))] if left > 0 else []
    return [divider(), section(say(title, count=len(entries))), *entries[:REQUESTS_SHOWN], *more]


def _filters(view: HomeView) -> Block:
    """Lists that act at once. The tab's `block_id` changes with them, or Slack would keep what was
    chosen before."""
    states = [
        (ANY, plainly("home.any_state")),
        *((state, plainly(f"state.{state}")) for state in STATES),
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
    facts = {
        "live": standing.live,
        "total": standing.total,
        "bar": bar(standing.live, standing.total),
    }
    where = Safe(", ".join(f"<#{channel}>" for channel in standing.channels[:5]))
    lines = [say(_line(standing), customer=standing.customer, channel=where, **facts)]
    if waiting := [say("home.count", state=_named(each), count=n) for each, n in _open(standing)]:
        lines.append(Safe("  ·  ".join(waiting)))
    if standing.cause:
        lines.append(say("home.cause", cause=standing.cause))
    if standing.oldest is not None:
        since, owner = standing.oldest
        lines.append(
            say("home.waits", owner=owner_named(owner, Audience.SUPPORT), since=moment(since))
        )
    if standing.helper:
        lines.append(say("home.helper", helper=mention(standing.helper)))
    if tested is not None:
        lines.append(say("home.tested", at=moment(tested)))
    accounts = button(plainly("button.accounts"), ActionId.HOME_ACCOUNTS, standing.channels[0])
    return section(Safe("\n".join(lines)), accessory=accounts if standing.total else None)


def _open(standing: Standing) -> list[tuple[State, int]]:
    """How many of a customer's accounts are in each state but *Live*, the worst first."""
    counts = [(state, standing.states.get(state, 0)) for state in WORST_FIRST]
    return [(state, count) for state, count in counts if count]


def _named(state: State) -> str:
    return plainly(f"state.{state}")


def _line(standing: Standing) -> str:
    """The sentence that says how far a customer is."""
    if standing.ended:
        return "home.customer_ended"
    return "home.customer_line" if standing.total else "home.customer_empty"


def help_message(role: Role) -> Message:
    """What can be done, for who asks."""
    return Message(say("help.title"), [*_help(role), *_first_buttons(role)])


def support_help() -> Message:
    """What the support team can do in a channel of our own, where the customer is named."""
    blocks = [section(say("help.ours")), section(say("help.on_call"))]
    row = [
        button(plainly("button.search"), ActionId.HOME_SEARCH, style="primary"),
        button(plainly("button.manage_customer"), ActionId.CUSTOMER_MANAGE),
        saw_error(),
    ]
    return Message(say("help.title"), [*blocks, actions(*row)])


def on_call_help() -> Message:
    """What engineers on call can do."""
    return Message(say("help.title"), [section(say("help.on_call")), actions(saw_error())])


def greeting() -> Message:
    """Who the bot is, for the people of a channel that it came into."""
    text = say("help.greeting")
    return Message(text, [section(text)])


def help_window(role: Role, channel_id: str) -> Block:
    """The same as a window, whose buttons are about a channel."""
    blocks = help_message(role).blocks
    return modal(plainly("help.window_title"), blocks, metadata=channel_id)


def _help(role: Role) -> list[Block]:
    """What somebody can do here, by what they are."""
    match role:
        case Role.SUPPORT:
            names = ["channel", "can", "support"]
        case Role.CUSTOMER:
            names = ["channel", "can"]
        case Role.GUEST:
            names = ["channel", "can", "guest"]
        case Role.COLLEAGUE:
            names = ["channel", "colleague"]
        case Role.ON_CALL | Role.STRANGER:
            names = ["on_call"]
    return [section(say(f"help.{name}")) for name in names]


def _first_buttons(role: Role) -> list[Block]:
    """The buttons that somebody may press here."""
    if role in (Role.ON_CALL, Role.STRANGER):
        return [actions(saw_error())]
    if role is Role.COLLEAGUE:
        return [actions(button(plainly("button.list"), ActionId.ACCOUNT_LIST), saw_error())]
    *rest, _ = start_buttons()["elements"]  # the last one leads here
    return [actions(*rest, saw_error())]


def message_window(title: str, message: Message) -> Block:
    """A window that says one thing: the way to tell something privately to people of another
    workspace."""
    return modal(plainly(title), message.blocks)
