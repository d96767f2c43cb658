"""The administrator's approval: what is asked for, and what an answer changes."""

from urllib.parse import parse_qs, urlsplit

import pytest

from bot.diagnosis.observation import Condition, Observation, Where
from bot.signin.links import LinkUnusable
from storage.tables import Account
from storage.vocabulary import State
from tests.support.fast import ACME, FastBot, hours


def answer(bot: FastBot, account: Account, **said: str) -> dict[str, str]:
    """What Microsoft's page sends back for an account."""
    (state,) = parse_qs(urlsplit(bot.consent.link(account)).query)["state"]
    return {"state": state, **said}


def approve(bot: FastBot, account: Account) -> object:
    """The administrator says yes."""
    return bot.consent.told(answer(bot, account, admin_consent="True", tenant="x"))


def usable_link(bot: FastBot, account: Account) -> bool:
    """Whether the account has a login link that is good."""
    with bot.store.transaction() as tx:
        return tx.signins.usable_ticket(account.id, bot.now) is not None


def test_an_approval_makes_it_the_users_turn(bot: FastBot) -> None:
    account = bot.account(State.AWAITING_ADMIN)
    bot.link(account)

    assert approve(bot, account) is None

    assert bot.read(account).state is State.AWAITING_SIGN_IN
    assert bot.told(ACME) == ["signin.consent_given"]


def test_an_approval_leaves_a_link_that_is_still_good(bot: FastBot) -> None:
    account = bot.account(State.AWAITING_ADMIN)
    secret = bot.link(account)

    approve(bot, account)
    assert bot.signin.look(secret)


def test_an_approval_that_comes_after_the_links_end_brings_a_new_link(bot: FastBot) -> None:
    account = bot.account(State.AWAITING_ADMIN)
    bot.link(account)
    said = answer(bot, account, admin_consent="True")
    bot.clock.at += hours(25)
    assert not usable_link(bot, account)

    bot.consent.told(said)
    assert usable_link(bot, account)


@pytest.mark.parametrize(
    ("before", "after"), [(State.FAILING, State.UNMAPPED), (State.BROKEN, State.LIVE)]
)
def test_an_approval_for_an_account_that_fails_has_it_tested(
    bot: FastBot, before: State, after: State
) -> None:
    account = bot.account(before)

    approve(bot, account)
    bot.run_due()

    assert bot.read(account).state is after


@pytest.mark.parametrize("state", [State.LIVE, State.UNMAPPED, State.AWAITING_SIGN_IN])
def test_an_approval_that_nobody_waits_for_changes_nothing(bot: FastBot, state: State) -> None:
    account = bot.account(state)

    approve(bot, account)

    assert bot.read(account).state is state
    assert bot.told(ACME) == []


def test_a_refusal_is_told_with_its_error_id(bot: FastBot) -> None:
    account = bot.account(State.AWAITING_ADMIN)

    recorded = bot.consent.told(answer(bot, account, error="access_denied"))

    assert recorded.failure.ref.startswith("MX-")
    assert bot.told(ACME) == ["signin.consent_refused"]


@pytest.mark.parametrize(
    "said", [{}, {"admin_consent": "False"}, {"admin_consent": "True", "state": "made up"}]
)
def test_an_answer_that_says_nothing_leads_nowhere(bot: FastBot, said: dict[str, str]) -> None:
    account = bot.account(State.AWAITING_ADMIN)

    with pytest.raises(LinkUnusable):
        bot.consent.told(answer(bot, account) | said)
    assert bot.read(account).state is State.AWAITING_ADMIN


def test_an_answer_for_an_account_that_was_disconnected_leads_nowhere(bot: FastBot) -> None:
    account = bot.account(State.DISCONNECTED)

    with pytest.raises(LinkUnusable):
        approve(bot, account)


def test_a_yes_and_an_error_together_are_an_error(bot: FastBot) -> None:
    account = bot.account(State.AWAITING_ADMIN)

    bot.consent.told(answer(bot, account, admin_consent="True", error="access_denied"))

    assert bot.told(ACME) == ["signin.consent_refused"]
    assert bot.audited("consent.said_given") == []


def test_the_approval_page_is_that_of_the_accounts_own_organisation(bot: FastBot) -> None:
    fresh = bot.account(address="a@acme.example")
    known = bot.account(State.LIVE, address="b@acme.example")

    assert "/acme.example/" in bot.consent.link(fresh)
    assert f"/{known.tenant_id}/" in bot.consent.link(known)


def test_while_microsoft_cannot_be_asked_there_is_no_page(bot: FastBot) -> None:
    account = bot.account()
    bot.microsoft.outage = Observation(Where.NETWORK, step="token", condition=Condition.TIMEOUT)

    assert bot.consent.link(account) == ""
