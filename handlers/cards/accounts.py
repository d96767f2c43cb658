"""The card of one account: where it stands, whose turn it is, and the buttons that make sense
now."""

from bot.diagnosis.verdict import Verdict
from bot.views.accounts import AccountCard, AccountView
from bot.views.audience import Audience
from bot.views.failures import Fault
from bot.views.next_steps import Way, way_on
from bot.views.setup import SENDING_IS_OFF
from bot.views.telling import for_audience
from handlers.cards.actions import ActionId
from handlers.cards.checks import is_no_approval
from handlers.cards.contact import asking_support
from handlers.cards.diagnosis import saw_error
from handlers.cards.folders import folder_buttons, folder_names
from handlers.cards.held_back import held_line
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
from handlers.cards.signin import held_sentence, organisation_buttons
from handlers.cards.ways import changed_button, led, looking, way_button
from handlers.text.people import stands, turn
from handlers.text.words import plainly, say
from storage.vocabulary import Owner, Permanence, State

ICONS = {
    State.LIVE: ":large_green_circle:",
    State.FAILING: ":red_circle:",
    State.BROKEN: ":red_circle:",
    State.DISCONNECTED: ":white_circle:",
}
WAITING_ICON = ":large_yellow_circle:"


def account_card(card: AccountCard) -> Message:
    """The card as it stands in the channel."""
    more = button(plainly("button.more"), ActionId.ACCOUNT_SHOW, card.account.ref)
    return Message(summary(card.account), [*account_blocks(card, more), divider()])


def account_blocks(
    card: AccountCard, *more: Block, audience: Audience = Audience.CUSTOMER
) -> list[Block]:
    """What is told of an account, and the buttons that make sense now, with `more` behind them."""
    account = card.account
    blocks = [_title(account), _facts(account, audience), section(next_step(card, audience))]
    blocks += _fault(card) + _retest(card) + _folders(card) + _change(card, audience)
    if card.question and not card.held:
        blocks += [section(say("next.question")), actions(*_answers(account.ref))]
    buttons = [*card_buttons(card, audience), *more]
    if buttons:
        blocks.append(actions(*buttons))
    blocks += _link_note(card)
    if card.held_back is not None:
        blocks.append(context(held_line(card.held_back)))
    return blocks


def summary(account: AccountView) -> Safe:
    """The card in one sentence, for notifications and screen readers."""
    return say(
        "card.summary",
        name=account.name,
        ref=account.ref,
        state=stands(account),
        owner=turn(account),
    )


def icon(state: State) -> Safe:
    """A coloured dot for a state."""
    return Safe(ICONS.get(state, WAITING_ICON))


def next_step(card: AccountCard, audience: Audience = Audience.CUSTOMER) -> Safe:
    """What has to happen next, as a sentence."""
    if card.held:
        return held_sentence(card.held, card.customer, audience)
    account = card.account
    name = f"next.{account.state}"
    if account.state is State.AWAITING_SIGN_IN and not card.link:
        name = "next.awaiting_sign_in_no_link"
    elif card.approved is not None:
        known = "next.approved" if card.approved.proved else "next.approved_said"
        return say(known, username=account.username, at=moment(card.approved.at))
    if account.state is State.UNMAPPED and card.sure:
        name = "next.unmapped_sure"
    if account.state is State.AWAITING_ADMIN:
        name = _approval(card, audience)
    if account.state is State.AWAITING_SIGN_IN and audience is Audience.SUPPORT:
        name = "next.awaiting_sign_in_support"
    if account.state is State.AWAITING_SIGN_IN and card.fault is not None:
        name = _after_refusal(card)
    sentence = plainly("next.fault_unknown")
    if card.fault is not None:
        sentence = for_audience(card.fault.verdict, audience).sentence
    return say(name, username=account.username, sentence=sentence)


def _after_refusal(card: AccountCard) -> str:
    """What is said of a sign-in that did not go through: who has to act says what."""
    if card.account.owner is not Owner.USER:
        return "next.failing"
    return "next.refused" if card.link else "next.refused_no_link"


def _approval(card: AccountCard, audience: Audience) -> str:
    """What is said while an administrator is waited for, or support took over from them."""
    fault = card.fault
    if fault is not None and fault.verdict.owner is Owner.SUPPORT:
        return "next.failing"
    if audience is Audience.SUPPORT:
        return "next.broken" if is_no_approval(fault) else "next.awaiting_admin_support"
    return "next.awaiting_admin_otherwise" if is_no_approval(fault) else "next.awaiting_admin"


def _title(account: AccountView) -> Block:
    return section(Safe(f"{icon(account.state)}  *{safe(account.name)}*   `{account.ref}`"))


def _facts(account: AccountView, audience: Audience) -> Block:
    facts = [
        (plainly("card.mailbox"), safe(account.sender_email)),
        (plainly("card.state"), safe(stands(account))),
        (plainly("card.next"), safe(turn(account, audience))),
        (plainly("card.since"), moment(account.state_since)),
    ]
    if account.external_id and audience is Audience.SUPPORT:
        facts.append((plainly("card.external_id"), safe(account.external_id)))
    return fields(facts)


def _fault(card: AccountCard) -> list[Block]:
    return [context(say("card.error", error=card.fault.error))] if card.fault else []


def _retest(card: AccountCard) -> list[Block]:
    """What we do after somebody said that the fault is mended."""
    return looking(card.account.retest_at)


def _change(card: AccountCard, audience: Audience) -> list[Block]:
    """Other addresses that wait for the word of who signed in, with the way to give it."""
    if not card.change:
        return []
    account = card.account
    new = [
        say(
            "change.field",
            field=plainly(f"form.{name}"),
            before=before or plainly("change.none"),
            after=after or plainly("change.none"),
        )
        for name, (before, after) in card.change.items()
    ]
    waits = say("change.waits", upn=account.signed_in_as)
    keep = button(plainly("button.keep_as_it_is"), ActionId.ACCOUNT_KEEP, account.ref)
    leads = way_on(card, audience) is Way.SIGN_IN  # with the first of the account's own buttons
    way = [] if leads else _sign_in(card) or [_renew(account.ref)]
    return [section(Safe("\n".join([waits, *new]))), actions(*way, keep)]


def _folders(card: AccountCard) -> list[Block]:
    if card.account.state is State.LIVE and card.folders:
        return [context(say("card.folders", folders=folder_names(card.folders)))]
    if card.account.state is not State.UNMAPPED:
        return []
    told = {"card.folders_lost": card.lost, "card.folders_sure": card.sure}
    return [
        context(say(name, folders=folder_names(folders)))
        for name, folders in told.items()
        if folders
    ]


def _link_note(card: AccountCard) -> list[Block]:
    """How long the login link is good, and for whom, while it is the way on."""
    waits = card.account.state in (State.AWAITING_SIGN_IN, State.AWAITING_ADMIN) and not card.held
    if not waits or not card.link or card.link_until is None:
        return []
    until = moment(card.link_until)
    return [context(say("card.link_note", until=until, username=card.account.username))]


def card_buttons(card: AccountCard, audience: Audience) -> list[Block]:
    """The buttons that make sense now, the next step first."""
    return led(card, audience, _buttons(card, audience))


def _buttons(card: AccountCard, audience: Audience) -> list[Block]:
    """What makes sense in the account's state, in the order of how often it is wanted."""
    ref = card.account.ref
    if card.held:
        return organisation_buttons(ref, card.held, audience)
    match card.account.state:
        case State.AWAITING_SIGN_IN:
            return [
                *_sign_in(card),
                _renew(ref),
                *_about_refusal(card, audience),
                *_saw_error(card),
            ]
        case State.AWAITING_ADMIN:
            way = [*_for_administrator(card, audience), *_sign_in(card), _renew(ref)]
            return [*way, *_saw_error(card)]
        case State.FAILING | State.BROKEN:
            return _mending(card, audience)
        case State.UNMAPPED:
            return [
                *folder_buttons(ref, bool(card.sure)),
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


def _saw_error(card: AccountCard) -> list[Block]:
    """*I saw an error*, unless the question about Microsoft's page has it among its answers."""
    return [] if card.question else [saw_error(card.account.ref)]


def _renew(ref: str) -> Block:
    return button(plainly("button.new_link"), ActionId.LINK_RENEW, ref)


def _for_administrator(card: AccountCard, audience: Audience) -> list[Block]:
    """What an administrator needs: how a fault is mended, or else the packet to forward and the
    page, where it is known."""
    ref = card.account.ref
    if is_no_approval(card.fault):
        error = card.fault.error
        return [button(plainly("button.what_to_do"), ActionId.ERROR_SHOW, error)]
    packet = way_button(card, Way.APPROVE, audience)
    if not card.admin_link:
        return [packet]
    page = plainly("button.admin_page")
    return [packet, button(page, ActionId.ADMIN_PAGE_OPENED, ref, url=card.admin_link)]


def _mending(card: AccountCard, audience: Audience) -> list[Block]:
    ref = card.account.ref
    if card.fault is None:
        return [button(plainly("button.test_again"), ActionId.TEST_RUN, ref)]
    verdict = card.fault.verdict
    return [
        *_sign_in_again(card, card.fault),
        *([] if card.account.retest_at else changed_button(verdict, ref)),
        button(plainly("button.test_again"), ActionId.TEST_RUN, ref),
        *_letter(verdict, ref, audience),
        button(plainly("button.what_to_do"), ActionId.ERROR_SHOW, card.fault.error),
        *asking_support(card.fault.error, audience),
    ]


def _letter(verdict: Verdict, ref: str, audience: Audience) -> list[Block]:
    """*For your administrator*: the letter that says what to switch in Exchange, or the packet with
    the approval page, for the causes that they mend."""
    ours = audience is Audience.SUPPORT
    label = plainly("button.packet_support" if ours else "button.packet")
    if verdict.cause in SENDING_IS_OFF:
        return [button(label, ActionId.EXCHANGE_OPEN)]
    return [button(label, ActionId.ADMIN_PACKET, ref)] if verdict.approval else []


def _about_refusal(card: AccountCard, audience: Audience) -> list[Block]:
    """The ways on from a sign-in that did not go through, beside trying it again."""
    if card.fault is None:
        return []
    error = card.fault.error
    details = button(plainly("button.what_to_do"), ActionId.ERROR_SHOW, error)
    return [details, *asking_support(error, audience)]


def _sign_in_again(card: AccountCard, fault: Fault) -> list[Block]:
    """Where only another sign-in mends the fault, the way to it."""
    if fault.verdict.permanence is not Permanence.SIGN_IN_AGAIN:
        return []
    return _sign_in(card) or [_renew(card.account.ref)]


def _sign_in(card: AccountCard) -> list[Block]:
    if not card.link:
        return []
    return [
        button(plainly("button.sign_in"), ActionId.LINK_OPENED, card.account.ref, url=card.link)
    ]
