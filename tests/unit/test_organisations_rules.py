"""Which organisations a customer's mailboxes are of: what a form says of an address elsewhere, what
support is asked, and what follows when they allow it."""

from dataclasses import replace
from typing import Any

import pytest

from bot.accounts.organisations import MOST_ASKED
from bot.accounts.service import InvalidForm
from bot.common.people import Person
from bot.common.refusals import Refused
from bot.diagnosis.observation import Condition, Observation, Where
from bot.microsoft.client import MicrosoftUnreachable
from bot.microsoft.identity import PERSONAL_TENANT
from bot.signin.failed import SignInRefused
from bot.views.account_form import Form
from storage.tables import FurtherTenant
from storage.vocabulary import State, TenantStatus
from tests.support.fast import ACME, CAROL, DESK, VERA, FastBot, tenant_of

YARD = "yard.example"
FORM = Form("Yard", "Acme Marine", f"office@{YARD}")


def problems(bot: FastBot, form: Form = FORM, by: Person = CAROL) -> dict[str, str]:
    """What stands at the fields of a form for a new account."""
    try:
        bot.accounts.create(ACME, form, by)
    except InvalidForm as error:
        return error.problems
    return {}


def asked(bot: FastBot) -> list[FurtherTenant]:
    """The further organisations that somebody asked for."""
    with bot.store.transaction() as tx:
        numbers = range(1, 50)
        return [row for row in map(tx.channels.lock_further, numbers) if row is not None]


def told(bot: FastBot) -> list[str]:
    """What support reads of further organisations, each message as it stands."""
    bot.deliver()
    return [each.words for each in bot.posted(DESK) if "wants to connect a mailbox" in each.words]


def silence() -> None:
    """Microsoft does not answer."""
    raise MicrosoftUnreachable(
        Observation(Where.NETWORK, step="token", condition=Condition.TIMEOUT)
    )


# -- what the form says


def test_an_address_of_another_organisation_is_said_in_the_form(bot: FastBot) -> None:
    with pytest.raises(InvalidForm) as refused:
        bot.accounts.create(ACME, FORM, CAROL)

    assert refused.value.problems == {"sender_email": "form.other_organisation"}
    assert refused.value.values == {"domain": YARD, "customer": "Acme Marine"}
    assert bot.accounts_there() == []


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"username": f"carol@{YARD}"}, "username"),
        ({"username": "carol@acme.example", "shared_mailbox": f"all@{YARD}"}, "shared_mailbox"),
        ({"username": f"CAROL@{YARD.upper()}"}, "username"),
    ],
)
def test_it_stands_at_the_field_with_the_address_that_has_to_be_theirs(
    bot: FastBot, changed: dict[str, str], field: str
) -> None:
    form = replace(FORM, sender_email="office@acme.example", **changed)
    assert problems(bot, form) == {field: "form.other_organisation"}


def test_as_whom_mail_is_sent_and_other_names_decide_nothing(bot: FastBot) -> None:
    form = replace(FORM, username="carol@acme.example", aliases=f"c@{YARD}")

    assert problems(bot, form) == {}
    assert bot.microsoft.named == ["acme.example"]


def test_a_domain_in_capitals_is_the_same_one(bot: FastBot) -> None:
    assert problems(bot, replace(FORM, username="CAROL@ACME.example")) == {}
    assert bot.microsoft.named == ["acme.example"]


def test_a_domain_that_microsoft_does_not_know_is_let_through(bot: FastBot) -> None:
    bot.microsoft.unknown_domains = {YARD}
    assert problems(bot) == {}


def test_while_microsoft_does_not_answer_the_sign_in_decides(bot: FastBot) -> None:
    bot.microsoft.on_named = silence
    assert problems(bot) == {}
    assert asked(bot) == []


def test_where_the_organisation_is_not_known_nobody_asks(bot: FastBot) -> None:
    bot.customer("Borealis", "C0BORE", domain="none")
    bot.accounts.create("C0BORE", FORM, CAROL)
    assert bot.microsoft.named == []


def test_a_domain_of_personal_accounts_is_named_as_such_and_support_is_not_asked(
    bot: FastBot,
) -> None:
    bot.microsoft.tenants[YARD] = PERSONAL_TENANT
    assert problems(bot) == {"sender_email": "form.personal_domain"}
    assert asked(bot) == [] and told(bot) == []


def test_microsoft_is_asked_while_nobody_waits_for_the_database(bot: FastBot) -> None:
    def look() -> None:
        with bot.store.transaction() as tx:  # one within another would not begin
            assert tx.channels.get(ACME) is not None

    bot.microsoft.on_named = look
    assert problems(bot) == {"sender_email": "form.other_organisation"}


def test_microsoft_is_asked_once_in_ten_minutes_and_after_silence_soon_again(bot: FastBot) -> None:
    problems(bot)
    bot.pass_time(minutes=9, seconds=59)
    problems(bot)
    assert bot.microsoft.named == [YARD]
    bot.pass_time(seconds=2)
    problems(bot)
    assert bot.microsoft.named == [YARD] * 2


def test_what_microsoft_did_not_answer_is_asked_again_after_half_a_minute(bot: FastBot) -> None:
    bot.microsoft.on_named = silence
    problems(bot)
    bot.microsoft.on_named = lambda: None
    assert problems(bot, replace(FORM, sender_email=f"b@{YARD}")) == {}
    bot.pass_time(seconds=31)
    form = replace(FORM, sender_email=f"c@{YARD}")
    assert problems(bot, form) == {"sender_email": "form.other_organisation"}


# -- an account that is changed


def test_a_change_to_an_address_of_another_organisation_is_said_in_the_form(bot: FastBot) -> None:
    account = bot.account(name="Office")
    form = replace(bot.accounts.form(account.id), sender_email=f"office@{YARD}", username="")

    with pytest.raises(InvalidForm, match="sender_email"):
        bot.accounts.change(account.id, form, CAROL)

    assert bot.read(account).sender_email == account.sender_email


def test_who_has_signed_in_already_is_not_asked_about_when_the_account_gets_another_name(
    bot: FastBot,
) -> None:
    account = bot.account(State.LIVE, address=f"office@{YARD}")
    form = replace(bot.accounts.form(account.id), name="Another name")

    bot.accounts.change(account.id, form, CAROL)

    assert bot.read(account).name == "Another name" and bot.microsoft.named == []


# -- a list


def test_of_a_list_each_mailbox_of_another_organisation_is_left_out_with_the_reason(
    bot: FastBot,
) -> None:
    bot.legacy.import_text(ACME, f"a@acme.example\nb@{YARD}\nc@{YARD}", CAROL)
    batch_id = bot.legacy.begin_batch(ACME, CAROL)
    bot.run_due()

    with bot.store.transaction() as tx:
        batch = tx.legacy.batch(batch_id)
    assert batch is not None
    assert [*batch.failed.values()] == ["old.other_organisation"] * 2
    assert [each.sender_email for each in bot.accounts_there()] == ["a@acme.example"]
    assert len(asked(bot)) == 1 and sorted(bot.microsoft.named) == ["acme.example", YARD]


# -- support is asked


def test_support_is_asked_once_with_both_organisations(bot: FastBot) -> None:
    for _ in range(3):
        problems(bot)

    (further,) = asked(bot)
    assert (further.tenant_id, further.status) == (tenant_of(YARD), TenantStatus.ASKED)
    (message,) = told(bot)
    assert tenant_of(YARD) in message and tenant_of("acme.example") in message
    assert "Allow this organisation too" in message and f"<@{CAROL.user}>" in message
    assert [entry.user for entry in bot.audited("organisation.asked")] == [CAROL.user]


@pytest.mark.attacks
def test_who_types_address_after_address_asks_support_ten_times(bot: FastBot) -> None:
    said = [problems(bot, replace(FORM, sender_email=f"a@d{n}.example")) for n in range(14)]

    assert said[MOST_ASKED - 1] == {"sender_email": "form.other_organisation"}
    assert said[MOST_ASKED] == {"sender_email": "form.other_organisation_many"}
    assert len(asked(bot)) == len(told(bot)) == MOST_ASKED


def test_another_customer_has_a_question_of_their_own(bot: FastBot) -> None:
    bot.customer("Beta", "C0BETA")
    problems(bot)
    with pytest.raises(InvalidForm):
        bot.accounts.create("C0BETA", FORM, CAROL)

    assert len(asked(bot)) == 2
    bot.organisations.allow(1, VERA)
    with pytest.raises(InvalidForm):
        bot.accounts.create("C0BETA", FORM, CAROL)


# -- support answers


def allowed(bot: FastBot) -> int:
    """A second organisation of Acme's that support has allowed."""
    problems(bot)
    (further,) = asked(bot)
    bot.organisations.allow(further.id, VERA)
    return further.id


def test_a_second_organisation_that_support_allowed_works_to_the_end(bot: FastBot) -> None:
    allowed(bot)

    assert problems(bot) == {}
    (account,) = bot.accounts_there()
    signed_in = bot.sign_in(account)

    assert signed_in.held_for == ""
    assert bot.read(account).tenant_id == tenant_of(YARD)
    assert "organisation.allowed_too" in bot.told(ACME)
    assert "Allowed" in told(bot)[0] and "Allow this organisation too" not in told(bot)[0]
    (entry,) = bot.audited("organisation.allowed")
    assert (entry.user, entry.detail["tenant"]) == (VERA.user, tenant_of(YARD))


def test_an_organisation_that_support_refused_is_told_once_and_said_at_once_from_then_on(
    bot: FastBot,
) -> None:
    problems(bot)
    (further,) = asked(bot)
    bot.organisations.refuse(further.id, VERA)

    assert bot.told(ACME).count("organisation.refused_too") == 1
    assert "*Refused* by <@U0VERA>" in told(bot)[0]
    assert problems(bot) == {"sender_email": "form.other_organisation_refused"}
    assert len(told(bot)) == 1, "support is not asked again"
    with pytest.raises(Refused):
        bot.organisations.refuse(further.id, VERA)

    bot.organisations.allow(further.id, VERA)
    assert problems(bot) == {}


def test_the_first_organisation_stays_the_customers(bot: FastBot) -> None:
    allowed(bot)
    account = bot.account()
    bot.sign_in(account)
    assert bot.read(account).tenant_id == tenant_of("acme.example")


def test_a_third_organisation_is_none_of_theirs(bot: FastBot) -> None:
    allowed(bot)
    with pytest.raises(SignInRefused):
        bot.sign_in(bot.account(address="a@third.example"))


def test_an_organisation_that_was_only_asked_for_signs_nobody_in(bot: FastBot) -> None:
    problems(bot)
    with pytest.raises(SignInRefused):
        bot.sign_in(bot.account(address=FORM.sender_email))


def test_what_is_taken_back_is_asked_about_as_before(bot: FastBot) -> None:
    further = allowed(bot)
    bot.organisations.take_back(further, VERA)

    assert problems(bot) == {"sender_email": "form.other_organisation"}
    with pytest.raises(SignInRefused):
        bot.sign_in(bot.account(address=FORM.sender_email))
    assert "Allow this organisation too" in told(bot)[0]


@pytest.mark.attacks
@pytest.mark.parametrize("answer", ["allow", "take_back"])
def test_a_question_that_nobody_asked_is_not_answered(bot: FastBot, answer: str) -> None:
    method: Any = getattr(bot.organisations, answer)
    for number in (0, -1, 7, 2**31 - 1):
        with pytest.raises(Refused, match=r"organisation\.answered"):
            method(number, VERA)


def test_a_question_is_answered_once(bot: FastBot) -> None:
    further = allowed(bot)
    with pytest.raises(Refused, match=r"organisation\.answered"):
        bot.organisations.allow(further, VERA)
    assert bot.told(ACME).count("organisation.allowed_too") == 1


def test_an_administrator_of_the_second_organisation_may_approve(bot: FastBot) -> None:
    allowed(bot)
    account = bot.account(State.AWAITING_ADMIN, address=FORM.sender_email)
    link = bot.consent.link_for(account.id)
    answer = {"state": link.rpartition("state=")[2], "admin_consent": "True"}

    assert bot.consent.told(answer | {"tenant": tenant_of(YARD)}) is None
    assert bot.read(account).state is State.AWAITING_SIGN_IN


def test_what_was_held_before_the_customer_was_bound_is_confirmed_once_it_is_allowed(
    bot: FastBot,
) -> None:
    channel = bot.customer("Borealis", "C0BORE", domain="none")
    own = bot.account(channel=channel, address="a@borealis.example")
    yard = bot.account(channel=channel, address=FORM.sender_email)
    bot.sign_in(yard)
    bot.sign_in(own)
    bot.signin.confirm(own.id, VERA, support=True)
    with pytest.raises(Refused, match=r"organisation\.other"):
        bot.signin.confirm(yard.id, VERA, support=True)

    with pytest.raises(InvalidForm):
        bot.accounts.create("C0BORE", replace(FORM, sender_email=f"new@{YARD}"), CAROL)
    bot.organisations.allow(1, VERA)
    bot.signin.confirm(yard.id, VERA, support=True)

    assert bot.read(yard).tenant_id == tenant_of(YARD)
    with bot.store.transaction() as tx:
        assert tx.channels.customer(channel.customer_id).tenant_id == tenant_of("borealis.example")


def test_a_channel_that_gets_another_id_keeps_its_question(bot: FastBot) -> None:
    problems(bot)
    bot.customers.renumber(ACME, "C0NEWID")
    bot.organisations.allow(1, VERA)
    assert "organisation.allowed_too" in bot.told("C0NEWID")
