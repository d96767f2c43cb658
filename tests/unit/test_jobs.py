"""Jobs: a failed one is tried again, a taken one is nobody else's, the same work waits once, and
one lane leaves room for the others."""

import pytest
from sqlalchemy import event
from sqlmodel import select

from bot.app.worker import LEASE, MAX_ATTEMPTS
from bot.common.jobs import CheckAccount, HandleEvent, RunTest, Work
from storage.jobs import MAX_IN_LANE
from storage.tables import Job
from storage.vocabulary import State
from tests.support.fast import ACME, CAROL, FastBot, hours


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
        tx.jobs.add(CheckAccount(account_id=7, awaited=True), bot.now)
        tx.jobs.add(CheckAccount(account_id=7), bot.now + hours(0.05))
        tx.jobs.add(CheckAccount(account_id=8), bot.now)
    assert claimed(bot) == ["connection-check"]

    bot.clock.at += hours(0.05)
    with bot.store.transaction() as tx:
        (job,) = tx.jobs.claim_due(bot.now, 10, LEASE)
    assert job.args == {"account": 7} and job.awaited


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


# -- whose turn it is


class Chore(Work):
    """Something to do for somebody."""

    kind = "chore"
    whose: str
    number: int = 0

    @property
    def lane(self) -> str:
        """Everybody has their own."""
        return self.whose


def asked(bot: FastBot, *works: Work) -> None:
    """These are due, the first since longest."""
    with bot.store.transaction() as tx:
        for number, work in enumerate(works):
            tx.jobs.add(work, bot.now - hours(1) + hours(number / 10_000))


def chores(whose: str, count: int) -> list[Chore]:
    return [Chore(whose=whose, number=number) for number in range(count)]


def taken(bot: FastBot, limit: int = 10, kept: int = 0) -> list[Job]:
    """What one more worker takes now."""
    with bot.store.transaction() as tx:
        return tx.jobs.claim_due(bot.now, limit, LEASE, kept)


def owners(jobs: list[Job]) -> list[str | None]:
    return [job.lane for job in jobs]


def test_of_one_lane_few_jobs_are_in_hand_over_all_workers(bot: FastBot) -> None:
    asked(bot, *chores("acme", 5))
    assert len(taken(bot, limit=1)) == 1
    assert len(taken(bot)) == MAX_IN_LANE - 1
    assert taken(bot) == []


def test_a_job_that_is_done_makes_room_in_its_lane(bot: FastBot) -> None:
    asked(bot, *chores("acme", 5))
    first, _ = taken(bot)
    with bot.store.transaction() as tx:
        tx.jobs.done(first.id)
    assert [job.args["number"] for job in taken(bot)] == [2]


def test_a_lease_that_ended_makes_room_in_its_lane(bot: FastBot) -> None:
    asked(bot, *chores("acme", 5))
    assert [job.args["number"] for job in taken(bot)] == [0, 1]

    bot.clock.at += LEASE
    assert taken(bot) == [], "the lease still lasts"
    bot.clock.at += hours(0.001)
    assert [job.args["number"] for job in taken(bot)] == [0, 1]
    assert taken(bot) == []


def test_others_overtake_a_lane_that_is_full(bot: FastBot) -> None:
    asked(bot, *chores("acme", 5), *chores("borealis", 1), Errand())
    assert owners(taken(bot, limit=2)).count("acme") == 1
    assert sorted(map(str, owners(taken(bot)))) == ["None", "acme"]


def test_who_has_less_in_hand_comes_first(bot: FastBot) -> None:
    asked(bot, *chores("acme", 5), *chores("borealis", 5))
    assert owners(taken(bot, limit=3)) == ["acme", "borealis", "acme"]
    assert owners(taken(bot, limit=1)) == ["borealis"]


def test_what_belongs_to_nobody_has_no_limit(bot: FastBot) -> None:
    asked(bot, *[Errand()] * 9)
    assert len(taken(bot)) == 9


def test_what_a_person_waits_for_comes_first(bot: FastBot) -> None:
    awaited = Chore(whose="acme", number=7, awaited=True)
    asked(bot, Errand(), *chores("acme", 5), awaited)
    assert [job.args.get("number") for job in taken(bot, limit=3)] == [7, None, 0]


def test_a_full_lane_is_full_for_what_a_person_waits_for_too(bot: FastBot) -> None:
    asked(bot, *[Chore(whose="acme", awaited=True)] * 5)
    assert len(taken(bot)) == MAX_IN_LANE
    assert taken(bot) == []


def test_some_of_the_room_is_kept_for_what_a_person_waits_for(bot: FastBot) -> None:
    asked(bot, *[Errand()] * 5, Chore(whose="acme", awaited=True))
    assert taken(bot, limit=0, kept=2) == []
    assert owners(taken(bot, limit=2, kept=2)) == ["acme"]
    assert taken(bot, limit=2, kept=2) == []
    assert len(taken(bot, limit=3, kept=2)) == 1


def test_waiting_work_can_be_hurried(bot: FastBot) -> None:
    asked(bot, *[RunTest(test_id=number, customer_id=1) for number in range(9)])
    with bot.store.transaction() as tx:
        tx.jobs.hurry(RunTest(test_id=7))
    assert [job.args["test"] for job in taken(bot)] == [7, 0]


def test_whoever_joins_waiting_work_and_waits_for_it_hurries_it(bot: FastBot) -> None:
    check = CheckAccount(account_id=7)
    asked(bot, CheckAccount(account_id=6), check, check.model_copy(update={"awaited": True}), check)
    assert [job.args["account"] for job in taken(bot)] == [7, 6]


def test_a_job_is_due_only_when_its_lane_has_room(bot: FastBot) -> None:
    asked(bot, *chores("acme", 3))
    with bot.store.transaction() as tx:
        tx.jobs.add(Errand(), bot.now + hours(1))
        assert tx.jobs.next_due() == bot.now - hours(1)
        tx.jobs.claim_due(bot.now, 10, LEASE)
        assert tx.jobs.next_due() == bot.now + hours(1)


def test_whose_a_job_is_and_who_waits_is_no_argument_of_it() -> None:
    assert RunTest(test_id=7, customer_id=1, awaited=True).to_args() == {"test": 7}
    assert RunTest(test_id=7).lane is None, "as a row of the version before"


def test_windows_of_one_customer_wait_for_each_other_and_not_for_tests(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    bot.checks.start(account.id, CAROL)
    for number in range(3):
        bot.folders.show_in(account.id, f"V{number}")
        bot.drafts.have_file_read(ACME, f"F{number}", f"W{number}", CAROL)
    bot.clock.at += hours(0.01)

    windows = f"windows:{account.customer_id}"
    assert owners(taken(bot)).count(windows) == MAX_IN_LANE
    with bot.store.transaction() as tx:
        waiting = [job for job in tx.session.exec(select(Job)) if job.lane == windows]
    assert len(waiting) == 6 and all(job.awaited for job in waiting)


def test_events_of_a_channel_are_its_lane() -> None:
    assert HandleEvent(event={"channel": "C0ACME"}).lane == "events:C0ACME"
    assert HandleEvent(event={"channel": {"id": "C0ACME"}}).lane is None
    assert HandleEvent(event={}).lane is None


@pytest.mark.attacks
def test_thousands_of_one_customers_jobs_delay_no_other(bot: FastBot) -> None:
    read: list[Job] = []
    with bot.store.transaction() as tx:
        theirs = {"kind": Chore.kind, "lane": "acme", "due_at": bot.now - hours(2)}
        tx.session.add_all(Job(**theirs) for _ in range(5000))
    asked(bot, *chores("borealis", 1), Errand())

    def note(job: Job, _: object) -> None:
        read.append(job)

    event.listen(Job, "load", note)
    try:
        first = taken(bot, limit=8)
    finally:
        event.remove(Job, "load", note)
    assert sorted(map(str, owners(first))) == ["None", "acme", "acme", "borealis"]
    assert len(read) == len(first), "no more is read than can be taken"
