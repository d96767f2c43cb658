"""What the product met at a mailbox: kept, taken as a sign of trouble, and tested by us."""

from datetime import timedelta

import pytest

from bot.checks.met import MOST_AN_HOUR, Heard, MetTooOften
from bot.common.people import Person
from bot.diagnosis.observation import Observation, Where
from storage.tables import Account, Attempt, Failure
from storage.vocabulary import AttemptStatus, Deed, FailureStatus, State, StepId
from tests.support.fast import ALERTS, SENDING_IS_OFF, FastBot

pytestmark = pytest.mark.api

PRODUCT = Person("", "api-key:lumen", "api")
OFF = (
    "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox"
)
BUSY = "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded"
ODD = "smtp: 550 5.99.99 The frobnicator of this mailbox is out of frobs today"


def hear(bot: FastBot, account: Account, text: str) -> Heard:
    """The product met this at an account."""
    seen = bot.services.met.read(text)
    with bot.store.transaction() as tx:
        return bot.services.met.hear_in(tx, tx.accounts.lock(account.id), seen, PRODUCT)


def count_tests(bot: FastBot) -> int:
    """How many tests run now, to their end."""
    before = len(bot.mail.targets)
    bot.run_due()
    return len(bot.mail.targets) - before


def kept(bot: FastBot, heard: Heard) -> Failure:
    """The failure that was kept of it, as it stands now."""
    assert heard.recorded is not None
    with bot.store.transaction() as tx:
        failure = tx.failures.get(heard.recorded.failure.ref)
    assert failure is not None
    return failure


def test_what_the_product_met_is_explained_and_kept_and_the_account_tested(bot: FastBot) -> None:
    account = bot.account(State.LIVE)

    heard = hear(bot, account, f"Could not send: {OFF}")

    assert heard.recorded is not None
    assert heard.recorded.verdict.cause == "smtp-auth-off-mailbox"
    assert heard.retest_at == bot.now
    assert kept(bot, heard).account_id == account.id
    [entry] = bot.audited("trouble.met")
    assert (entry.subject, entry.detail["error"]) == (account.ref, heard.recorded.failure.ref)
    assert count_tests(bot) == 1


def test_nothing_is_broken_by_hearsay_and_what_our_test_disproves_is_gone(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    bot.run_due()
    before = bot.told()

    heard = hear(bot, account, OFF)
    assert bot.read(account).state is State.LIVE
    assert bot.told(ALERTS) == []
    bot.pass_time(seconds=10)

    assert kept(bot, heard).status is FailureStatus.GONE
    assert bot.read(account).state is State.LIVE
    assert bot.told() == before


def test_what_our_test_meets_too_is_told_as_ever(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    refusal = Observation(Where.SMTP, step=StepId.SMTP_AUTH, **SENDING_IS_OFF)
    bot.mailbox(account).faults[StepId.SMTP_AUTH] = refusal

    heard = hear(bot, account, OFF)
    bot.live(timedelta(minutes=5))

    assert bot.read(account).state is State.BROKEN
    assert kept(bot, heard).status is FailureStatus.AT_WORK
    assert heard.recorded is not None
    assert heard.recorded.failure.ref in bot.card(account)


def test_a_text_that_means_nothing_has_the_account_tested_all_the_same(bot: FastBot) -> None:
    account = bot.account(State.LIVE)

    heard = hear(bot, account, "it does not work")

    assert heard == Heard(None, bot.now)
    assert count_tests(bot) == 1


def test_a_reply_that_nobody_knows_is_counted_for_on_call(bot: FastBot) -> None:
    account = bot.account(State.LIVE)

    heard = hear(bot, account, ODD)

    assert heard.recorded is not None
    assert heard.recorded.verdict.cause.startswith("unknown")
    with bot.store.transaction() as tx:
        assert tx.unexplained.new_at(account.id, bot.now - timedelta(days=1)) == 1


def test_where_microsoft_had_enough_it_is_left_alone_for_a_while(bot: FastBot) -> None:
    account = bot.account(State.LIVE)

    heard = hear(bot, account, BUSY)

    assert heard.retest_at is not None
    assert (heard.retest_at - bot.now).total_seconds() == 30 * 60
    assert count_tests(bot) == 0


def test_what_may_be_shared_has_its_neighbours_looked_at(bot: FastBot) -> None:
    account = bot.account(State.LIVE, address="one@acme.example")
    other = bot.account(State.LIVE, address="two@acme.example")
    bot.found(account, other)
    bot.clock.at += timedelta(minutes=1)

    hear(bot, account, "AADSTS7000215: Invalid client secret provided.")

    with bot.store.transaction() as tx:
        due = [each.account_id for each in tx.watches.due(bot.now, 10, set())]
    assert due == [other.id]


@pytest.mark.parametrize(
    ("state", "tested"),
    [(State.FAILING, 1), (State.UNMAPPED, 1), (State.BROKEN, 1), (State.TESTING, 0)],
)
def test_only_what_is_not_tested_now_is_tested(bot: FastBot, state: State, tested: int) -> None:
    account = bot.account(state)

    heard = hear(bot, account, OFF)

    assert (heard.retest_at is not None) is bool(tested)
    assert heard.recorded is not None


def test_it_is_heard_so_often_an_hour(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    other = bot.account(State.LIVE)
    for _ in range(MOST_AN_HOUR):
        hear(bot, account, "nothing")

    with pytest.raises(MetTooOften) as refused:
        hear(bot, account, "nothing")
    assert (refused.value.until - bot.now).total_seconds() == 3600
    hear(bot, other, "nothing")
    bot.clock.at = refused.value.until
    assert hear(bot, account, "nothing").recorded is None


def test_what_was_done_is_not_in_vain_by_hearsay(bot: FastBot) -> None:
    account = bot.account(State.BROKEN)
    heard = hear(bot, account, OFF)
    failure = kept(bot, heard)
    done = Attempt(
        account_id=account.id,
        failure_ref=failure.ref,
        cause=failure.cause,
        deed=Deed.CHANGE,
        customers=True,
        by_team="T0ACME",
        by_user="U0CAROL",
        made_at=bot.now - timedelta(days=1),
    )
    with bot.store.transaction() as tx:
        tx.session.add(done)

    hear(bot, account, OFF)

    with bot.store.transaction() as tx:
        assert tx.session.get_one(Attempt, done.id).outcome is AttemptStatus.WAITING


def test_what_is_planted_as_a_secret_is_not_kept(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    token = "eyJ0eXAiOiJKV1QiLCJub25jZSI6InBsYW50ZWQifQ.eyJwbGFudGVkIjoicGxhbnRlZCJ9.cGxhbnRlZHBsYW50ZWQ"

    heard = hear(bot, account, f"AUTH XOAUTH2 user=a auth=Bearer {token} {OFF} Bearer {token}")

    failure = kept(bot, heard)
    assert "eyJ0" not in str(failure.observation)
