"""The one thing that somebody does next about an account, if it is their turn. Every surface that
shows the account leads with it."""

from enum import StrEnum

from bot.views.accounts import AccountCard
from bot.views.audience import Audience
from storage.vocabulary import THEIRS, Owner, Permanence, State


class Way(StrEnum):
    """What somebody does next."""

    CONFIRM = "say whose organisation signed in"
    SIGN_IN = "sign in"
    INVITE = "send the login link to who has to sign in"
    APPROVE = "have an administrator approve"
    MEND = "do what mends it, and say that it is changed"
    TEST = "test again"
    FOLDERS = "map the folders"


def way_on(card: AccountCard, audience: Audience) -> Way | None:
    """What the people of an audience do next; None where it is somebody else's turn or nobody's, or
    ours because we look by ourselves whether a change shows."""
    if not has_turn(card, audience):
        return None
    if card.held:
        may = card.held.evident or audience is Audience.SUPPORT
        return Way.CONFIRM if may else None
    match card.account.state:
        case State.AWAITING_SIGN_IN:
            return _to_sign_in(card, audience)
        case State.AWAITING_ADMIN:
            return Way.MEND if card.fault and not card.fault.verdict.approval else Way.APPROVE
        case State.UNMAPPED:
            return Way.FOLDERS
        case State.FAILING | State.BROKEN:
            return _to_mend(card, audience)
        case State.LIVE:
            return Way.SIGN_IN  # which agrees to new addresses
        case State.CREATED | State.TESTING | State.DISCONNECTED:
            return None


def has_turn(card: AccountCard, audience: Audience) -> bool:
    """Whether an account waits for the people of an audience."""
    whose = card.account.turn
    return whose is Owner.SUPPORT if audience is Audience.SUPPORT else whose in THEIRS


def _to_sign_in(card: AccountCard, audience: Audience) -> Way:
    """Support does not sign in for anybody."""
    if audience is Audience.CUSTOMER:
        return Way.SIGN_IN
    return Way.MEND if card.fault else Way.INVITE


def _to_mend(card: AccountCard, audience: Audience) -> Way:
    if card.fault is None:
        return Way.TEST
    verdict = card.fault.verdict
    if verdict.owner is Owner.ADMINISTRATOR and verdict.approval:
        return Way.APPROVE
    theirs = audience is Audience.CUSTOMER and verdict.owner is Owner.USER
    signs_in = theirs and verdict.permanence is Permanence.SIGN_IN_AGAIN
    return Way.SIGN_IN if signs_in else Way.MEND
