"""The page of one customer, as support opens it: their accounts, what happened, their people, and
what can be changed. A page is a window, and shows one of these at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.common.people import A_KEY, MAILDESK, SLACK, WEB, Person, is_product
from bot.common.texts import whole_number
from bot.views.administration import CustomerFacts
from bot.views.audience import Audience
from bot.views.customer_page import Happened, Listed, PageAccount, People
from bot.views.customers import CustomerView
from bot.views.overview import Standing
from handlers.cards.account_list import pages
from handlers.cards.accounts import icon
from handlers.cards.actions import ActionId, Turn
from handlers.cards.kit import (
    Block,
    Safe,
    actions,
    button,
    divider,
    fields,
    header,
    mention,
    modal,
    moment,
    paragraphs,
    safe,
    section,
)
from handlers.cards.links import Link, ways
from handlers.cards.standings import standing_lines
from handlers.text.people import stands, turn
from handlers.text.words import plainly, say
from storage.vocabulary import STANDS

ACCOUNTS_SHOWN = 30
HAPPENED_SHOWN = 40
PEOPLE_SHOWN = 40
CHANNELS_SHOWN = 10
DOMAINS_SHOWN = 20
TURN = Turn(ActionId.CUSTOMER_PREVIOUS, ActionId.CUSTOMER_NEXT)
UNKNOWN = dict.fromkeys(("before", "after", "domain", "rows", "folder", "now"), "–")
MARK = "customer"
"""With this word begins what the window of a page carries."""


class Part(StrEnum):
    """What a page shows."""

    ACCOUNTS = "accounts"
    HISTORY = "history"
    PEOPLE = "people"
    SETTINGS = "settings"


TABS = {
    Part.ACCOUNTS: ActionId.CUSTOMER_ACCOUNTS,
    Part.HISTORY: ActionId.CUSTOMER_HISTORY,
    Part.PEOPLE: ActionId.CUSTOMER_PEOPLE,
    Part.SETTINGS: ActionId.CUSTOMER_SETTINGS,
}
SIZES = {
    Part.ACCOUNTS: ACCOUNTS_SHOWN,
    Part.HISTORY: HAPPENED_SHOWN,
    Part.PEOPLE: PEOPLE_SHOWN,
    Part.SETTINGS: 1,
}
"""So much of each is shown at once: a window has a hundred blocks and 250 kB
(docs.slack.dev/reference/views)."""


@dataclass(frozen=True)
class Where:
    """Which part of whose page somebody looks at, and which page of it."""

    customer_id: int
    part: Part = Part.ACCOUNTS
    page: int = 0

    @property
    def about(self) -> str:
        """As the window carries it."""
        return f"{MARK}|{self.customer_id}|{self.part}|{self.page}"

    @property
    def first(self) -> int:
        """The number of the first thing that is shown."""
        return self.page * SIZES[self.part]

    @classmethod
    def read(cls, about: str) -> "Where | None":
        """Read a window's `about`; None where it is no customer's page."""
        mark, customer_id, part, page = (*about.split("|", 3), "", "", "")[:4]
        if mark != MARK or part not in list(Part):
            return None
        return cls(whole_number(customer_id), Part(part), whole_number(page))


@dataclass(frozen=True)
class Customer:
    """Whose page it is. `standing` is None where they have no channel; `tested_at` is when one of
    their accounts was last tested."""

    facts: CustomerFacts
    standing: Standing | None = None
    tested_at: datetime | None = None


def accounts_page(where: Where, customer: Customer, listed: Listed, link_to: Link) -> Block:
    """How the customer stands, and a page of their accounts, the worst first."""
    blocks = [_standing(customer)]
    if listed.count and customer.facts.channels:
        blocks += [_all_accounts(customer), divider()]
    blocks += [_account(each, link_to) for each in listed.accounts]
    blocks += _turned(where, listed.count)
    return _page(where, customer, blocks)


def history_page(where: Where, customer: Customer, listed: Listed) -> Block:
    """A page of what happened, the newest first."""
    lines = [_happened(each) for each in listed.happened] or [say("history.none")]
    return _page(where, customer, [*paragraphs(lines), *_turned(where, listed.count)])


def people_page(where: Where, customer: Customer, people: People) -> Block:
    """Who looks after the customer, who of theirs added accounts, and who signed in."""
    helper = customer.facts.customer.owner_user
    pairs = [
        (plainly("customer.helper"), mention(helper) if helper else say("home.no_helper")),
        (plainly("customer.set_up_by"), _mentions(people.set_up_by)),
        (plainly("customer.added_by"), _added(people.added)),
    ]
    shown = people.signed_in[where.first : where.first + PEOPLE_SHOWN]
    lines = [
        say("customer.signed_in", upn=each.signed_in_as, name=each.name, ref=each.ref)
        for each in shown
    ]
    title = section(say("customer.signed_in_title", count=len(people.signed_in)))
    blocks = [fields(pairs), divider(), title, *paragraphs(lines)]
    return _page(where, customer, [*blocks, *_turned(where, len(people.signed_in))])


def settings_page(where: Where, customer: Customer) -> Block:
    """What is set for the customer, and what can be changed."""
    facts = customer.facts
    blocks = [_settings(facts)]
    if facts.customer.ended_at is None:
        blocks.append(actions(*_buttons(facts.customer)))
    return _page(where, customer, [*blocks, *_channels(facts.channels)])


def _page(where: Where, customer: Customer, blocks: Sequence[Block]) -> Block:
    known = customer.facts.customer
    tabs = [
        button(
            plainly(f"customer.part_{part}"),
            action,
            str(where.customer_id),
            "primary" if part is where.part else "",
        )
        for part, action in TABS.items()
    ]
    head = [header(known.name), *_ended(known), actions(*tabs)]
    return modal(plainly("customer.title"), [*head, *blocks], metadata=where.about)


def _turned(where: Where, count: int) -> list[Block]:
    return pages(where.page, count, SIZES[where.part], where.part, TURN)


def _standing(customer: Customer) -> Block:
    if customer.standing is None:
        return section(say("customer.channels_none"))
    return section(Safe("\n".join(standing_lines(customer.standing, customer.tested_at))))


def _all_accounts(customer: Customer) -> Block:
    """The way to the list that has every account's next step, and to what is done for many."""
    channels = customer.facts.channels
    return actions(button(plainly("button.list"), ActionId.HOME_ACCOUNTS, channels[0]))


def _account(listed: PageAccount, link_to: Link) -> Block:
    account = listed.account
    line = say(
        "customer.page_account",
        icon=icon(account.state),
        name=account.name,
        address=account.sender_email,
        ref=account.ref,
        state=stands(account),
        owner=turn(account, Audience.SUPPORT),
        since=moment(account.state_since),
    )
    facts = [line]
    if listed.tested_at is not None:
        facts.append(say("home.tested", at=moment(listed.tested_at)))
    facts += ways(link_to, {"home.link_thread": listed.card})
    details = button(plainly("button.details"), ActionId.ACCOUNT_SHOW, account.ref)
    return section(Safe("  ·  ".join(facts)), accessory=details)


def _happened(told: Happened) -> Safe:
    what = say(f"history.{told.action}", **filled(told.detail))
    parts = [moment(told.at)]
    if told.account is not None:
        parts.append(say("history.account", name=told.account.name, ref=told.account.ref))
    return Safe("  ·  ".join([*parts, what, who(told.by)]))


def filled(detail: Mapping[str, object]) -> dict[str, str]:
    """What the audit kept of something, with a dash for each value that a sentence of `history` may
    want and an older entry has not."""
    return UNKNOWN | {key: str(value) for key, value in detail.items()}


def who(by: Person) -> Safe:
    """Who did something, as support reads it."""
    if by == MAILDESK:
        return say("history.by_maildesk")
    if by == WEB:
        return say("history.by_browser")
    if is_product(by):
        return say("history.by_product", key=by.user.removeprefix(A_KEY))
    return say("history.by_slack") if by == SLACK else mention(by.user)


def _mentions(users: Sequence[str]) -> Safe:
    return Safe(", ".join(mention(each) for each in users[:PEOPLE_SHOWN] if each))


def _added(counts: Mapping[str, int]) -> Safe:
    lines = [
        say("customer.added", user=mention(user), count=count) for user, count in counts.items()
    ]
    return Safe("\n".join(lines[:DOMAINS_SHOWN]))


def _ended(customer: CustomerView) -> list[Block]:
    if customer.ended_at is None or customer.erase_at is None:
        return []
    since = moment(customer.ended_at)
    until = moment(customer.erase_at)
    return [section(say("customer.ended", name=customer.name, since=since, until=until))]


def _settings(facts: CustomerFacts) -> Block:
    customer = facts.customer
    tenant = customer.tenant_id or plainly("customer.organisation_none")
    domains = ", ".join(facts.domains[:DOMAINS_SHOWN]) or plainly("customer.domains_none")
    ordinary = plainly("customer.hours_ordinary")
    days = ", ".join(plainly(f"setup_form.day_{day}") for day in customer.working_days)
    hours = " · ".join(filter(None, [customer.working_hours, days])) or ordinary
    helper = customer.owner_user
    return fields(
        [
            (plainly("customer.organisation"), safe(tenant)),
            (plainly("customer.domains"), safe(domains)),
            (plainly("setup_form.time_zone"), safe(customer.time_zone or ordinary)),
            (plainly("setup_form.working_hours"), safe(hours)),
            (plainly("customer.helper"), mention(helper) if helper else say("home.no_helper")),
            (plainly("customer.accounts"), _counts(facts)),
        ]
    )


def _counts(facts: CustomerFacts) -> Safe:
    lines = [
        say("customer.state_count", state=plainly(f"state.{name}"), count=facts.stands[name])
        for name in STANDS
        if facts.stands.get(name)
    ]
    return Safe("\n".join(lines)) if lines else say("customer.accounts_none")


def _buttons(customer: CustomerView) -> list[Block]:
    number = str(customer.id)
    return [
        button(plainly("button.rename"), ActionId.CUSTOMER_RENAME, number),
        button(plainly("button.change_organisation"), ActionId.CUSTOMER_ORGANISATION, number),
        button(plainly("button.offboard"), ActionId.CUSTOMER_OFFBOARD, number, "danger"),
    ]


def _channels(channel_ids: Sequence[str]) -> list[Block]:
    if not channel_ids:
        return [section(say("customer.channels_none"))]
    blocks: list[Block] = []
    for channel_id in channel_ids[:CHANNELS_SHOWN]:
        blocks += [
            divider(),
            section(say("customer.channel", channel=channel_of(channel_id))),
            actions(
                button(plainly("button.change_setup"), ActionId.CUSTOMER_SETUP, channel_id),
                button(plainly("button.rebind"), ActionId.CUSTOMER_REBIND, channel_id),
                button(plainly("button.unbind"), ActionId.CUSTOMER_UNBIND, channel_id, "danger"),
            ),
        ]
    more = len(channel_ids) - CHANNELS_SHOWN
    return blocks + ([section(say("customer.more_channels", count=more))] if more > 0 else [])


def channel_of(channel_id: str) -> str:
    """A channel's ID where a sentence links to the channel; nothing else gets into the link."""
    return channel_id if channel_id.isalnum() else ""
