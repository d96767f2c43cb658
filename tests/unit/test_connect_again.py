"""*Connect again* on an account whose address another one has by now: a plain answer, privately,
with the ID of the account that is in use."""

import pytest

from bot.common.refusals import Refused
from bot.views.account_form import Form
from bot.views.accounts import AccountView
from handlers.text.words import say
from storage.accounts import AccountRepository
from storage.tables import Account
from storage.vocabulary import State
from tests.support.fast import ACME, CAROL, VERA, FastBot
from tests.support.fast_ports import tenant_of

pytestmark = pytest.mark.field

STATES = (State.AWAITING_SIGN_IN, State.UNMAPPED, State.LIVE, State.BROKEN)


def added(bot: FastBot, address: str) -> AccountView:
    """A new account of this address."""
    form = Form(name="Office again", sender_name="Acme", sender_email=address)
    return bot.accounts.create(ACME, form, CAROL)


def gone(bot: FastBot, state: State = State.LIVE, address: str = "office@acme.example") -> Account:
    """An account that was disconnected."""
    account = bot.account(state, address=address, name="Office")
    bot.accounts.disconnect(account.id, CAROL)
    return account


def refusal(bot: FastBot, account: Account) -> Refused:
    """How *Connect again* is answered."""
    with pytest.raises(Refused) as refused:
        bot.accounts.renew_link(account.id, CAROL)
    return refused.value


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(
    "typed", ["office@acme.example", "OFFICE@acme.example", "<office@acme.example>"]
)
def test_the_account_in_use_is_named(bot: FastBot, state: State, typed: str) -> None:
    account = gone(bot, state)
    in_use = added(bot, typed)
    no = refusal(bot, account)
    assert in_use.ref in say(no.sentence, **no.values)
    assert bot.read(account).state is State.DISCONNECTED
    assert bot.read(account).address_key is None


def test_an_address_of_another_script_is_named_as_it_is_written(bot: FastBot) -> None:
    bot.microsoft.tenants["xn--mller-werft-thb.example"] = tenant_of("acme.example")
    account = gone(bot, address="info@xn--mller-werft-thb.example")
    added(bot, "info@müller-werft.example")
    assert refusal(bot, account).values["address"] == "info@müller-werft.example"


def test_asking_again_is_answered_again(bot: FastBot) -> None:
    account = gone(bot)
    in_use = added(bot, "office@acme.example")
    for _ in range(3):
        assert refusal(bot, account).values["ref"] == in_use.ref


def test_once_the_other_one_is_gone_too_each_may_come_back_alone(bot: FastBot) -> None:
    account = gone(bot)
    in_use = added(bot, "office@acme.example")
    bot.accounts.disconnect(in_use.id, CAROL)
    bot.accounts.renew_link(account.id, CAROL)
    assert bot.read(account).state is State.AWAITING_SIGN_IN
    with pytest.raises(Refused) as refused:
        bot.accounts.renew_link(in_use.id, VERA)
    assert refused.value.values["ref"] == account.ref


def test_another_customers_account_of_the_address_is_in_nobodys_way(bot: FastBot) -> None:
    other = bot.customer("Beta Boats", "C0BETA", "acme.example")
    account = gone(bot)
    bot.accounts.create(other.id, Form("Office", "Beta", "office@acme.example"), CAROL)
    bot.accounts.renew_link(account.id, CAROL)
    assert bot.read(account).state is State.AWAITING_SIGN_IN


def test_who_is_overtaken_in_the_same_moment_reads_the_same(
    bot: FastBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = gone(bot)
    in_use = added(bot, "office@acme.example")
    with_address = AccountRepository.with_address
    looks = iter([None])

    def looked(self: AccountRepository, customer: int, address: str) -> Account | None:
        """Not there yet at the first look."""
        return next(looks, with_address(self, customer, address))

    monkeypatch.setattr(AccountRepository, "with_address", looked)
    assert refusal(bot, account).values["ref"] == in_use.ref


def test_with_another_address_it_comes_back(bot: FastBot) -> None:
    account = gone(bot)
    added(bot, "office@acme.example")
    form = Form("Office", "Acme", "post@acme.example")
    bot.accounts.change(account.id, form, CAROL)
    bot.accounts.renew_link(account.id, CAROL)
    assert bot.read(account).state is State.AWAITING_SIGN_IN
