"""No account stays in testing without a test that somebody runs: kills and errors are told apart,
what cannot be run ends as ours, and what was left is gone on with."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from bot.app.claimed_jobs import LEASE
from bot.app.worker import MAX_ATTEMPTS, MAX_BEGUN
from bot.common.jobs import RunTest
from bot.common.people import MAILDESK
from storage.database import Transaction
from storage.tables import Account, ConnectionTest
from storage.vocabulary import Owner, State
from tests.support.fast import ACME, ALERTS, CAROL, FastBot, hours

pytestmark = pytest.mark.delivery

WAITING = 200
"""So many messages are so many that PostgreSQL does not rather read all of them."""


def begin(bot: FastBot, state: State = State.UNMAPPED) -> Account:
    """An account whose test somebody has asked for, and that no worker has taken yet."""
    account = bot.account(state)
    bot.checks.start(account.id, CAROL)
    return account


def killed(bot: FastBot, times: int) -> None:
    """Workers that take what is due and are killed, one after the other."""
    for _ in range(times):
        with bot.store.transaction() as tx:
            assert tx.jobs.claim_due(bot.now, 10, LEASE)
        bot.clock.at += LEASE * 1.01


@contextmanager
def failing(bot: FastBot, account: Account, times: int) -> Iterator[None]:
    """The next attempts at the account's test end in an error of ours."""
    left = [None] * times

    def fail() -> None:
        if left:
            left.pop()
            raise RuntimeError("of our own")

    bot.mailbox(account).on_probe = fail
    yield
    bot.mailbox(account).on_probe = lambda: None


def jobs_of(bot: FastBot) -> int:
    with bot.store.transaction() as tx:
        return len(tx.jobs.of_kind(RunTest.kind))


def results_of(bot: FastBot, account: Account) -> list[ConnectionTest]:
    with bot.store.transaction() as tx:
        return tx.checks.newest(account.id, 10)


def test_four_kills_and_one_error_end_in_a_result(bot: FastBot) -> None:
    account = begin(bot)
    killed(bot, 4)
    with failing(bot, account, 1):
        bot.run_due()
    assert bot.read(account).state is State.UNMAPPED
    bot.live(hours(0.2))

    assert [test.passed for test in results_of(bot, account)] == [True]
    assert jobs_of(bot) == 0
    assert bot.posted(ALERTS) == []


def test_many_kills_alone_end_in_a_result_too(bot: FastBot) -> None:
    account = begin(bot, State.FAILING)
    killed(bot, 12)
    bot.run_due()

    assert bot.read(account).state is State.UNMAPPED
    assert bot.posted(ALERTS) == []


@pytest.mark.parametrize("state", [State.FAILING, State.UNMAPPED, State.LIVE, State.BROKEN])
def test_a_test_that_cannot_be_run_ends_as_ours_and_another_is_planned(
    bot: FastBot, state: State
) -> None:
    account = begin(bot, state)
    with failing(bot, account, MAX_ATTEMPTS):
        bot.live(hours(0.11))
        (test,) = results_of(bot, account)
        assert test.passed is False
        after = bot.read(account)
        assert after.state in (State.FAILING, State.BROKEN)
        assert after.owner is Owner.ON_CALL, "no customer is asked to mend it"
        assert "Error ID" in "".join(m.words for m in bot.posted(ALERTS))

    bot.live(hours(0.5))
    assert results_of(bot, account)[0].passed is True
    assert bot.read(account).state in (State.UNMAPPED, State.LIVE)


def test_a_test_that_kills_every_worker_stops_doing_so(bot: FastBot) -> None:
    account = begin(bot, State.FAILING)
    killed(bot, MAX_BEGUN)
    bot.mailbox(account).probes = 0
    bot.run_due()

    assert bot.mailbox(account).probes == 0
    assert bot.read(account).owner is Owner.ON_CALL
    assert bot.read(account).state is State.FAILING


def test_a_test_without_a_job_is_gone_on_with(bot: FastBot) -> None:
    account = begin(bot, State.FAILING)
    with bot.store.transaction() as tx:
        for job in tx.jobs.of_kind(RunTest.kind):
            tx.jobs.done(job)
    assert bot.read(account).state is State.TESTING

    bot.pass_time(minutes=6)
    assert bot.read(account).state is State.UNMAPPED
    assert len(results_of(bot, account)) == 1


def test_a_test_that_somebody_runs_just_now_is_left_alone(bot: FastBot) -> None:
    account = begin(bot, State.FAILING)
    with bot.store.transaction() as tx:
        tx.jobs.claim_due(bot.now, 10, LEASE)
    bot.clock.at += LEASE / 2

    assert bot.checks.look_after_left() == 0
    assert jobs_of(bot) == 1
    assert bot.read(account).state is State.TESTING


def test_a_left_test_behind_a_newer_one_is_not_run(bot: FastBot) -> None:
    account = bot.account(State.UNMAPPED)
    with bot.store.transaction() as tx:
        left = tx.checks.add(ConnectionTest(account_id=account.id, started_at=bot.now))
        bot.clock.at += hours(7)
        bot.checks.request(tx, tx.accounts.lock(account.id), MAILDESK)
    bot.run_due()
    bot.pass_time(minutes=6)

    with bot.store.transaction() as tx:
        assert tx.checks.get(left.id).finished_at is not None
    assert len(results_of(bot, account)) == 1, "it has no result"


def plan_of(tx: Transaction, look: str, values: Any) -> str:
    """How the database would go about a question, if its tables were not as small as here."""
    connection = tx.session.connection()
    if connection.dialect.name == "sqlite":
        return str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {look}", values).all())
    connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    return str(connection.exec_driver_sql(f"EXPLAIN {look}", values).all())


def test_what_is_rare_is_found_without_reading_everything_else(bot: FastBot) -> None:
    """Every few minutes somebody looks for unfinished tests and for messages that were given up,
    among all that ever were."""
    asked: list[tuple[str, Any]] = []
    event.listen(
        bot.store.engine,
        "before_cursor_execute",
        lambda conn, cursor, statement, values, *_: asked.append((statement, values)),
    )
    with bot.store.transaction() as tx:
        tx.checks.unfinished(bot.now)
        tx.outbox.revive_given_up(bot.now, bot.now, bot.now)
        looks = [each for each in asked if each[0].startswith("SELECT")]
        plans = [plan_of(tx, look, values) for look, values in looks]
    assert len(plans) == 2
    assert "ix_connectiontest_unfinished" in plans[0]
    assert "ix_outboxitem_given_up" in plans[1]


def test_a_message_that_waits_is_found_without_reading_what_it_showed_before(bot: FastBot) -> None:
    """A card is shown anew for years, and each time a message is taken to be sent, what waits under
    its key is looked for, beside what waits under others'."""
    with bot.store.transaction() as tx:
        for number in range(WAITING):
            tx.outbox.show(ACME, f"card:{number}", "note", {"sentence": "x"}, bot.now)
        if tx.session.connection().dialect.name == "postgresql":
            tx.session.connection().exec_driver_sql("ANALYZE outboxitem")
    asked: list[tuple[str, Any]] = []
    event.listen(
        bot.store.engine,
        "before_cursor_execute",
        lambda conn, cursor, statement, values, *_: asked.append((statement, values)),
    )
    with bot.store.transaction() as tx:
        tx.outbox.knows("card:MB-1")
        (look,) = [each for each in asked if "done_at IS NULL" in each[0]]
        assert "ix_outboxitem_waits_by_key" in plan_of(tx, *look)
