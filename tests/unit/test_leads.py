"""What a card leads with is what its reader does now."""

from dataclasses import replace

from bot.views.accounts import AccountCard
from bot.views.audience import Audience
from bot.views.invitations import Invitation
from bot.views.reminders import ReminderCard, WaitingAccount
from bot.views.support import RequestCard
from handlers.cards.accounts import account_blocks
from handlers.cards.actions import ActionId
from handlers.cards.invitations import Host, Round, round_window
from handlers.cards.kit import Block
from handlers.cards.legacy import batch_message
from handlers.cards.reminders import reminder_message
from handlers.cards.support import request_card
from storage.vocabulary import State
from tests.support.drawing import Made, parts
from tests.support.values import NOW, account, reminder, request

HOST = Host("Lumen", "support@lumen.example")
TAKEN = request(taken_by_user="U0VERA", taken_at=NOW)


def primary(blocks: list[Block]) -> list[str]:
    """What the green buttons are for."""
    return [part["action_id"] for part in parts(blocks) if part.get("style") == "primary"]


def test_who_took_a_request_opens_the_account_and_says_done_once_it_is_live() -> None:
    for state, first in {
        State.AWAITING_SIGN_IN: ActionId.ACCOUNT_SHOW,
        State.LIVE: ActionId.REQUEST_FINISH,
    }.items():
        card = RequestCard(TAKEN, "Acme", account=account(state=state))
        shown = request_card(card).blocks
        assert primary(shown) == [first]
        assert shown[-1]["elements"][0]["action_id"] == first
    everything = RequestCard(TAKEN, "Acme")
    assert primary(request_card(everything).blocks) == [ActionId.REQUEST_FINISH]


def test_support_is_told_how_somebody_else_signs_in() -> None:
    card = AccountCard(account(state=State.AWAITING_SIGN_IN), link="https://bot.example/login/x")
    shown = str(account_blocks(card, audience=Audience.SUPPORT))
    assert "*Invite* shows the link" in shown
    assert "*Next:* press *Sign in to Microsoft*" not in shown


def test_a_reminder_of_several_sign_ins_leads_to_their_invitations() -> None:
    for state, count, offered in (
        (State.AWAITING_SIGN_IN, 2, True),
        (State.AWAITING_SIGN_IN, 1, False),
        (State.UNMAPPED, 2, False),
    ):
        waiting = [WaitingAccount(account(state=state), "Acme")] * count
        shown = reminder_message(
            ReminderCard(reminder(), Audience.CUSTOMER, waiting), Audience.CUSTOMER
        )
        assert (ActionId.INVITE_ALL in str(shown.blocks)) is offered, (state, count)


def test_people_are_reminded_once_somebody_has_followed_a_link() -> None:
    waiting = Invitation(account(state=State.AWAITING_SIGN_IN), "Acme", "https://bot.example/x")
    new = Round("C0ACME", "Acme", [waiting], 1, [])
    followed = replace(waiting, opened_at=NOW)
    for there, first in (
        (new, []),
        (replace(new, done=["Sales"]), [ActionId.INVITE_REMIND]),
        (replace(new, listed=[followed]), [ActionId.INVITE_REMIND]),
    ):
        assert primary(round_window(there, HOST)["blocks"]) == first


def test_new_accounts_lead_to_their_sign_ins() -> None:
    made = Made(account(), [account()] * 12, "Acme", "smtp-auth-off-tenant").batch
    assert primary(batch_message(made).blocks) == [ActionId.INVITE_ALL]
    under_way = replace(made, batch=replace(made.batch, finished_at=None))
    assert primary(batch_message(under_way).blocks) == []
    assert primary(batch_message(replace(made, done=0)).blocks) == []
