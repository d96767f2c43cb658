"""An administrator's approval that nobody tells us of: what proves it, who hears of it, and how
often Microsoft is asked."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.diagnosis.observation import Condition, Observation, Where
from bot.messages import notices
from bot.signin.approval_watches import LOOKS
from bot.signin.service import SignInRefused
from handlers.cards.accounts import account_card
from storage.tables import Account
from storage.vocabulary import Owner, State
from tests.support.fast import ACME, CAROL, FastBot, days, hours
from tests.support.fast_ports import Posted, tenant_of

TENANT = tenant_of("acme.example")
WANTED = {"error": "access_denied", "error_description": "AADSTS90094: Admin consent is required."}
NOT_ASSIGNED = {"error": "invalid_grant", "error_description": "AADSTS50105: not assigned"}
MINUTES = timedelta(minutes=1)


def refused(bot: FastBot, account: Account, answer: dict[str, str] = WANTED) -> Account:
    """Microsoft lets nobody sign in before an administrator approves."""
    state = bot.go_to_microsoft(account)
    with pytest.raises(SignInRefused):
        bot.signin.finish({"state": state, **answer}, "a browser")
    bot.run_due()
    return account


def waiting(bot: FastBot, name: str = "", **facts: object) -> Account:
    """An account that waits for the approval."""
    return refused(bot, bot.account(name=name, **facts))


@pytest.fixture
def absent(bot: FastBot) -> FastBot:
    """A bot whose application is in nobody's organisation yet."""
    bot.microsoft.installed = {TENANT: False, tenant_of("borealis.example"): False}
    return bot


def approve(bot: FastBot) -> None:
    """The administrator accepts, and closes the page."""
    bot.microsoft.installed[TENANT] = True


def states(bot: FastBot, *accounts: Account) -> list[State]:
    return [bot.read(account).state for account in accounts]


def told(bot: FastBot, channel: str = ACME) -> list[Posted]:
    """The messages that say so."""
    return [each for each in bot.posted(channel) if "has approved Maildesk for" in each.words]


def test_an_approval_is_found_within_minutes_and_the_card_says_since_when(absent: FastBot) -> None:
    bot = absent
    account = waiting(bot, "Info")
    assert states(bot, account) == [State.AWAITING_ADMIN]

    bot.clock.at += 3 * MINUTES
    approve(bot)
    bot.live(3 * MINUTES)

    account = bot.read(account)
    assert (account.state, account.owner) == (State.AWAITING_SIGN_IN, Owner.USER)
    card = bot.views.accounts.card(account.id)
    assert card.approved is not None and card.approved.proved
    assert "An administrator has approved Maildesk" in bot.card(account)
    buttons = [b for block in account_card(card).blocks for b in block.get("elements", [])]
    first = next(each for each in buttons if each["type"] == "button")
    assert (first["text"]["text"], first["style"]) == ("Sign in to Microsoft", "primary")


def test_all_accounts_of_the_organisation_go_on_and_one_message_says_so(absent: FastBot) -> None:
    bot = absent
    accounts = [waiting(bot, f"Box {number}") for number in range(3)]
    bore = bot.customer("Borealis", "C0BORE")
    theirs = waiting(bot, channel=bore, address="nora@borealis.example")
    approve(bot)
    bot.live(5 * MINUTES)

    assert set(states(bot, *accounts)) == {State.AWAITING_SIGN_IN}
    assert states(bot, theirs) == [State.AWAITING_ADMIN], "another organisation's is their own"
    (message,) = told(bot)
    assert f"<@{CAROL.user}>" in message.text + message.words
    assert "3 mailboxes can sign in now: Box 0, Box 1, Box 2" in message.words
    assert told(bot, "C0BORE") == []


def test_who_signs_in_then_leaves_the_message(absent: FastBot) -> None:
    bot = absent
    one, other = waiting(bot, "Info"), waiting(bot, "Sales")
    approve(bot)
    bot.live(5 * MINUTES)

    bot.sign_in(one)
    bot.run_due()
    (message,) = told(bot)
    assert "sign in to *Sales*" in message.words and "One mailbox has signed in" in message.words
    bot.sign_in(other)
    bot.live(MINUTES)
    (message,) = told(bot)
    assert "*Next:*" not in message.words and "2 mailboxes have signed in" in message.words


def test_what_was_there_before_proves_nothing(bot: FastBot) -> None:
    bot.microsoft.installed = {TENANT: True}
    account = waiting(bot)
    bot.live(days(2))

    assert states(bot, account) == [State.AWAITING_ADMIN]
    assert bot.microsoft.looks == [TENANT], "and is not asked for again"


def test_somebody_who_brought_us_in_by_their_own_sign_in_proves_nothing(absent: FastBot) -> None:
    bot = absent
    account = waiting(bot)
    bot.clock.at += MINUTES
    bot.sign_in(bot.account(address="adam@acme.example"))
    approve(bot)
    bot.live(hours(2))

    assert states(bot, account) == [State.AWAITING_ADMIN]


def test_an_organisation_that_becomes_known_meanwhile_is_asked_on(absent: FastBot) -> None:
    bot = absent
    nobodys = bot.customer("Cygnus", "C0CYGN", domain="none")
    bot.microsoft.installed["cygnus.example"] = False
    account = waiting(bot, channel=nobodys, address="ada@cygnus.example")
    with bot.store.transaction() as tx:
        customer = tx.channels.customer(nobodys.customer_id)
        assert customer.tenant_id == ""
        customer.tenant_id = tenant_of("cygnus.example")
    bot.live(5 * MINUTES)
    bot.microsoft.installed["cygnus.example"] = True
    bot.live(hours(1))

    assert states(bot, account) == [State.AWAITING_SIGN_IN]


def test_who_signs_in_while_microsoft_is_asked_proves_nothing(
    absent: FastBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = absent
    account, other = waiting(bot), bot.account(address="adam@acme.example")
    bot.clock.at += MINUTES
    ask = bot.microsoft.is_in

    def slowly(tenant: str) -> bool | None:
        answer = ask(tenant)
        if len(bot.microsoft.looks) == 2:
            bot.sign_in(other)
            approve(bot)
            bot.clock.at += timedelta(seconds=2)
        return answer

    monkeypatch.setattr(bot.microsoft, "is_in", slowly)
    bot.live(hours(1))

    assert states(bot, account) == [State.AWAITING_ADMIN]


def test_a_sign_in_that_waits_for_a_word_proves_nothing_for_others(absent: FastBot) -> None:
    bot = absent
    nobodys = bot.customer("Cygnus", "C0CYGN", domain="none")
    bot.microsoft.installed["cygnus.example"] = False
    account = waiting(bot, channel=nobodys, address="ada@cygnus.example")
    bot.clock.at += MINUTES
    bot.sign_in(bot.account(channel=nobodys, address="bo@cygnus.example"))
    bot.microsoft.installed["cygnus.example"] = True
    bot.live(hours(1))

    assert states(bot, account) == [State.AWAITING_ADMIN]


def test_a_sign_in_that_works_proves_it_for_those_who_were_refused(bot: FastBot) -> None:
    one, other = waiting(bot, "Info"), waiting(bot, "Sales")
    assigned = refused(bot, bot.account(name="Office"), NOT_ASSIGNED)
    bot.clock.at += MINUTES
    bot.sign_in(one)
    bot.live(MINUTES)

    assert states(bot, other, assigned) == [State.AWAITING_SIGN_IN, State.AWAITING_ADMIN]
    (message,) = told(bot)
    assert "sign in to *Sales*" in message.words


def test_an_administrators_word_goes_for_all_accounts_of_the_organisation(bot: FastBot) -> None:
    one, other = waiting(bot, "Info"), waiting(bot, "Sales")
    bot.clock.at += MINUTES
    (state,) = parse_qs(urlsplit(bot.consent.link(bot.read(one))).query)["state"]
    bot.consent.told({"state": state, "admin_consent": "True", "tenant": TENANT})
    bot.run_due()

    assert states(bot, one, other) == [State.AWAITING_SIGN_IN, State.AWAITING_SIGN_IN]
    assert not told(bot), "it is a word"
    (message,) = [
        each for each in bot.posted() if "says that Maildesk has been approved" in each.text
    ]
    assert "2 mailboxes can sign in now" in message.words
    assert "That proves it" in bot.card(other)


def test_a_sign_in_of_another_mailbox_proves_nothing_for_others(absent: FastBot) -> None:
    bot = absent
    account, other = waiting(bot), bot.account(address="adam@acme.example")
    bot.clock.at += MINUTES
    with pytest.raises(SignInRefused):
        bot.sign_in(other, "else@acme.example")
    approve(bot)
    bot.live(hours(1))

    assert states(bot, account) == [State.AWAITING_ADMIN]


def test_a_mailbox_whose_own_permission_waits_for_it_is_tested(absent: FastBot) -> None:
    bot = absent
    account = bot.account(State.LIVE)
    bot.expire_token(account)
    bot.microsoft.refusal = {"error": "unauthorized_client", "error_codes": [7000229]}
    bot.services.checks.start(account.id, CAROL)
    bot.run_due()
    assert states(bot, account) == [State.BROKEN]
    bot.services.approvals.asked(account.id)
    bot.run_due()
    bot.clock.at += MINUTES
    bot.microsoft.refusal = None
    bot.live(5 * MINUTES)

    assert states(bot, account) == [State.LIVE]


def test_microsoft_is_asked_closely_then_hourly_for_a_day(absent: FastBot) -> None:
    bot = absent
    waiting(bot, "Info"), waiting(bot, "Sales")
    bot.live(days(3))

    assert len(bot.microsoft.looks) <= len(LOOKS) + 2
    assert set(bot.microsoft.looks) == {TENANT}
    with bot.store.transaction() as tx:
        assert tx.approvals.watched(bot.acme.customer_id, TENANT) is None


def test_who_opens_what_is_forwarded_has_microsoft_asked_again(absent: FastBot) -> None:
    bot = absent
    account = waiting(bot)
    bot.live(days(3))
    approve(bot)
    bot.live(hours(5))
    assert states(bot, account) == [State.AWAITING_ADMIN], "nobody looks any more"

    bot.microsoft.installed[TENANT] = False
    bot.services.approvals.asked(account.id)
    bot.run_due()
    bot.clock.at += MINUTES
    approve(bot)
    bot.live(3 * MINUTES)
    assert states(bot, account) == [State.AWAITING_SIGN_IN]


def test_nobody_asks_for_an_organisation_that_nobody_waits_for(absent: FastBot) -> None:
    bot = absent
    account = waiting(bot)
    bot.services.accounts.disconnect(account.id, CAROL)
    before = len(bot.microsoft.looks)
    bot.live(days(1))

    assert len(bot.microsoft.looks) == before + 1
    bot.services.approvals.asked(account.id)
    bot.live(days(1))
    assert len(bot.microsoft.looks) == before + 1


def test_while_microsoft_is_silent_the_next_look_comes_all_the_same(absent: FastBot) -> None:
    bot = absent
    account = waiting(bot)
    bot.microsoft.outage = Observation(Where.TOKEN, condition=Condition.TIMEOUT)
    bot.live(5 * MINUTES)
    assert states(bot, account) == [State.AWAITING_ADMIN]

    bot.microsoft.outage = None
    approve(bot)
    bot.live(10 * MINUTES)
    assert states(bot, account) == [State.AWAITING_SIGN_IN]


def test_who_is_refused_again_is_not_told_the_same_again(absent: FastBot) -> None:
    bot = absent
    account = waiting(bot)
    approve(bot)
    bot.live(5 * MINUTES)
    bot.clock.at += hours(1)
    refused(bot, account)
    bot.live(days(1))

    assert states(bot, account) == [State.AWAITING_ADMIN]
    assert len(told(bot)) == 1
    assert [each.notice for each in bot.outbox(ACME)].count(notices.APPROVED) >= 1
