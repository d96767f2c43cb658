"""The button of the next step: what a card, a window or a message about an account leads with."""

from collections.abc import Sequence
from datetime import datetime

from bot.diagnosis.verdict import Verdict
from bot.views.accounts import AccountCard
from bot.views.audience import Audience
from bot.views.next_steps import Way, way_on
from handlers.cards.actions import ActionId
from handlers.cards.folders import folder_buttons
from handlers.cards.kit import Block, button, context, moment
from handlers.cards.signin import organisation_buttons
from handlers.text.words import plainly, say
from storage.vocabulary import Owner, Permanence, State

WITHOUT_US = frozenset({Owner.USER, Owner.ADMINISTRATOR, Owner.SUPPORT})
"""Who changes something outside Maildesk, and may say so."""


def led(
    card: AccountCard, audience: Audience, buttons: Sequence[Block], told: bool = False
) -> list[Block]:
    """An account's buttons with the next step of its readers first, and nothing else that stands
    out. `told`: they have just read what mends it, and say next that it is done."""
    way = way_on(card, audience)
    others = [_plain(each) for each in buttons]
    if way is None:
        return others
    first = way_button(card, way, audience, told)
    return [first, *(each for each in others if each["action_id"] != first["action_id"])]


def way_button(card: AccountCard, way: Way, audience: Audience, told: bool = False) -> Block:
    """The button that does the next step, or leads there."""
    changed = _changed(card) if told and way is Way.MEND else []
    found = changed[0] if changed else _button(card, way, audience)
    return found | {"style": "primary"}


def _changed(card: AccountCard) -> list[Block]:
    """*It's changed*, where a test shows it, or the next sign-in."""
    shows = (State.FAILING, State.BROKEN, State.AWAITING_ADMIN)
    if card.fault is None or card.account.state not in shows:
        return []
    return changed_button(card.fault.verdict, card.account.ref)


def changed_button(verdict: Verdict, account_ref: str) -> list[Block]:
    """*It's changed*, where somebody outside can change something that shows only by testing."""
    if verdict.owner not in WITHOUT_US or verdict.permanence is not Permanence.AFTER_FIX:
        return []
    return [button(plainly("button.changed"), ActionId.FIX_REPORTED, account_ref)]


def looking(next_test: datetime | None) -> list[Block]:
    """What we do by ourselves after somebody said that a fault is mended."""
    return [context(say("card.retest", at=moment(next_test)))] if next_test else []


def _button(card: AccountCard, way: Way, audience: Audience) -> Block:
    ref = card.account.ref
    match way:
        case Way.CONFIRM if card.held:
            return organisation_buttons(ref, card.held, audience)[0]
        case Way.SIGN_IN if card.link:
            return button(plainly("button.sign_in"), ActionId.LINK_OPENED, ref, url=card.link)
        case Way.SIGN_IN:
            return button(plainly("button.new_link"), ActionId.LINK_RENEW, ref)
        case Way.INVITE:
            return button(plainly("button.invite"), ActionId.INVITE_OPEN, ref)
        case Way.APPROVE:
            ours = audience is Audience.SUPPORT
            label = plainly("button.packet_support" if ours else "button.packet")
            return button(label, ActionId.ADMIN_PACKET, ref)
        case Way.MEND if card.fault:
            return button(plainly("button.what_to_do"), ActionId.ERROR_SHOW, card.fault.error)
        case Way.FOLDERS:
            return folder_buttons(ref, bool(card.sure))[0]
        case _:
            return button(plainly("button.test_again"), ActionId.TEST_RUN, ref)


def _plain(block: Block) -> Block:
    """A button that is not what to press now; what is dangerous still looks so."""
    if block.get("style") != "primary":
        return block
    return {name: value for name, value in block.items() if name != "style"}
