"""Signing a mailbox in: who may come back, what has to hold, and what is kept."""

import pytest

from bot.common.people import Person
from bot.common.refusals import Refused
from bot.diagnosis.observation import Condition, Observation, Where
from bot.microsoft.client import MicrosoftUnreachable
from bot.signin.failed import SignInRefused
from bot.signin.links import LinkUnusable
from storage.tables import Account, Channel
from storage.vocabulary import State
from tests.support.fast import ACME, CAROL, VERA, FastBot, days
from tests.support.fast_ports import SCOPES, tenant_of

BORE = "C0BORE"
NORA = Person("T0BORE", "U0NORA", BORE)


@pytest.fixture
def borealis(bot: FastBot) -> Channel:
    """The channel of a customer whose organisation nobody has named yet."""
    return bot.customer("Borealis", BORE, domain="none")


def connected(bot: FastBot, account: Account) -> bool:
    """Whether tokens are kept for an account."""
    with bot.store.transaction() as tx:
        return tx.grants.get(account.id) is not None


def held(bot: FastBot, account: Account) -> bool:
    """Whether a sign-in of an account waits for a word."""
    with bot.store.transaction() as tx:
        return tx.signins.held(account.id) is not None


# -- what is kept


def test_who_signs_in_is_known_and_the_test_begins(bot: FastBot) -> None:
    account = bot.account(name="Office")

    signed_in = bot.sign_in(account)

    now = bot.read(account)
    assert (signed_in.upn, signed_in.held_for) == (account.username, "")
    assert now.signed_in_as == account.username
    assert (now.tenant_id, now.signed_in_at) == (tenant_of("acme.example"), bot.now)
    assert now.state is State.TESTING and connected(bot, account)
    assert "signin.done" in bot.told(ACME)


def test_a_new_sign_in_is_proved_by_a_new_round_trip(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    mailbox = bot.mailbox(account)
    bot.clock.at += days(1)

    bot.sign_in(account)
    bot.run_due()

    assert mailbox.sent == 1
    assert bot.read(account).proved_at == bot.now


def test_who_was_renamed_and_signs_in_again_is_known_by_the_new_name(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    with bot.store.transaction() as tx:
        tx.accounts.lock(account.id).signed_in_as = "before@acme.example"

    bot.sign_in(account)
    assert bot.read(account).signed_in_as == account.username


def test_the_link_of_a_sign_in_that_holds_is_used_up(bot: FastBot) -> None:
    account = bot.account()
    secret = bot.link(account)
    state = bot.signin.begin(secret, "a browser").rpartition("state=")[2]
    bot.come_back(state, account.username)

    with pytest.raises(LinkUnusable, match="used"):
        bot.signin.look(secret)


def test_the_start_page_names_the_customer_and_who_asked_and_changes_nothing(
    bot: FastBot,
) -> None:
    account = bot.account(name="Office")
    secret = bot.link(account)

    page = bot.signin.look(secret)

    assert (page.account.name, page.customer, page.asked_by) == ("Office", "Acme Marine", CAROL)
    assert bot.signin.look(secret).good_until == bot.now + days(1)


# -- whose sign-in it is


def test_a_sign_in_of_another_mailbox_keeps_nothing_and_says_so(bot: FastBot) -> None:
    account = bot.account()

    with pytest.raises(SignInRefused) as refused:
        bot.sign_in(account, "else@acme.example")

    assert refused.value.recorded.verdict.cause == "other-account"
    assert refused.value.actual == "else@acme.example"
    assert not connected(bot, account)
    assert "signin.refused" in bot.told(ACME)


def test_a_sign_in_of_another_organisation_is_told_to_support(bot: FastBot) -> None:
    account = bot.account(address="office@elsewhere.example")

    with pytest.raises(SignInRefused) as refused:
        bot.sign_in(account)

    assert refused.value.recorded.verdict.cause == "other-tenant"
    assert bot.setbacks_told() == ["other-tenant"]
    assert not connected(bot, account)


def test_the_same_refusal_is_told_once_a_day(bot: FastBot) -> None:
    account = bot.account()
    for _ in range(3):
        with pytest.raises(SignInRefused):
            bot.sign_in(account, "else@acme.example")

    assert bot.told(ACME) == ["signin.refused"]


def test_after_a_refusal_the_page_leads_to_another_try(bot: FastBot) -> None:
    account = bot.account()
    state = bot.go_to_microsoft(account)

    with pytest.raises(SignInRefused) as refused:
        bot.come_back(state, "else@acme.example")

    assert bot.signin.look(refused.value.link.rpartition("/")[2]).account.id == account.id


@pytest.mark.parametrize(
    "claim",
    [
        {"aud": "22222222-2222-4222-8222-222222222222"},
        {"tid": "no-guid"},
        {"iss": "https://elsewhere.example/v2.0"},
        {"oid": ""},
        {"exp": 1},
        {"nbf": 4_102_444_800},
        {"preferred_username": "nobody"},
    ],
)
def test_a_token_with_a_wrong_claim_proves_nothing(bot: FastBot, claim: dict[str, object]) -> None:
    account = bot.account()
    bot.microsoft.claims = claim

    with pytest.raises(SignInRefused):
        bot.sign_in(account)

    assert not connected(bot, account)


def test_a_sign_in_without_every_permission_keeps_nothing(bot: FastBot) -> None:
    account = bot.account()
    bot.microsoft.granted = SCOPES[:1]

    with pytest.raises(SignInRefused) as refused:
        bot.sign_in(account)

    assert "SMTP.Send" in refused.value.recorded.failure.observation["text"]
    assert not connected(bot, account)


def test_a_refusal_of_microsoft_moves_the_account_to_whose_turn_it_is(bot: FastBot) -> None:
    account = bot.account()
    bot.microsoft.refusal = {"error": "access_denied", "error_codes": [90094]}

    with pytest.raises(SignInRefused):
        bot.sign_in(account)

    assert bot.read(account).state is State.AWAITING_ADMIN


def test_what_microsofts_page_says_is_kept_too(bot: FastBot) -> None:
    account = bot.account()
    state = bot.go_to_microsoft(account)
    said = {"state": state, "error": "access_denied", "error_description": "AADSTS65004: no"}

    with pytest.raises(SignInRefused) as refused:
        bot.signin.finish(said, "a browser")

    assert refused.value.recorded.failure.observation["codes"] == [65004]


def test_microsoft_that_does_not_answer_is_no_refused_sign_in(bot: FastBot) -> None:
    account = bot.account()
    state = bot.go_to_microsoft(account)
    bot.microsoft.outage = Observation(Where.NETWORK, step="token", condition=Condition.TIMEOUT)

    with pytest.raises(SignInRefused) as refused:
        bot.come_back(state, account.username)
    assert refused.value.recorded.failure.observation["condition"] == "timeout"
    assert bot.read(account).state is State.AWAITING_SIGN_IN

    with pytest.raises(MicrosoftUnreachable):
        bot.go_to_microsoft(account)


# -- who may come back


def test_one_sign_in_comes_back_once(bot: FastBot) -> None:
    account = bot.account()
    state = bot.go_to_microsoft(account)
    bot.come_back(state, account.username)

    with pytest.raises(LinkUnusable, match="used"):
        bot.come_back(state, account.username)


def test_another_browser_cannot_bring_a_sign_in_back(bot: FastBot) -> None:
    account = bot.account()
    state = bot.go_to_microsoft(account, "a browser")

    with pytest.raises(LinkUnusable, match="other-browser"):
        bot.come_back(state, account.username, "another browser")

    assert not connected(bot, account)
    assert bot.come_back(state, account.username, "a browser").upn == account.username


def test_a_sign_in_comes_back_within_a_quarter_of_an_hour_or_never(bot: FastBot) -> None:
    account = bot.account()
    state = bot.go_to_microsoft(account)
    bot.pass_time(minutes=15)

    with pytest.raises(LinkUnusable, match="ended"):
        bot.come_back(state, account.username)


def test_a_sign_in_that_nobody_began_belongs_to_nobody(bot: FastBot) -> None:
    with pytest.raises(LinkUnusable, match="unknown"):
        bot.come_back("made up", "office@acme.example")

    (entry,) = bot.audited("signin.returned")
    assert (entry.result, entry.subject) == ("refused", "")


def test_of_two_sign_ins_of_one_browser_the_later_one_comes_back(bot: FastBot) -> None:
    account = bot.account()
    secret = bot.link(account)
    first = bot.signin.begin(secret, "a browser").rpartition("state=")[2]
    second = bot.signin.begin(secret, "a browser").rpartition("state=")[2]

    with pytest.raises(LinkUnusable):
        bot.come_back(first, account.username)
    assert bot.come_back(second, account.username).upn == account.username


def test_a_link_that_was_withdrawn_meanwhile_keeps_nothing(bot: FastBot) -> None:
    account = bot.account()
    state = bot.go_to_microsoft(account)
    bot.links.withdraw(account.id, CAROL)

    with pytest.raises(LinkUnusable):
        bot.come_back(state, account.username)
    assert not connected(bot, account)


def test_what_was_begun_from_a_link_that_was_withdrawn_never_reaches_microsoft(
    bot: FastBot,
) -> None:
    account = bot.account()
    state = bot.go_to_microsoft(account)
    bot.links.withdraw(account.id, CAROL)

    with pytest.raises(LinkUnusable, match="unknown"):
        bot.come_back(state, account.username)
    assert bot.microsoft.asked == 0


# -- an organisation that nobody has named yet


def test_a_sign_in_waits_until_somebody_names_the_organisation(
    bot: FastBot, borealis: Channel
) -> None:
    account = bot.account(channel=borealis, address="a@borealis.example")

    signed_in = bot.sign_in(account)
    assert signed_in.held_for == "Borealis"
    assert held(bot, account) and not connected(bot, account)

    bot.signin.confirm(account.id, NORA, support=False)
    assert connected(bot, account) and not held(bot, account)
    assert bot.read(account).state is State.TESTING


def test_confirming_one_organisation_connects_what_its_own_people_began_and_no_more(
    bot: FastBot, borealis: Channel
) -> None:
    asked = bot.account(channel=borealis, address="a@borealis.example")
    colleague = bot.account(channel=borealis, address="b@borealis.example")
    other = bot.account(channel=borealis, address="c@elsewhere.example")
    for account in (asked, colleague, other):
        bot.sign_in(account)

    bot.signin.confirm(asked.id, NORA, support=False)

    assert [connected(bot, each) for each in (asked, colleague, other)] == [True, True, False]
    assert held(bot, other)
    with pytest.raises(Refused, match=r"organisation\.other"):
        bot.signin.confirm(other.id, NORA, support=False)
    assert not connected(bot, other)


def test_a_sign_in_of_the_confirmed_organisation_is_kept_at_once(
    bot: FastBot, borealis: Channel
) -> None:
    first = bot.account(channel=borealis, address="a@borealis.example")
    bot.sign_in(first)
    bot.signin.confirm(first.id, NORA, support=False)
    second = bot.account(channel=borealis, address="b@borealis.example")

    assert bot.sign_in(second).held_for == ""
    assert connected(bot, second)


def test_a_denied_organisation_keeps_nothing_and_ends_the_link(
    bot: FastBot, borealis: Channel
) -> None:
    account = bot.account(channel=borealis, address="a@borealis.example")
    secret = bot.link(account)
    state = bot.signin.begin(secret, "a browser").rpartition("state=")[2]
    bot.come_back(state, account.username)

    bot.signin.withdraw_held(account.id, NORA)

    assert not held(bot, account) and not connected(bot, account)
    assert bot.setbacks_told() == ["other-tenant"]
    with pytest.raises(LinkUnusable, match="revoked"):
        bot.signin.look(secret)
    with pytest.raises(Refused, match=r"organisation\.nothing_held"):
        bot.signin.confirm(account.id, NORA, support=False)


def test_a_sign_in_that_is_held_may_be_made_again(bot: FastBot, borealis: Channel) -> None:
    account = bot.account(channel=borealis, address="a@borealis.example")
    bot.sign_in(account)
    bot.sign_in(account)

    bot.signin.confirm(account.id, VERA, support=True)
    assert connected(bot, account)


def test_a_question_about_a_sign_in_ends_when_one_is_held(bot: FastBot, borealis: Channel) -> None:
    account = bot.account(channel=borealis, address="a@borealis.example")
    secret = bot.link(account)
    bot.signin.begin(secret, "a browser")
    bot.pass_time(minutes=16)
    state = bot.signin.begin(secret, "a browser").rpartition("state=")[2]
    bot.come_back(state, account.username)

    with bot.store.transaction() as tx:
        assert tx.signins.question(account.id) is None


# -- who refreshes the last page, or goes back


@pytest.mark.parametrize(
    ("domain", "reason"), [("acme.example", "used"), ("none", "held")], ids=["connected", "held"]
)
def test_a_page_that_is_refreshed_says_what_became_of_the_sign_in(
    bot: FastBot, domain: str, reason: str
) -> None:
    channel = bot.customer("Borealis", "C0BORE", domain)
    account = bot.account(channel=channel)
    state = bot.signin.begin(bot.link(account), "a browser").rpartition("state=")[2]
    bot.come_back(state, account.username)

    with pytest.raises(LinkUnusable, match=reason):
        bot.come_back(state, account.username)


def test_a_refused_sign_in_that_is_refreshed_has_ended(bot: FastBot) -> None:
    account = bot.account()
    state = bot.signin.begin(bot.link(account), "a browser").rpartition("state=")[2]
    for wanted in (SignInRefused, LinkUnusable):
        with pytest.raises(wanted) as told:
            bot.signin.finish({"state": state, "error": "access_denied"}, "a browser")
    assert str(told.value) == "ended"


# -- what leads nowhere


def test_what_belongs_to_no_account_is_one_entry_an_hour_with_a_count(bot: FastBot) -> None:
    for _ in range(37):
        bot.signin.refused_request("signin.returned", LinkUnusable("unknown"))

    (entry,) = bot.audited("signin.returned")
    assert (entry.subject, entry.times) == ("", 37)


def test_what_belongs_to_an_account_is_audited_with_it(bot: FastBot) -> None:
    account = bot.account()
    secret = bot.link(account)
    bot.links.withdraw(account.id, CAROL)

    with pytest.raises(LinkUnusable):
        bot.signin.begin(secret, "a browser")

    (entry,) = bot.audited("signin.begun")
    assert (entry.subject, entry.result, entry.detail) == (
        account.ref,
        "refused",
        {"reason": "revoked"},
    )
