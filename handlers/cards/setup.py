"""The set-up of a channel: the card with the road as a checklist, and the form with which support
binds the channel."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from bot.views.accounts import AccountView
from bot.views.audience import Audience
from bot.views.customers import Circle
from bot.views.setup import Mark, Part, SetupCard, Step
from handlers.cards.account_list import start_buttons
from handlers.cards.accounts import icon
from handlers.cards.actions import ActionId, FormId
from handlers.cards.kit import (
    Block,
    Message,
    Safe,
    actions,
    bar,
    button,
    checkboxes,
    context,
    divider,
    header,
    modal,
    moment,
    radios,
    section,
    text_input,
    user_input,
)
from handlers.text.people import owner_named, stands, turn
from handlers.text.words import plainly, say
from storage.vocabulary import CustomersAre, State

SHOWN_ON_CARD = 10
MOST_WORKSPACES = 10
MARKS = {
    Mark.DONE: Safe(":white_check_mark:"),
    Mark.WAITS: Safe(":large_yellow_circle:"),
    Mark.OPEN: Safe(":white_circle:"),
}


@dataclass(frozen=True)
class SetupForm:
    """What the form of a channel's set-up holds; empty where nothing is known yet. `teams`: the IDs
    of the workspaces that may be the customer's, of which those of the `circle` are;
    `customer_id`: 0 where the channel is bound to nobody."""

    channel_id: str
    customer: str = ""
    domain: str = ""
    time_zone: str = ""
    working_hours: str = ""
    working_days: str = ""
    owner: str = ""
    organisation_known: bool = False
    circle: Circle = field(default_factory=Circle)
    teams: Collection[str] = ()
    customer_id: int = 0


def setup_card(card: SetupCard) -> Message:
    """The set-up card: what happens here and why, the road as a checklist, and the way in."""
    steps = Safe("\n".join(_line(step) for step in card.steps))
    blocks = [
        header(plainly("setup.title")),
        section(say("setup.intro")),
        divider(),
        *_progress(card),
    ]
    blocks += [section(steps), *_accounts(card.accounts), start_buttons(_first(card))]
    return Message(say("setup.summary", customer=card.customer), blocks)


def setup_form(form: SetupForm) -> Block:
    """The form with which support binds a channel to a customer, and says how the customer is
    looked after."""
    days = [(str(day), plainly(f"setup_form.day_{day}")) for day in range(1, 8)]
    blocks = [
        _text("customer", form.customer, 80),
        _text("domain", form.domain, 253, optional=True, known=form.organisation_known),
        _text("time_zone", form.time_zone, 60),
        _text("working_hours", form.working_hours, 20),
        checkboxes(plainly("setup_form.working_days"), "working_days", days, form.working_days),
        user_input(
            plainly("setup_form.owner"), "owner", form.owner, plainly("setup_form.owner_hint")
        ),
        *_circle(form),
        *_manage(form),
    ]
    return modal(
        plainly("setup_form.title"),
        blocks,
        callback=FormId.SETUP_SAVE,
        submit=plainly("setup_form.save"),
        metadata=form.channel_id,
    )


def _manage(form: SetupForm) -> list[Block]:
    """The way to what this form does not change: the name, the organisation, the channel's
    customer."""
    if not form.customer_id:
        return []
    manage = button(
        plainly("button.manage_customer"), ActionId.CUSTOMER_MANAGE, str(form.customer_id)
    )
    return [actions(manage)]


def _circle(form: SetupForm) -> list[Block]:
    """Who the customers are and, where other workspaces are in the channel, which are theirs."""
    choices = [(word.value, plainly(f"customers_are.{word}")) for word in CustomersAre]
    chosen = form.circle.customers_are
    who = radios(
        plainly("setup_form.customers_are"),
        "customers_are",
        choices,
        chosen,
        plainly("setup_form.customers_are_hint"),
    )
    # Slack shows ten boxes at most, and the customer's own must be among them
    own = sorted(form.circle.teams.intersection(form.teams))
    there = [*own, *sorted(set(form.teams) - set(own))][:MOST_WORKSPACES]
    if not there:
        return [who]
    theirs = checkboxes(
        plainly("setup_form.workspaces"),
        "workspaces",
        [(team, team) for team in there],
        own,
        plainly("setup_form.workspaces_hint"),
    )
    return [who, theirs]


def _text(
    name: str, initial: str, longest: int, optional: bool = False, known: bool = False
) -> Block:
    label = plainly(f"setup_form.{name}")
    hint = plainly("setup_form.domain_known_hint") if known else plainly(f"setup_form.{name}_hint")
    return text_input(label, name, initial=initial, hint=hint, longest=longest, optional=optional)


def _line(step: Step) -> Safe:
    counts = {"done": step.done, "total": step.total}
    line = say(
        "checklist.line",
        mark=MARKS[step.mark],
        what=say(f"checklist.{step.part}_{step.mark}", **counts),
    )
    if step.owner is None or step.since is None:
        return line
    sentence = "checklist.waits_old" if step.part is Part.OLD else "checklist.waits"
    waits = say(
        sentence, owner=owner_named(step.owner, Audience.CUSTOMER), since=moment(step.since)
    )
    return Safe(f"{line}  ·  {waits}")


def _progress(card: SetupCard) -> list[Block]:
    total = len(card.accounts)
    if not total:
        return [section(say("setup.none_old", count=card.old) if card.old else say("setup.none"))]
    live = len([account for account in card.accounts if account.state is State.LIVE])
    return [section(say("setup.progress", live=live, total=total, bar=bar(live, total)))]


def _first(card: SetupCard) -> ActionId | None:
    """What the customer's people press now: what begins, or leads to what waits for them."""
    if not card.accounts:
        return ActionId.OLD_OPEN if card.old else ActionId.ACCOUNT_ADD
    return ActionId.ACCOUNT_LIST if card.waits_for_them else None


def _accounts(accounts: Sequence[AccountView]) -> list[Block]:
    lines = [
        say(
            "setup.line",
            icon=icon(account.state),
            name=account.name,
            address=account.sender_email,
            state=stands(account),
            owner=turn(account),
        )
        for account in accounts[:SHOWN_ON_CARD]
    ]
    if len(accounts) > SHOWN_ON_CARD:
        lines.append(say("setup.more", count=len(accounts) - SHOWN_ON_CARD))
    return [context(line) for line in lines]
