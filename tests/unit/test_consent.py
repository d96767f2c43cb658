"""The administrator's approval: what is asked for, and what an answer changes."""

from urllib.parse import parse_qs, urlsplit

import pytest
from sqlmodel import select

from bot.diagnosis.observation import Condition, Observation, Where
from bot.messages import notices
from bot.signin.links import LinkUnusable
from bot.views.accounts import Approved
from handlers.cards.accounts import account_card
from handlers.cards.actions import ActionId
from storage.tables import Account, ApprovalAnswer
from storage.vocabulary import State
from tests.support.fast import ACME, CAROL, FastBot, days, hours
from tests.support.fast_ports import tenant_of


def answer(bot: FastBot, account: Account, **said: str) -> dict[str, str]:
    """What Microsoft's page sends back for an account."""
    (state,) = parse_qs(urlsplit(bot.consent.link(account)).query)["state"]
    return {"state": state, **said}


YES = {"admin_consent": "True", "tenant": tenant_of("acme.example")}
NO = {"error": "access_denied"}


def approve(bot: FastBot, account: Account) -> object:
    """The administrator says yes."""
    return bot.consent.told(answer(bot, account, **YES))


def leads_nowhere(bot: FastBot, said: dict[str, str], reason: str) -> None:
    """An answer, looked at and told, is refused."""
    for act in (bot.consent.look, bot.consent.told):
        with pytest.raises(LinkUnusable, match=reason):
            act(said)


def usable_link(bot: FastBot, account: Account) -> bool:
    """Whether the account has a login link that is good."""
    with bot.store.transaction() as tx:
        return tx.signins.usable_ticket(account.id, bot.now) is not None


def test_an_approval_makes_it_the_users_turn(bot: FastBot) -> None:
    account = bot.account(State.AWAITING_ADMIN)
    bot.link(account)

    assert approve(bot, account) is None

    assert bot.read(account).state is State.AWAITING_SIGN_IN
    assert [each.notice for each in bot.outbox(ACME)].count(notices.APPROVED) == 1


def test_the_card_says_since_when_it_is_approved_until_somebody_signs_in(bot: FastBot) -> None:
    account = bot.account(State.AWAITING_ADMIN)
    secret = bot.link(account)
    approve(bot, account)
    bot.clock.at += hours(0.05)

    card = bot.views.accounts.card(account.id)
    assert card.approved == Approved(bot.now - hours(0.05), proved=False)
    assert "sign in as" in str(account_card(card).blocks)
    assert "has been approved, since" in str(account_card(card).blocks)

    state = bot.signin.begin(secret, "a browser").rpartition("state=")[2]
    bot.come_back(state, account.username)
    assert bot.views.accounts.card(account.id).approved is None
    bot.accounts.disconnect(account.id, CAROL)
    bot.accounts.renew_link(account.id, CAROL)
    assert bot.views.accounts.card(account.id).approved is None, "that was another time"


@pytest.mark.parametrize(
    ("enhanced", "text", "letter"),
    [
        ("5.7.139", "SmtpClientAuthentication is disabled for the Tenant.", True),
        ("5.7.139", "SmtpClientAuthentication is disabled for the Mailbox.", True),
        ("5.7.60", "Client does not have permissions to send as this sender", False),
    ],
)
def test_where_exchange_keeps_mail_from_being_sent_the_card_has_the_letter(
    bot: FastBot, enhanced: str, text: str, letter: bool
) -> None:
    account = bot.account(State.FAILING)
    bot.failure(account, status=535, enhanced=enhanced, text=text)

    buttons = str(account_card(bot.views.accounts.card(account.id)).blocks)
    assert ("For your administrator" in buttons) is letter


def test_where_a_mailbox_lost_its_approval_the_card_has_what_is_forwarded(bot: FastBot) -> None:
    account = bot.account(State.BROKEN)
    gone = {"error": "invalid_grant", "suberror": "consent_required"}
    bot.failure(account, Where.TOKEN, "token", **gone)

    (packet,) = [
        button
        for block in account_card(bot.views.accounts.card(account.id)).blocks
        for button in block.get("elements", [])
        if button.get("action_id") == ActionId.ADMIN_PACKET
    ]
    assert packet["value"] == account.ref


def test_an_approval_leaves_a_link_that_is_still_good(bot: FastBot) -> None:
    account = bot.account(State.AWAITING_ADMIN)
    secret = bot.link(account)

    approve(bot, account)
    assert bot.signin.look(secret)


def test_an_approval_that_comes_after_the_links_end_brings_a_new_link(bot: FastBot) -> None:
    account = bot.account(State.AWAITING_ADMIN)
    bot.link(account)
    said = answer(bot, account, **YES)
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
    "said", [{}, {"admin_consent": "False"}, YES | {"state": "made up"}, YES | {"state": ""}]
)
def test_an_answer_that_says_nothing_leads_nowhere(bot: FastBot, said: dict[str, str]) -> None:
    account = bot.account(State.AWAITING_ADMIN)

    leads_nowhere(bot, answer(bot, account) | said, "unknown")
    assert bot.read(account).state is State.AWAITING_ADMIN


def test_an_answer_for_an_account_that_was_disconnected_leads_nowhere(bot: FastBot) -> None:
    account = bot.account(State.DISCONNECTED)

    with pytest.raises(LinkUnusable):
        approve(bot, account)


# -- once, within seven days


def test_an_answer_is_taken_within_seven_days(bot: FastBot) -> None:
    account = bot.account(State.AWAITING_ADMIN)
    said = answer(bot, account, **YES)

    bot.clock.at += days(7) - hours(0.1)
    bot.consent.look(said)
    bot.clock.at += hours(0.1)
    leads_nowhere(bot, said, "expired")
    assert bot.read(account).state is State.AWAITING_ADMIN


@pytest.mark.parametrize("first", [YES, NO])
@pytest.mark.parametrize("second", [YES, NO])
def test_a_page_is_answered_once(
    bot: FastBot, first: dict[str, str], second: dict[str, str]
) -> None:
    account = bot.account(State.AWAITING_ADMIN)
    (state,) = answer(bot, account).values()
    bot.consent.told({"state": state, **first})
    with bot.store.transaction() as tx:
        tx.accounts.lock(account.id).state = State.AWAITING_ADMIN
    told = bot.told(ACME)

    for spelling in (state, state + "====", "!" + state, state[:20] + "~" + state[20:]):
        leads_nowhere(bot, {"state": spelling, **second}, "used")
    assert bot.read(account).state is State.AWAITING_ADMIN
    assert bot.told(ACME) == told


def test_to_look_at_an_answer_does_not_take_it(bot: FastBot) -> None:
    account = bot.account(State.AWAITING_ADMIN)
    said = answer(bot, account, **YES)

    for _ in range(3):
        bot.consent.look(said)
    assert bot.read(account).state is State.AWAITING_ADMIN
    assert bot.consent.told(said) is None


def test_of_two_pages_the_earlier_one_stays_good(bot: FastBot) -> None:
    account = bot.account(State.AWAITING_ADMIN)
    earlier = answer(bot, account, **YES)
    bot.clock.at += hours(1)
    bot.consent.link(account)

    assert bot.consent.told(earlier) is None
    assert bot.read(account).state is State.AWAITING_SIGN_IN


def test_a_no_leaves_the_other_pages_open_and_a_yes_ends_them(bot: FastBot) -> None:
    account = bot.account(State.AWAITING_ADMIN)
    first, second, third = [answer(bot, account) for _ in range(3)]
    bot.clock.at += hours(1)

    bot.consent.told(first | NO)
    bot.consent.told(second | YES)
    leads_nowhere(bot, third | YES, "used")

    bot.clock.at += hours(1)
    with bot.store.transaction() as tx:
        tx.accounts.lock(account.id).state = State.AWAITING_ADMIN
    assert approve(bot, account) is None


def test_a_yes_ends_the_pages_of_all_accounts_that_waited_for_it(bot: FastBot) -> None:
    account = bot.account(State.AWAITING_ADMIN)
    other = bot.customer("Borealis", "C0BORE")
    theirs = bot.account(State.AWAITING_ADMIN, channel=other, address="nora@borealis.example")
    said = answer(bot, account, **YES)
    bot.clock.at += hours(1)
    approve(bot, bot.account(State.AWAITING_ADMIN))

    leads_nowhere(bot, said, "used")
    assert bot.read(account).state is State.AWAITING_SIGN_IN
    yes = YES | {"tenant": tenant_of("borealis.example")}
    assert bot.consent.told(answer(bot, theirs, **yes)) is None, "another customer's is their own"


def test_answers_are_kept_as_digests_and_forgotten_when_their_page_has_ended(bot: FastBot) -> None:
    account = bot.account(State.AWAITING_ADMIN)
    state = answer(bot, account)["state"]
    bot.consent.told({"state": state, **NO})
    bot.clock.at += days(7) + hours(0.1)
    bot.consent.told(answer(bot, account, **NO))

    with bot.store.transaction() as tx:
        (kept,) = tx.session.exec(select(ApprovalAnswer))
    assert kept.at == bot.now
    assert len(kept.page_digest) == 64


# -- of whom


@pytest.mark.parametrize("tenant", ["", tenant_of("elsewhere.example"), "acme.example"])
def test_a_yes_of_another_organisation_changes_nothing(bot: FastBot, tenant: str) -> None:
    account = bot.account(State.AWAITING_ADMIN)
    said = answer(bot, account, **YES)

    leads_nowhere(bot, said | {"tenant": tenant}, "other-tenant")
    assert bot.read(account).state is State.AWAITING_ADMIN
    assert bot.consent.told(said) is None, "and uses nothing up"


def test_a_no_of_another_organisation_is_told_nobody(bot: FastBot) -> None:
    account = bot.account(State.AWAITING_ADMIN)

    leads_nowhere(
        bot, answer(bot, account, **NO, tenant=tenant_of("elsewhere.example")), "other-tenant"
    )
    assert bot.told(ACME) == []


def test_where_nobody_has_named_the_organisation_any_may_approve(bot: FastBot) -> None:
    bore = bot.customer("Borealis", "C0BORE", domain="none")
    account = bot.account(State.AWAITING_ADMIN, channel=bore)

    assert approve(bot, account) is None


def test_a_yes_and_an_error_together_are_an_error(bot: FastBot) -> None:
    account = bot.account(State.AWAITING_ADMIN)

    bot.consent.told(answer(bot, account, **YES, **NO))

    assert bot.told(ACME) == ["signin.consent_refused"]
    assert bot.audited("consent.said_given") == []


def test_the_approval_page_is_that_of_the_accounts_own_organisation(bot: FastBot) -> None:
    fresh = bot.account(address="a@acme.example")
    known = bot.account(State.LIVE, address="b@acme.example")
    unbound = bot.account(
        channel=bot.customer("Borealis", "C0BORE", "none"), address="nora@borealis.example"
    )

    assert f"/{known.tenant_id}/" in bot.consent.link(known)
    assert f"/{tenant_of('acme.example')}/" in bot.consent.link(fresh), (
        "it is known of the customer"
    )
    assert "/borealis.example/" in bot.consent.link(unbound)


def test_while_microsoft_cannot_be_asked_there_is_no_page(bot: FastBot) -> None:
    account = bot.account()
    bot.microsoft.outage = Observation(Where.NETWORK, step="token", condition=Condition.TIMEOUT)

    assert bot.consent.link(account) == ""
