"""Jobs: a failed one is tried again, a taken one is nobody else's, and the same work waits once."""

import pytest

from bot.app.worker import LEASE, MAX_ATTEMPTS
from bot.common.jobs import CheckAccount, Work
from tests.support.fast import FastBot, hours


class Errand(Work):
    """Something to do."""

    kind = "errand"


class Runner:
    """Does errands, of which the first few go wrong."""

    def __init__(self, bot: FastBot, failures: int = 0) -> None:
        self.tried_at: list[float] = []
        self.done = 0
        self._bot = bot
        self._left = failures
        bot.doers.add(Errand, self.do)

    def do(self, errand: Errand) -> None:
        self.tried_at.append((self._bot.now - self._begun).total_seconds())
        if self._left:
            self._left -= 1
            raise RuntimeError("not this time")
        self.done += 1

    def ask(self) -> None:
        self._begun = self._bot.now
        with self._bot.store.transaction() as tx:
            tx.jobs.add(Errand(), self._bot.now)


def claimed(bot: FastBot) -> list[str]:
    """The kinds of the jobs that another worker can take now."""
    with bot.store.transaction() as tx:
        return [job.kind for job in tx.jobs.claim_due(bot.now, 10, LEASE)]


def test_a_job_that_fails_is_tried_again_later_and_done_once(bot: FastBot) -> None:
    runner = Runner(bot, failures=2)
    runner.ask()

    bot.live(hours(1))

    assert (len(runner.tried_at), runner.done) == (3, 1)


def test_each_try_waits_longer_than_the_one_before(bot: FastBot) -> None:
    runner = Runner(bot, failures=MAX_ATTEMPTS)
    runner.ask()
    bot.run_due()

    bot.live(hours(1))
    assert runner.tried_at == [0, 20, 60, 140, 300]


def test_a_job_that_never_works_is_given_up_in_the_end(bot: FastBot) -> None:
    runner = Runner(bot, failures=100)
    runner.ask()
    bot.run_due()

    bot.live(hours(24))
    assert len(runner.tried_at) == MAX_ATTEMPTS
    assert claimed(bot) == []


def test_a_job_that_was_done_is_not_done_again(bot: FastBot) -> None:
    runner = Runner(bot)
    runner.ask()
    bot.run_due()

    bot.live(hours(1))
    assert runner.done == 1


def test_one_jobs_trouble_is_not_the_others(bot: FastBot) -> None:
    broken = Runner(bot, failures=1)
    broken.ask()
    broken.ask()

    bot.run_due()
    assert broken.done == 1


def test_a_job_whose_kind_nobody_knows_does_not_stop_the_worker(bot: FastBot) -> None:
    class Unknown(Work):
        kind = "of a later version"

    with bot.store.transaction() as tx:
        tx.jobs.add(Unknown(), bot.now)
    runner = Runner(bot)
    runner.ask()

    bot.run_due()
    assert runner.done == 1


def test_a_job_that_another_worker_took_is_left_until_its_lease_ends(bot: FastBot) -> None:
    runner = Runner(bot)
    runner.ask()
    assert claimed(bot) == ["errand"]

    bot.run_due()
    assert runner.done == 0
    bot.pass_time(seconds=LEASE.total_seconds() + 1)
    assert runner.done == 1


def test_work_of_the_same_key_waits_once_and_is_moved(bot: FastBot) -> None:
    with bot.store.transaction() as tx:
        tx.jobs.add(CheckAccount(account_id=7, round=1), bot.now)
        tx.jobs.add(CheckAccount(account_id=7, round=2), bot.now + hours(0.05))
        tx.jobs.add(CheckAccount(account_id=8), bot.now)
    assert claimed(bot) == ["connection-check"]

    bot.clock.at += hours(0.05)
    with bot.store.transaction() as tx:
        (job,) = tx.jobs.claim_due(bot.now, 10, LEASE)
    assert job.args == {"account": 7, "round": 2}


@pytest.mark.parametrize(("asked", "due"), [(-1, -1), (1, 0)])
def test_work_that_is_wanted_sooner_is_never_put_off(bot: FastBot, asked: int, due: int) -> None:
    with bot.store.transaction() as tx:
        tx.jobs.add(CheckAccount(account_id=7), bot.now)
        tx.jobs.add(CheckAccount(account_id=7), bot.now + hours(asked), sooner=True)
        assert tx.jobs.next_due() == bot.now + hours(due)


def test_work_that_was_taken_may_be_asked_for_anew(bot: FastBot) -> None:
    with bot.store.transaction() as tx:
        tx.jobs.add(CheckAccount(account_id=7), bot.now)
    assert claimed(bot) == ["connection-check"]

    with bot.store.transaction() as tx:
        tx.jobs.add(CheckAccount(account_id=7), bot.now)
    assert claimed(bot) == ["connection-check"]


def test_work_that_is_cancelled_is_not_done(bot: FastBot) -> None:
    with bot.store.transaction() as tx:
        tx.jobs.add(CheckAccount(account_id=7), bot.now)
        tx.jobs.cancel(CheckAccount(account_id=7))
    assert claimed(bot) == []
