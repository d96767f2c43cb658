"""Advice that did not help is not given a third time: support has it then, with the history."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.common.jobs import CheckAccount
from bot.common.people import Person
from bot.diagnosis.history import Rate
from bot.diagnosis.observation import Observation, Where
from bot.lifecycle.fix_tests import RUNGS
from bot.lifecycle.ladder import waits
from bot.messages import notices
from bot.signin.failed import SignInRefused
from bot.views.audience import Audience
from bot.views.errors import ErrorCard
from bot.views.overview import Wanted
from handlers.cards.diagnosis import error_blocks
from storage.tables import Account, Attempt, Failure, SupportRequest
from storage.vocabulary import (
    AdviceStatus,
    AttemptStatus,
    Deed,
    Owner,
    ReminderPhase,
    State,
    StepId,
)
from tests.support.fast import (
    ACME,
    CAROL,
    DESK,
    SENDING_IS_OFF,
    VERA,
    FastBot,
    hours,
)
from tests.support.fast_ports import Posted, tenant_of

CARL = Person("T0ACME", "U0CARL", ACME)
MINUTE = timedelta(minutes=1)
SPENT = "You have done what we asked twice, and Microsoft still says no."
SMTP_OFF = Observation(Where.SMTP, step="smtp.auth", **SENDING_IS_OFF)
NO_IMAP = Observation(
    Where.IMAP, step="imap.inbox", text="User is authenticated but not connected."
)
REVOKED: dict[str, Any] = {
    "where": Where.TOKEN,
    "step": "token",
    "error": "invalid_grant",
    "codes": (50173,),
    "text": "AADSTS50173: The provided grant has expired due to it being revoked.",
}
NOT_ASSIGNED = {
    "error": "invalid_grant",
    "error_description": "AADSTS50105: The signed in user is not assigned to a role.",
    "error_codes": [50105],
}
NOT_APPROVED = {
    "error": "access_denied",
    "error_description": "AADSTS90094: The grant requires admin permission.",
    "error_codes": [90094],
}
YES = {"admin_consent": "True", "tenant": tenant_of("acme.example")}


def failing(bot: FastBot, name: str = "Office", seen: Observation = SMTP_OFF) -> Account:
    """An account that was tested and fails."""
    account = bot.account(State.UNMAPPED, name=name)
    breaks(bot, account, seen)
    bot.checks.start(account.id, CAROL)
    bot.run_due()
    return account


def breaks(bot: FastBot, account: Account, *seen: Observation) -> None:
    """From now on the account's steps fail like that, and no others."""
    bot.mailbox(account).faults = {StepId(str(each.step)): each for each in seen}


def says_changed(bot: FastBot, account: Account, by: Person = CAROL) -> None:
    """Somebody says that they made the change, and the bot looks for the last time."""
    bot.fixes.said(account.id, by)
    with bot.store.transaction() as tx:
        fix = tx.fixes.open_of(account.id)
        assert fix is not None
        fix.rung = len(RUNGS) - 1
    bot.pass_time(hours=1)


def attempts(bot: FastBot, account: Account) -> list[Attempt]:
    """Everything that was done about the account, oldest first."""
    with bot.store.transaction() as tx:
        return tx.attempts.newest(account.id, 100)


def outcomes(bot: FastBot, account: Account) -> list[tuple[Deed, AttemptStatus]]:
    """What was done about the account, and what came of it."""
    return [(each.deed, each.outcome) for each in attempts(bot, account)]


def requests(bot: FastBot) -> list[SupportRequest]:
    """Every request that waits for support."""
    with bot.store.transaction() as tx:
        return tx.requests.open()


def latest(bot: FastBot, account: Account) -> Failure:
    """The account's newest failure."""
    with bot.store.transaction() as tx:
        found = tx.failures.latest_of(account.id)
    assert found is not None
    return found


def messages(bot: FastBot, channel: str, notice: str) -> list[str]:
    """What stands in the messages of a kind in a channel, as they read now."""
    there = {item.key: item for item in bot.outbox(channel)}
    return [bot.draw(notice, **each.args) for each in there.values() if each.notice == notice]


def is_supports(bot: FastBot, account: Account) -> bool:
    """Whether it is support's turn, on the card and in the database alike."""
    supports = bot.read(account).owner is Owner.SUPPORT
    assert (SPENT in bot.card(account)) == supports
    return supports


def in_vain(*deeds: Deed) -> list[tuple[Deed, AttemptStatus]]:
    return [(deed, AttemptStatus.IN_VAIN) for deed in deeds]


# -- the same advice twice


def test_what_was_changed_twice_in_vain_is_supports_with_the_history(bot: FastBot) -> None:
    account = failing(bot)
    bot.fixes.said(account.id, CAROL)
    bot.live(hours(1.5))
    assert not is_supports(bot, account)
    assert bot.told(ACME)[-1] == "mend.still_fails"
    assert requests(bot) == []

    bot = FastBot(before=bot)  # nothing is only in a process's memory
    bot.fixes.said(account.id, CARL)
    bot.live(hours(1.5))
    assert is_supports(bot, account)
    assert bot.told(ACME)[-1] == "mend.said", "not advised to compare the steps once more"
    assert outcomes(bot, account) == in_vain(Deed.CHANGE, Deed.CHANGE)
    first, second = attempts(bot, account)
    assert (first.by_user, second.by_user) == (CAROL.user, CARL.user)
    assert first.answer == SENDING_IS_OFF["text"]
    assert first.answer_ref == second.answer_ref == latest(bot, account).ref
    assert second.answered_at == second.made_at + hours(1)

    (request,) = requests(bot)
    assert (request.account_id, request.failure_ref) == (account.id, latest(bot, account).ref)
    (told,) = messages(bot, DESK, notices.REQUEST)
    assert "followed our advice" in told
    assert f"<@{CAROL.user}> said that it was changed" in told
    assert f"<@{CARL.user}> said that it was changed" in told
    assert told.count(SENDING_IS_OFF["text"]) == 2
    assert told.count(f"`{latest(bot, account).ref}`") >= 2
    (read,) = messages(bot, ACME, notices.HELP)
    assert f"{SPENT} Our support team is now looking into it." in read
    assert "<@maildesk>" not in told + read


def test_every_surface_says_that_it_is_supports(bot: FastBot) -> None:
    account = failing(bot)
    says_changed(bot, account)
    says_changed(bot, account)

    ref = latest(bot, account).ref
    card = bot.views.errors.card(ref)
    assert card.verdict.owner is Owner.SUPPORT
    assert card.verdict.remedy == ()
    assert card.advised.owner is Owner.ADMINISTRATOR
    assert card.advised.remedy != ()
    with bot.store.transaction() as tx:
        test = tx.checks.latest(account.id)
    assert test is not None
    assert bot.views.checks.card(test.id).faults[StepId.SMTP_AUTH].verdict == card.verdict
    (standing,) = bot.views.overview.standings(Wanted())
    assert set(standing.waits) == {Owner.SUPPORT}


def test_the_customer_is_not_reminded_any_more_and_support_is(bot: FastBot) -> None:
    account = failing(bot)
    says_changed(bot, account)
    says_changed(bot, account)
    before = messages(bot, ACME, notices.REMINDER)
    assert waits(bot.read(account))
    assert bot.read(account).reminder.phase is ReminderPhase.RUNNING

    bot.pass_time(days=2)
    assert messages(bot, ACME, notices.REMINDER) == before
    (reminder,) = messages(bot, DESK, notices.REMINDER)
    assert "Office" in reminder


def test_what_support_does_is_not_the_customers(bot: FastBot) -> None:
    account = failing(bot)
    says_changed(bot, account, VERA)
    bot.checks.start(account.id, VERA)
    says_changed(bot, account)
    assert [each.customers for each in attempts(bot, account)] == [False, True]
    assert not is_supports(bot, account)


def test_our_own_looks_count_for_nothing(bot: FastBot) -> None:
    account = failing(bot)
    for _ in range(2):
        bot.pass_time(days=1)
        bot.checks.check(CheckAccount(account_id=account.id))
        bot.run_due()
    assert attempts(bot, account) == []
    assert not is_supports(bot, account)


# -- neighbours


def test_support_mends_it_and_the_next_loop_is_told_again(bot: FastBot) -> None:
    account = failing(bot)
    says_changed(bot, account)
    says_changed(bot, account)
    bot.requests.finish(requests(bot)[0].id, VERA)
    breaks(bot, account)
    bot.checks.start(account.id, VERA)
    bot.run_due()
    assert bot.read(account).owner is Owner.USER, "folders are to be mapped"
    assert SPENT not in bot.card(account)

    breaks(bot, account, SMTP_OFF)
    bot.checks.start(account.id, CAROL)
    bot.run_due()
    assert bot.read(account).owner is Owner.ADMINISTRATOR
    assert SPENT not in bot.card(account), "it is advised again"
    says_changed(bot, account)
    says_changed(bot, account)
    assert is_supports(bot, account)
    assert len(requests(bot)) == 1
    assert len(bot.audited("help.handed_over")) == 2


def test_a_request_that_support_has_done_gives_the_account_back(bot: FastBot) -> None:
    account = failing(bot)
    for _ in range(2):
        says_changed(bot, account)
    assert is_supports(bot, account)
    (request,) = requests(bot)
    bot.services.requests.finish(request.id, VERA)
    bot.checks.start(account.id, VERA)
    bot.run_due()
    assert bot.read(account).owner is Owner.ADMINISTRATOR, "what is advised is theirs to try anew"
    assert requests(bot) == []


def test_another_cause_after_support_took_over_is_the_customers_again(bot: FastBot) -> None:
    account = failing(bot)
    says_changed(bot, account)
    says_changed(bot, account)
    breaks(bot, account, NO_IMAP)
    bot.checks.start(account.id, CAROL)
    bot.run_due()
    assert not is_supports(bot, account)


def test_another_mailbox_of_the_organisation_counts_for_itself(bot: FastBot) -> None:
    account = failing(bot)
    other = failing(bot, "Info")
    says_changed(bot, account)
    says_changed(bot, account)
    assert is_supports(bot, account)
    assert not is_supports(bot, other)

    breaks(bot, account)
    bot.checks.start(account.id, VERA)
    bot.run_due()
    says_changed(bot, other)
    assert not is_supports(bot, other)
    assert [len(attempts(bot, each)) for each in (account, other)] == [2, 1]


def test_a_request_of_the_customers_own_is_not_doubled(bot: FastBot) -> None:
    account = failing(bot)
    says_changed(bot, account)
    bot.requests.ask(latest(bot, account).ref, CAROL)
    bot.pass_time(days=2)  # under another error ID by now
    says_changed(bot, account)

    assert is_supports(bot, account)
    (request,) = requests(bot)
    assert request.asked_by_user == CAROL.user
    assert request.failure_ref != latest(bot, account).ref
    (told,) = messages(bot, DESK, notices.REQUEST)
    assert f"<@{CAROL.user}> asked for help" in told
    assert "followed our advice" in told
    (read,) = messages(bot, ACME, notices.HELP)
    assert SPENT in read


def test_an_account_that_was_disconnected_meanwhile_is_nobodys_loop(bot: FastBot) -> None:
    account = failing(bot)
    says_changed(bot, account)
    bot.mailbox(account).on_probe = lambda: bot.accounts.disconnect(account.id, CAROL)
    says_changed(bot, account)
    assert bot.read(account).state is State.DISCONNECTED
    assert requests(bot) == []

    bot.failure(account)
    assert latest(bot, account).advice is AdviceStatus.GIVEN
    bot.accounts.renew_link(account.id, CAROL)
    assert bot.read(account).owner is Owner.USER


# -- sign-ins


def revoked(bot: FastBot, account: Account) -> Failure:
    """The permission is refused just now."""
    return bot.failure(account, **REVOKED)


def customers_words(bot: FastBot, failure: Failure) -> str:
    """What a customer reads about a failure."""
    words: str = bot.views.errors.card(failure.ref).verdict.customer
    return words


def signs_in(bot: FastBot, account: Account) -> None:
    """The account's own person signs in, and nothing is tested yet."""
    with bot.store.transaction() as tx:
        tx.accounts.lock(account.id).signed_in_at = bot.now


def test_where_the_permission_worked_since_the_sign_in_nothing_is_contradicted(
    bot: FastBot,
) -> None:
    account = bot.account(State.FAILING)
    signs_in(bot, account)
    bot.checks.start(account.id, CAROL)
    bot.run_due()
    bot.clock.at += MINUTE * 5
    assert revoked(bot, account).advice is AdviceStatus.GIVEN


def test_the_card_asks_nobody_to_sign_in_again_once_support_has_it(bot: FastBot) -> None:
    account = bot.account(State.UNMAPPED, name="Office")
    bot.expire_token(account)
    bot.microsoft.refusal = {
        "error": "invalid_grant",
        "error_description": REVOKED["text"],
        "error_codes": [50173],
    }
    bot.checks.start(account.id, CAROL)
    bot.run_due()
    assert "New login link" in bot.card(account) or "Sign in to Microsoft" in bot.card(account)
    for _ in range(2):
        signs_in(bot, account)
        bot.clock.at += MINUTE * 2
        bot.checks.start(account.id, CAROL)
        bot.run_due()
    assert is_supports(bot, account)
    assert "New login link" not in bot.card(account)
    assert "Sign in to Microsoft" not in bot.card(account)


def refused_sign_in(bot: FastBot, account: Account, answer: dict[str, Any] | None = None) -> None:
    """The account's person goes to Microsoft, which refuses the sign-in."""
    bot.microsoft.refusal = answer or NOT_ASSIGNED
    with pytest.raises(SignInRefused):
        bot.sign_in(account)
    bot.microsoft.refusal = None
    bot.run_due()


def test_sign_ins_that_are_refused_for_the_same_reason_go_to_support(bot: FastBot) -> None:
    account = bot.account(State.AWAITING_SIGN_IN, name="Office")
    for pause in (0, 1, 1, 13, 14):
        bot.pass_time(minutes=pause)
        refused_sign_in(bot, account)
    assert outcomes(bot, account) == in_vain(Deed.SIGN_IN)
    assert bot.read(account).owner is Owner.ADMINISTRATOR
    bot.pass_time(minutes=1)
    refused_sign_in(bot, account)

    assert is_supports(bot, account)
    assert bot.read(account).state is State.AWAITING_ADMIN
    assert len(requests(bot)) == 1
    bot.pass_time(days=1.5)
    refused_sign_in(bot, account)
    assert is_supports(bot, account)
    assert bot.told(ACME).count("signin.refused") == 1, "not advised the same the next day"
    bot.accounts.renew_link(account.id, CAROL)
    assert is_supports(bot, account), "a new login link makes it nobody else's turn"
    (reminder,) = messages(bot, DESK, notices.REMINDER)
    assert "The customer followed the advice twice" in reminder


def test_who_presses_cancel_has_tried_nothing(bot: FastBot) -> None:
    account = bot.account(State.AWAITING_SIGN_IN)
    for _ in range(4):
        bot.pass_time(hours=1)
        state = bot.go_to_microsoft(account)
        with pytest.raises(SignInRefused):
            bot.signin.finish(
                {"state": state, "error": "access_denied", "error_subcode": "cancel"}, "a browser"
            )
    assert attempts(bot, account) == []
    assert bot.read(account).owner is not Owner.SUPPORT


def test_a_sign_in_that_goes_through_at_last_ends_the_loop(bot: FastBot) -> None:
    account = bot.account(State.AWAITING_SIGN_IN)
    for _ in range(3):
        bot.pass_time(hours=1)
        refused_sign_in(bot, account)
    assert is_supports(bot, account)
    bot.sign_in(account)
    bot.run_due()
    assert bot.read(account).state is State.UNMAPPED
    assert bot.read(account).owner is Owner.USER


def test_another_account_that_signs_in_again_and_again_is_supports(bot: FastBot) -> None:
    account = bot.account(State.AWAITING_SIGN_IN)
    for _ in range(3):
        bot.pass_time(hours=1)
        with pytest.raises(SignInRefused):
            bot.sign_in(account, "carol@acme.example")
    assert bot.read(account).owner is Owner.SUPPORT
    assert "still not the right account" in bot.card(account)


def test_approvals_that_change_nothing_go_to_support(bot: FastBot) -> None:
    account = bot.account(State.AWAITING_SIGN_IN, name="Office")
    for count in range(3):
        refused_sign_in(bot, account, NOT_APPROVED)
        assert outcomes(bot, account) == in_vain(*[Deed.APPROVAL] * count)
        bot.pass_time(hours=1)
        if count < 2:
            assert bot.read(account).owner is Owner.ADMINISTRATOR, "a sign-in approves nothing"
            refused_sign_in(bot, account, NOT_APPROVED)
            (state,) = parse_qs(urlsplit(bot.consent.link(account)).query)["state"]
            assert bot.consent.told({"state": state, **YES}) is None
    assert is_supports(bot, account)
    (told,) = messages(bot, DESK, notices.REQUEST)
    assert told.count("an administrator approved on Microsoft's page") == 2


# -- how often it helps


@pytest.mark.parametrize(
    ("helped", "customers", "supports"),
    [(4, True, True), (3, False, True)],
)
def test_how_often_a_remedy_helped_stands_beside_it(
    bot: FastBot, helped: int, customers: bool, supports: bool
) -> None:
    card = bot.views.errors.card(bot.failure(bot.account(State.FAILING)).ref)
    card = replace(card, rates=[Rate(Deed.SIGN_IN, 9, 9), Rate(Deed.CHANGE, helped, 6)])
    assert (f"ften works ({helped} of 6" in words_of(card, Audience.CUSTOMER)) == customers
    assert (f"a change in Microsoft 365, {helped} of 6" in words_of(card, Audience.SUPPORT)) == (
        supports
    )
    assert "of 9" not in words_of(card, Audience.CUSTOMER)


def words_of(card: ErrorCard, audience: Audience) -> str:
    """What people read of an error."""
    return Posted("", "", "", error_blocks(card, audience)).words
