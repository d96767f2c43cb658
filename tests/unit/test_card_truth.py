"""What a page or a thread says of an account, its card says too: a refused sign-in, whose turn it
is, and what does not work."""

from typing import Any

import pytest

from bot.common.jobs import CheckAccount
from bot.diagnosis.observation import Observation, Where
from bot.signin.failed import SignInRefused
from bot.views.accounts import AccountView
from handlers.cards.account_list import Listing, Place, account_list
from handlers.text.people import stands, turn
from storage.tables import Account
from storage.vocabulary import Owner, ReminderPhase, State, StepId, Trouble
from tests.support.fast import CAROL, SENDING_IS_OFF, FastBot, days
from tests.support.rows import every

SECRET = {"error": "invalid_client", "error_description": "AADSTS7000222: expired"}
"""Our own secret has ended: nobody of the customer's can do anything."""

NO_LICENCE = {"error": "invalid_grant", "error_description": "AADSTS50105: not assigned"}
"""The customer's administrator can."""


def refuse(bot: FastBot, account: Account, answer: dict[str, Any]) -> str:
    """Microsoft refuses the account's person; the error ID that their page shows."""
    bot.microsoft.refusal = answer
    with pytest.raises(SignInRefused) as refused:
        bot.sign_in(account)
    bot.microsoft.refusal = None
    bot.run_due()
    return refused.value.recorded.failure.ref


def refuse_stranger(bot: FastBot, account: Account) -> str:
    """Somebody else signs in; the error ID that their page shows."""
    with pytest.raises(SignInRefused) as refused:
        bot.sign_in(account, "somebody.else@acme.example")
    bot.run_due()
    return refused.value.recorded.failure.ref


def listed(bot: FastBot, account: Account) -> str:
    """What the list of accounts reads."""
    view = AccountView.of(bot.read(account))
    return str(account_list(Listing(Place(account.channel_id), "Acme", [view])))


def test_a_sign_in_of_somebody_else_stands_on_the_card_until_one_goes_through(
    bot: FastBot,
) -> None:
    account = bot.account(State.AWAITING_SIGN_IN)
    error = refuse_stranger(bot, account)

    card = bot.card(account)
    assert "Sign-in refused" in card and "The last sign-in did not go through" in card
    assert error in card and "Contact support" in card and "Sign in to Microsoft" in card
    assert "the mailbox user" in card
    assert "Sign-in refused" in listed(bot, account)

    bot.sign_in(account)
    bot.run_due()
    assert error not in bot.card(account) and "refused" not in bot.card(account)


def test_whose_turn_it_is_after_a_refusal_is_one_value_everywhere(bot: FastBot) -> None:
    account = bot.account(State.AWAITING_SIGN_IN)
    error = refuse(bot, account, SECRET)

    assert bot.read(account).owner is Owner.ON_CALL
    for told in (bot.card(account), listed(bot, account)):
        assert "our engineers" in told and "the mailbox user" not in told
    assert error in bot.card(account)
    assert "*Next:* press *Sign in" not in bot.card(account), "it would be in vain"


def test_who_was_refused_for_our_fault_is_told_when_it_is_mended(bot: FastBot) -> None:
    live = bot.account(State.LIVE)
    account = bot.account(State.AWAITING_SIGN_IN)
    refuse(bot, account, SECRET)
    bot.expire_token(live)
    bot.microsoft.refusal = SECRET
    bot.pass_time(hours=1)
    bot.checks.check(CheckAccount(account_id=live.id))
    bot.run_due()
    bot.microsoft.refusal = None

    bot.live(days(1))

    assert bot.read(account).owner is Owner.USER
    assert "signin.mended" in bot.told()
    assert bot.read(account).trouble is None


def test_support_hears_of_a_sign_in_that_our_engineers_leave_waiting(bot: FastBot) -> None:
    account = bot.account(State.AWAITING_SIGN_IN)
    refuse(bot, account, SECRET)

    for _ in range(20):  # it is tried again every hour: not each of them is waited for
        bot.pass_time(hours=12)

    assert bot.read(account).owner is Owner.SUPPORT
    assert bot.read(account).reminder.phase is not ReminderPhase.RUNNING


def test_a_new_login_link_keeps_what_was_refused(bot: FastBot) -> None:
    account = bot.account(State.AWAITING_SIGN_IN)
    error = refuse_stranger(bot, account)
    bot.accounts.renew_link(account.id, CAROL)

    assert error in bot.card(account)


def test_an_account_that_is_begun_anew_forgets_what_was_refused_before(bot: FastBot) -> None:
    account = bot.account(State.AWAITING_SIGN_IN)
    error = refuse_stranger(bot, account)
    bot.accounts.disconnect(account.id, CAROL)
    assert error not in bot.card(account) and "Maildesk" not in turn(
        AccountView.of(bot.read(account))
    )
    bot.accounts.renew_link(account.id, CAROL)

    assert error not in bot.card(account) and "Waiting for the sign-in" in bot.card(account)


SIDES = (
    ({StepId.SMTP_AUTH: Observation(Where.SMTP, step="smtp.auth", **SENDING_IS_OFF)}, "Sending"),
    (
        {
            StepId.IMAP_AUTH: Observation(
                Where.IMAP, step="imap.auth", text="IMAP access is disabled"
            )
        },
        "Receiving",
    ),
)


@every("faults, side", SIDES, ids=str)
def test_what_does_not_work_is_named_on_card_and_list(faults: Any, side: str) -> None:
    bot = FastBot()
    account = bot.account(State.LIVE)
    bot.mailbox(account).faults.update(faults)
    bot.found(account)

    for told in (bot.card(account), listed(bot, account)):
        assert f"{side} is off" in told and "Connection lost" not in told
    assert all(
        "yet" not in message.words for message in bot.posted() if "does not" in message.words
    )


def test_where_both_ways_are_shut_the_connection_is_lost(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    bot.mailbox(account).faults.update({**SIDES[0][0], **SIDES[1][0]})
    bot.found(account)

    assert stands(AccountView.of(bot.read(account))) == "Connection lost"


def test_no_state_is_named_for_a_trouble_that_it_cannot_have(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    with bot.store.transaction() as tx:
        tx.accounts.lock(account.id).trouble = Trouble.SENDING

    assert stands(AccountView.of(bot.read(account))) == "Live"
