"""A worker may be killed at any moment of a connection test: whoever does it again comes to one
result, tells of it once, and leaves nothing behind."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from sqlalchemy import event

from bot.app.worker import LEASE
from bot.common.jobs import RunTest
from storage.tables import Account
from storage.vocabulary import State
from tests.support.fast import ACME, ALERTS, CAROL, FastBot, hours

pytestmark = pytest.mark.delivery

TRANSACTIONS: dict[State | None, int] = {None: 54, State.LIVE: 47}
"""How many a test has, with everything around it; with a round trip, and without."""


class Killed(BaseException):
    """The worker is gone."""


@contextmanager
def killed_at(bot: FastBot, number: int) -> Iterator[list[str]]:
    """The process is killed when it begins its so-many-th transaction: it does no more after it."""
    begun: list[str] = []

    def count(conn: Any) -> None:
        begun.append("one")
        if len(begun) >= number:
            raise Killed

    event.listen(bot.store.engine, "begin", count)
    try:
        yield begun
    finally:
        event.remove(bot.store.engine, "begin", count)


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


@pytest.mark.parametrize(
    ("state", "number"),
    [(state, number) for state, most in TRANSACTIONS.items() for number in range(1, most + 1)],
)
def test_a_kill_between_any_two_steps_is_one_result_told_once(
    bot: FastBot, state: State | None, number: int
) -> None:
    bot.slack.scopes.add("channels:history")
    account = asked_for(bot, state)
    with killed_at(bot, number), suppress(Killed):
        bot.run_due()
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


@pytest.mark.parametrize("state", TRANSACTIONS)
def test_every_transaction_of_a_test_is_tried(bot: FastBot, state: State | None) -> None:
    asked_for(bot, state)
    with killed_at(bot, 1000) as begun:
        bot.run_due()
    assert len(begun) <= TRANSACTIONS[state], "there are more by now: try them, too"
