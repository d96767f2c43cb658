"""A worker may be killed at any moment of a connection test: whoever does it again comes to one
result, tells of it once, and leaves nothing behind."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from bot.app.claimed_jobs import LEASE
from bot.common.jobs import RunTest
from storage.tables import Account
from storage.vocabulary import State
from tests.support.fast import ACME, ALERTS, CAROL, FastBot, hours
from tests.support.rows import every

pytestmark = pytest.mark.delivery

MIN_TRANSACTIONS: dict[State | None, int] = {None: 40, State.LIVE: 35}
"""At least so many a test has, with everything around it; with a round trip, and without."""


@contextmanager
def as_it_stood(bot: FastBot) -> Iterator[list[FastBot]]:
    """What whoever comes next finds after a kill at the beginning of each transaction of the block:
    nothing that the process does in it or after it has happened."""
    found: list[FastBot] = []

    def keep(_connection: Any) -> None:
        found.append(bot.copy())

    event.listen(bot.store.engine, "begin", keep)
    try:
        yield found
    finally:
        event.remove(bot.store.engine, "begin", keep)


def asked_for(bot: FastBot, state: State | None) -> Account:
    """An account whose test waits for a worker: with a round trip after a sign-in (no state), else
    one that Carol pressed for."""
    if state is not None:
        account = bot.account(state)
        bot.checks.start(account.id, CAROL)
        return account
    account = bot.account()
    bot.sign_in(account)
    return account


@pytest.mark.parametrize("state", MIN_TRANSACTIONS)
def test_a_kill_between_any_two_steps_is_one_result_told_once(
    bot: FastBot, state: State | None
) -> None:
    bot.slack.scopes.add("channels:history")
    account = asked_for(bot, state)
    with as_it_stood(bot) as found:
        bot.run_due()
    assert len(found) >= MIN_TRANSACTIONS[state]

    @every("number, after", enumerate(found, 1), ids=lambda row: f"killed at {row[0]}")
    def comes_to_one_result(number: int, after: FastBot) -> None:
        check_comes_to_one_result(after, account, state)

    comes_to_one_result()


def check_comes_to_one_result(bot: FastBot, account: Account, state: State | None) -> None:
    """Whoever finds it so runs the test to its end, and tells of it once."""
    bot.clock.at += LEASE * 1.01
    bot.live(hours(0.3))

    after = bot.read(account)
    assert after.state is (State.LIVE if state is State.LIVE else State.UNMAPPED)
    with bot.store.transaction() as tx:
        assert tx.jobs.of_kind(RunTest.kind) == [], "nobody runs it any more"
        assert [test.passed for test in tx.checks.newest(account.id, 10)] == [True]
    mailbox = bot.mailbox(account)
    assert mailbox.sent <= 1 and mailbox.arrived == set()
    assert bot.posted(ALERTS) == [], "a kill is no failure"
    told = [each for each in bot.posted(ACME) if each.text.startswith("Connection test of")]
    assert [each.text.endswith("passed") for each in told] == [True]
    cards = [each for each in bot.posted(ACME) if each.text.startswith(f"{account.name} (")]
    assert len(cards) == 1
