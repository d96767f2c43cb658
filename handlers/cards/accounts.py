"""The card of one account: where it stands, whose turn it is, and the buttons that make sense
now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.diagnosis.verdict import Verdict
from handlers.cards.actions import ActionId
from handlers.cards.checks import changed_button, contact_button
from handlers.cards.folders import folder_buttons, folder_names
from handlers.cards.kit import (
    Block,
    Message,
    Safe,
    actions,
    button,
    context,
    divider,
    fields,
    moment,
    safe,
    section,
)
from handlers.cards.signin import organisation_buttons
from handlers.text.words import plainly, say
from storage.tables import Account, Failure
from storage.vocabulary import Permanence, State

ICONS = {
    State.LIVE: ":large_green_circle:",
    State.FAILING: ":red_circle:",
    State.BROKEN: ":red_circle:",
    State.DISCONNECTED: ":white_circle:",
}
WAITING_ICON = ":large_yellow_circle:"


@dataclass(frozen=True)
class AccountView:
    """What the card tells. `link` is the usable login link, `fault` the newest failure with its
    meaning while the account fails or waits for an administrator. `held` is who signed in while the
    organisation is not confirmed, `question` says that people are asked what Microsoft's page said;
    `held_back` says that nobody is reminded of the account. `folders` are the mapped ones (role,
    name), `lost` those that are not there any more, `sure` those that could be mapped unseen."""

    account: Account
    customer: str = ""
    held: str = ""
    question: bool = False
    link: str = ""
    link_until: datetime | None = None
    admin_link: str = ""
    fault: tuple[Failure, Verdict] | None = None
    folders: Sequence[tuple[str, str]] = ()
    held_back: Safe | None = None
    lost: Sequence[tuple[str, str]] = ()
    sure: Sequence[tuple[str, str]] = ()


def account_card(view: AccountView) -> Message:
    """The card as it stands in the channel."""
    more = button(plainly("button.more"), ActionId.ACCOUNT_SHOW, view.account.ref)
    return Message(summary(view.account), [*account_blocks(view, more), divider()])


def account_blocks(view: AccountView, *more: Block) -> list[Block]:
    """What is told of an account, and the buttons that make sense now, with `more` behind them."""
    account = view.account
    blocks = [_title(account), _facts(account), section(next_step(view))]
    if view.fault is not None and account.state in (
        State.FAILING,
        State.BROKEN,
        State.AWAITING_ADMIN,
    ):
        failure, verdict = view.fault
        blocks.append(
            section(say("card.mend", owner=plainly(f"owner.{verdict.owner}"), error=failure.ref))
        )
    if view.folders and account.state is State.LIVE:
        blocks.append(context(say("card.folders", folders=folder_names(view.folders))))
    if account.state is State.UNMAPPED:
        blocks += (
            [context(say("card.folders_lost", folders=folder_names(view.lost)))]
            if view.lost
            else []
        )
        blocks += (
            [context(say("card.folders_sure", folders=folder_names(view.sure)))]
            if view.sure
            else []
        )
    if view.question and not view.held:
        blocks += [section(say("next.question")), actions(*_answers(account.ref))]
    buttons = [*_buttons(view), *more]
    blocks += [actions(*buttons)] if buttons else []
    waiting = account.state in (State.AWAITING_SIGN_IN, State.AWAITING_ADMIN) and not view.held
    if waiting and view.link and view.link_until:
        blocks.append(
            context(say("card.link_note", until=moment(view.link_until), username=account.username))
        )
    blocks += [context(view.held_back)] if view.held_back else []
    return blocks


def summary(account: Account) -> Safe:
    """The card in one sentence, for notifications and screen readers."""
    return say(
        "card.summary",
        name=account.name,
        ref=account.ref,
        state=plainly(f"state.{account.state}"),
        owner=turn(account),
    )


def turn(account: Account) -> str:
    """Whose turn it is, in words."""
    return plainly("owner.nobody" if account.state is State.LIVE else f"owner.{account.owner}")


def icon(state: State) -> Safe:
    """A coloured dot for a state."""
    return Safe(ICONS.get(state, WAITING_ICON))


def next_step(view: AccountView) -> Safe:
    """What has to happen next, as a sentence."""
    account, state = view.account, view.account.state
    sentence = view.fault[1].customer if view.fault else plainly("next.fault_unknown")
    name = f"next.{state}"
    if state is State.AWAITING_SIGN_IN and not view.link:
        name = "next.awaiting_sign_in_no_link"
    if state is State.UNMAPPED and view.sure:
        name = "next.unmapped_sure"
    if view.held:
        return say(
            "next.held", upn=view.held, customer=view.customer, domain=view.held.rpartition("@")[2]
        )
    return say(name, username=account.username, sentence=sentence)


def _title(account: Account) -> Block:
    return section(Safe(f"{icon(account.state)}  *{safe(account.name)}*   `{account.ref}`"))


def _facts(account: Account) -> Block:
    return fields(
        [
            (plainly("card.mailbox"), safe(account.sender_email)),
            (plainly("card.state"), say(f"state.{account.state}")),
            (plainly("card.next"), safe(turn(account))),
            (plainly("card.since"), moment(account.state_since)),
        ]
    )


def _buttons(view: AccountView) -> list[Block]:
    ref, state = view.account.ref, view.account.state
    renew = button(plainly("button.new_link"), ActionId.LINK_RENEW, ref)
    if view.held:
        return organisation_buttons(ref)
    match state:
        case State.AWAITING_SIGN_IN:
            return [*_sign_in(view), renew]
        case State.AWAITING_ADMIN:
            packet = button(plainly("button.packet"), ActionId.ADMIN_PACKET, ref, "primary")
            page = button(
                plainly("button.admin_page"), ActionId.ADMIN_PAGE_OPENED, ref, url=view.admin_link
            )
            return [packet, *([page] if view.admin_link else []), *_sign_in(view), renew]
        case State.FAILING | State.BROKEN:
            return _mending(view, renew)
        case State.UNMAPPED:
            return [
                *folder_buttons(ref, bool(view.sure)),
                button(plainly("button.test_again"), ActionId.TEST_RUN, ref),
            ]
        case State.LIVE:
            test = button(plainly("button.test"), ActionId.TEST_RUN, ref)
            return [test, button(plainly("button.change_folders"), ActionId.FOLDERS_OPEN, ref)]
        case State.DISCONNECTED:
            return [button(plainly("button.connect_again"), ActionId.LINK_RENEW, ref)]
        case State.CREATED | State.TESTING:
            return []


def _answers(ref: str) -> list[Block]:
    """What Microsoft's page may have said."""
    return [
        button(plainly("button.said_approval"), ActionId.PAGE_SAID_APPROVAL, ref),
        button(plainly("button.said_no_sign_in"), ActionId.PAGE_SAID_NO_SIGN_IN, ref),
        button(plainly("button.said_closed"), ActionId.PAGE_CLOSED, ref),
        button(plainly("button.said_number"), ActionId.PAGE_SAID_NUMBER, ref),
    ]


def _mending(view: AccountView, renew: Block) -> list[Block]:
    ref = view.account.ref
    if view.fault is None:
        return [button(plainly("button.test_again"), ActionId.TEST_RUN, ref, "primary")]
    failure, verdict = view.fault
    sign_in = (_sign_in(view) or [renew]) if verdict.permanence is Permanence.SIGN_IN_AGAIN else []
    again = button(plainly("button.test_again"), ActionId.TEST_RUN, ref)
    what = button(plainly("button.what_to_do"), ActionId.ERROR_SHOW, failure.ref)
    return [*sign_in, *changed_button(verdict, ref), again, what, contact_button(failure.ref)]


def _sign_in(view: AccountView) -> list[Block]:
    if not view.link:
        return []
    style = "" if view.account.state is State.AWAITING_ADMIN else "primary"
    return [
        button(plainly("button.sign_in"), ActionId.LINK_OPENED, view.account.ref, style, view.link)
    ]
