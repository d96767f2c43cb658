"""What a customer's channel starts from: the row of buttons, and the list of accounts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.common.texts import whole_number
from bot.views.accounts import AccountCard, AccountView
from bot.views.audience import Audience
from handlers.cards.accounts import card_buttons, icon
from handlers.cards.actions import ActionId, Turn
from handlers.cards.kit import (
    Block,
    Safe,
    actions,
    button,
    context,
    divider,
    modal,
    moment,
    section,
    select,
)
from handlers.text.people import owner_named, stands, turn
from handlers.text.words import plainly, say
from storage.vocabulary import Owner, State

SHOWN_IN_LIST = 30
"""Two blocks each, of the hundred that a window has."""

TURN = Turn(ActionId.ACCOUNT_LIST_PREVIOUS, ActionId.ACCOUNT_LIST_NEXT)
MARK = "list"
"""With this word begins what the window of a list carries, so that a button in it is known."""

EVERYBODY = "all"
NOBODY = "nobody"


@dataclass(frozen=True)
class Place:
    """Where somebody is in a list: of whose turn it speaks (an `Owner`, nobody, or everybody), and
    at which page."""

    channel_id: str
    page: int = 0
    whose: str = EVERYBODY

    @property
    def about(self) -> str:
        """As the window carries it."""
        return f"{MARK}|{self.channel_id}|{self.page}|{self.whose}"

    @classmethod
    def read(cls, about: str) -> "Place | None":
        """Read a window's `about`; None where it is no list's."""
        mark, channel_id, page, whose = (*about.split("|", 3), "", "", "")[:4]
        return cls(channel_id, whole_number(page), whose) if mark == MARK else None


@dataclass(frozen=True)
class Listing:
    """A list of a customer's accounts, and where in it somebody is. `cards` are those of the page
    that they may do something with, by the account's id; `note` is what was done just now."""

    place: Place
    customer: str
    accounts: Sequence[AccountView]
    cards: Mapping[int, AccountCard] = field(default_factory=dict)
    note: Safe | None = None

    @property
    def fitting(self) -> list[AccountView]:
        """Those of whose turn it speaks; all, where there is none of them any more."""
        wanted = [each for each in self.accounts if whose_turn(each) == self.place.whose]
        return wanted or list(self.accounts)

    @property
    def on_page(self) -> list[AccountView]:
        """Those of the page."""
        first = self.shown_page * SHOWN_IN_LIST
        return self.fitting[first : first + SHOWN_IN_LIST]

    @property
    def shown_page(self) -> int:
        """The page, or the last one where there are fewer by now."""
        return min(self.place.page, max(len(self.fitting) - 1, 0) // SHOWN_IN_LIST)

    def with_cards(self, cards: Sequence[AccountCard]) -> "Listing":
        """The same with these cards."""
        return replace(self, cards={card.account.id: card for card in cards})


def whose_turn(account: AccountView) -> str:
    """Whose turn it is, as a list is filtered by it."""
    return account.turn or NOBODY


def start_buttons(first: ActionId | None = ActionId.ACCOUNT_ADD) -> Block:
    """The row of buttons from which everything else is reached; `first` is what to press now."""

    def style(action: ActionId) -> str:
        return "primary" if action is first else ""

    return actions(
        button(plainly("button.add"), ActionId.ACCOUNT_ADD, style=style(ActionId.ACCOUNT_ADD)),
        button(plainly("button.list"), ActionId.ACCOUNT_LIST, style=style(ActionId.ACCOUNT_LIST)),
        button(plainly("button.old"), ActionId.OLD_OPEN, style=style(ActionId.OLD_OPEN)),
        button(plainly("button.exchange"), ActionId.EXCHANGE_OPEN),
        button(plainly("button.do_it"), ActionId.SUPPORT_DO_IT),
        button(plainly("button.help"), ActionId.HELP_SHOW),
    )


def add_button() -> Block:
    """*Add an account*."""
    return button(plainly("button.add"), ActionId.ACCOUNT_ADD, style="primary")


def account_list(listing: Listing, audience: Audience = Audience.CUSTOMER) -> Block:
    """A window with the accounts of a customer, a page at a time: each with its next step, and what
    can be done for many at once."""
    channel_id = listing.place.channel_id
    blocks = [context(listing.note)] if listing.note else []
    blocks += _head(listing, audience)
    for account in listing.on_page:
        blocks += _listed(account, listing.cards.get(account.id), audience)
    blocks += [] if listing.accounts else [section(say("list.none"))]
    blocks += pages(listing.shown_page, len(listing.fitting), SHOWN_IN_LIST, channel_id, TURN)
    title = plainly("list.title", customer=listing.customer)
    return modal(title, blocks, metadata=listing.place.about)


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


def _head(listing: Listing, audience: Audience) -> list[Block]:
    """Whose turn the list speaks of, and what can be done for many at once."""
    channel_id = listing.place.channel_id
    pause = button(plainly("button.pause"), ActionId.REMINDER_PAUSE, channel_id)
    if not listing.accounts:
        return [actions(pause)]
    states = Counter(account.state for account in listing.accounts)
    row = []
    if states[State.AWAITING_SIGN_IN]:
        row.append(button(plainly("button.invite_all"), ActionId.INVITE_ALL, channel_id))
    if states[State.UNMAPPED]:
        row.append(button(plainly("button.accept_all"), ActionId.FOLDERS_ACCEPT_ALL, channel_id))
    if any(account.connected for account in listing.accounts):
        row.append(button(plainly("button.test_all"), ActionId.TEST_ALL, channel_id))
    return [actions(_filter(listing, audience), *row, pause), divider()]


def _filter(listing: Listing, audience: Audience) -> Block:
    counts = Counter(whose_turn(account) for account in listing.accounts)
    named = {owner.value: owner_named(owner, audience) for owner in Owner}
    named[NOBODY] = plainly("owner.nobody")
    choices = [(EVERYBODY, plainly("list.everybody", count=len(listing.accounts)))]
    choices += [
        (whose, plainly("list.turn", owner=name, count=counts[whose]))
        for whose, name in named.items()
        if counts[whose]
    ]
    chosen = listing.place.whose if counts[listing.place.whose] else EVERYBODY
    return select(ActionId.ACCOUNT_LIST_WHOSE, plainly("card.next"), choices, chosen)


def _listed(account: AccountView, card: AccountCard | None, audience: Audience) -> list[Block]:
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
    details = button(plainly("button.details"), ActionId.ACCOUNT_SHOW, account.ref)
    steps = _steps(card, audience) if card else []
    return [section(line, accessory=details), *([actions(*steps)] if steps else [])]


def _steps(card: AccountCard, audience: Audience) -> list[Block]:
    """The next step of an account, as its card has it, and what else is often wanted."""
    buttons = card_buttons(card, audience)
    if card.waits_for_sign_in:
        first, second = buttons[:2]
        invite = button(plainly("button.invite"), ActionId.INVITE_OPEN, card.account.ref)
        return [first, second if first["action_id"] == ActionId.INVITE_OPEN else invite]
    return buttons[:1] if card.account.state is State.LIVE else buttons[:2]
