"""Microsoft does not know our application (AADSTS700016): of the whole registration, or of one
organisation that removed it, is told by whether other customers' mailboxes sign in."""

from bot.diagnosis.observation import Observation, Where
from storage.tables import Account, Channel, Failure
from storage.vocabulary import Owner, State
from tests.support.fast import CAROL, FastBot, days

UNKNOWN_HERE = Observation(
    Where.TOKEN,
    step="token",
    error="unauthorized_client",
    codes=(700016,),
    text="AADSTS700016: Application was not found in the directory 'Acme'.",
)


def fails(bot: FastBot, account: Account) -> Failure:
    """The account's sign-in is answered so."""
    with bot.store.transaction() as tx:
        held = tx.accounts.lock(account.id)
        return bot.services.failures.record(tx, UNKNOWN_HERE, held).failure


def alerts(bot: FastBot) -> list[str]:
    """The causes of which on-call is told."""
    with bot.store.transaction() as tx:
        return [incident.cause for incident in tx.incidents.all_open()]


def borealis(bot: FastBot) -> Channel:
    """Another customer."""
    return bot.customer("Borealis", "C0BOREALIS")


def passes(bot: FastBot, account: Account) -> None:
    """A test of the account passes."""
    with bot.store.transaction() as tx:
        bot.checks.request(tx, tx.accounts.lock(account.id), CAROL)
    bot.run_due()


def test_where_nobody_elses_sign_in_is_known_to_work_it_may_be_our_registration(
    bot: FastBot,
) -> None:
    failure = fails(bot, bot.account(State.LIVE))
    assert (failure.cause, failure.owner) == ("application-unknown", Owner.ON_CALL)
    assert alerts(bot) == ["application-unknown"]


def test_where_other_customers_sign_in_it_is_that_organisations(bot: FastBot) -> None:
    passes(bot, bot.account(State.LIVE, channel=borealis(bot)))
    failure = fails(bot, bot.account(State.LIVE))
    assert (failure.cause, failure.owner) == ("service-principal-missing", Owner.ADMINISTRATOR)
    assert alerts(bot) == []


def test_a_test_of_the_same_customer_says_nothing(bot: FastBot) -> None:
    passes(bot, bot.account(State.LIVE, name="Works"))
    assert fails(bot, bot.account(State.LIVE)).cause == "application-unknown"


def test_a_test_of_long_ago_says_nothing(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    passes(bot, bot.account(State.LIVE, channel=borealis(bot)))
    bot.clock.at += days(2)
    assert fails(bot, account).cause == "application-unknown"


def test_two_customers_who_have_it_are_not_to_blame(bot: FastBot) -> None:
    other = borealis(bot)
    passes(bot, bot.account(State.LIVE, channel=other, name="Works"))
    passes(bot, bot.account(State.LIVE, channel=bot.customer("Cinder", "C0CINDER")))
    assert fails(bot, bot.account(State.LIVE)).cause == "service-principal-missing"
    assert fails(bot, bot.account(State.LIVE, channel=other)).cause == "application-unknown"
    assert alerts(bot) == ["application-unknown"]
