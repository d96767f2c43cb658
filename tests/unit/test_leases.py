"""Leases: whoever was too slow and lost its work changes nothing any more, and whoever is at work
keeps it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from bot.app.claimed_jobs import LEASE, ClaimedJobs
from bot.common.jobs import RunTest, Work
from bot.common.stop import Stop, Stopped
from bot.diagnosis.observation import Condition, Observation, Where
from bot.messages import notices
from bot.messages.delivery import Delivery
from bot.messages.outgoing import Outgoing
from storage.claims import ClaimLost
from storage.outbox import OutboxRepository
from storage.tables import Account, Failure, Job, Watch
from storage.vocabulary import State, StepId, TestStatus
from tests.support.fast import ACME, CAROL, FastBot

pytestmark = pytest.mark.delivery

A_SECOND = timedelta(seconds=1)
NO_ANSWER = Observation(Where.NETWORK, step="imap.connect", condition=Condition.TIMEOUT)
WELL_UNDER_A_MINUTE = timedelta(seconds=40)


class Errand(Work):
    """Something to do."""

    kind = "errand"


def once(act: Callable[[], object]) -> Callable[..., None]:
    """What does this the first time, and nothing afterwards."""
    left = [act]

    def do(*_: Any) -> None:
        if left:
            left.pop()()

    return do


def say(bot: FastBot, *keys: str) -> None:
    with bot.store.transaction() as tx:
        for key in keys:
            notices.say_in(tx, ACME, key, "signin.mended", bot.now, username=key)


def suspend(bot: FastBot, meanwhile: Callable[[], object]) -> None:
    """What a suspended process finds when it goes on: its leases ended, and another had its
    turn."""
    bot.clock.at += LEASE + A_SECOND
    meanwhile()


# -- messages


def test_who_was_suspended_does_not_post_what_another_has_posted(bot: FastBot) -> None:
    other = FastBot(bot)
    draw = bot.presenter.draw
    begin = once(lambda: suspend(bot, other.deliver))

    def drawn(*asked: Any) -> Any:
        message = draw(*asked)
        begin()
        return message

    say(bot, "one", "two")
    bot.presenter.draw = drawn  # type: ignore[method-assign]
    bot.deliver()

    texts = [posted.text for posted in bot.posted(ACME)]
    assert len(texts) == 2 and "one" in texts[0] and "two" in texts[1]


ENDS: dict[str, Callable[[OutboxRepository, Any, Any], None]] = {
    "keep": lambda outbox, claimed, now: outbox.keep(claimed, now),
    "sent": lambda outbox, claimed, now: outbox.sent(claimed, "1.1", now, A_SECOND),
    "later": lambda outbox, claimed, now: outbox.later(claimed, now, not_sent=True),
    "given up": lambda outbox, claimed, now: outbox.give_up(claimed, "x", now),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_lane_that_was_lost_is_not_freed_and_its_message_not_ended(
    bot: FastBot, end: str
) -> None:
    say(bot, "one")
    with bot.store.transaction() as tx:
        slow = tx.outbox.claim_next(bot.now, LEASE)
    bot.clock.at += LEASE + A_SECOND
    with bot.store.transaction() as tx:
        quick = tx.outbox.claim_next(bot.now, LEASE)
    with pytest.raises(ClaimLost), bot.store.transaction() as tx:
        ENDS[end](tx.outbox, slow, bot.now)

    with bot.store.transaction() as tx:
        assert tx.outbox.claim_next(bot.now, LEASE) is None, "the other has it"
        assert quick is not None
        tx.outbox.sent(quick, "1.1", bot.now, A_SECOND)
    with pytest.raises(ClaimLost), bot.store.transaction() as tx:
        tx.outbox.later(quick, bot.now)


def test_who_sends_keeps_the_channel_however_long_slack_takes(bot: FastBot) -> None:
    say(bot, "one")
    other = FastBot(bot)
    with bot.delivery.turns.next() as claimed:
        assert claimed is not None
        for _ in range(3):
            bot.clock.at += LEASE * 0.9
            bot.delivery.turns.keep()
            other.deliver()
            assert bot.posted(ACME) == []
    other.deliver()
    assert bot.posted(ACME) == []
    bot.clock.at += LEASE + A_SECOND
    other.deliver()
    assert len(bot.posted(ACME)) == 1, "whoever had it was killed"


def test_what_is_handed_back_is_anothers_at_once(bot: FastBot) -> None:
    bot.slack.scopes.add("channels:history")
    say(bot, "one")
    with bot.delivery.turns.next() as claimed:
        assert claimed is not None
        bot.sender.show(Outgoing.of(claimed.item), None, None)
        bot.delivery.turns.hand_back()
        FastBot(bot).deliver()
        assert len(bot.posted(ACME)) == 1, "it is looked for first"
        with pytest.raises(ClaimLost), bot.store.transaction() as tx:
            tx.outbox.sent(claimed, "9.9", bot.now, A_SECOND)


def test_before_it_is_sent_it_is_seen_whether_the_channel_is_still_ours(bot: FastBot) -> None:
    say(bot, "one")
    with bot.delivery.turns.next() as claimed:
        assert claimed is not None
        bot.delivery.turns.confirm(claimed)
        bot.delivery.turns.hand_back()
        with pytest.raises(ClaimLost):
            bot.delivery.turns.confirm(claimed)
    with bot.delivery.turns.next() as claimed:
        assert claimed is not None
        bot.clock.at += LEASE + A_SECOND  # as for a process that was suspended
        FastBot(bot).deliver()
        with pytest.raises(ClaimLost):
            bot.delivery.turns.confirm(claimed)


def test_no_message_is_begun_after_the_process_was_told_to_stop(bot: FastBot) -> None:
    stop = Stop()
    bot.customer("Borealis", "C0BORE")
    with bot.store.transaction() as tx:
        for channel in (ACME, "C0BORE"):
            notices.say_in(tx, channel, channel, "signin.mended", bot.now, username="somebody")
    draw = bot.presenter.draw

    def drawn(*asked: Any) -> Any:
        stop.ask()
        return draw(*asked)

    bot.presenter.draw = drawn  # type: ignore[method-assign]
    Delivery(bot.store, bot.clock, bot.sender, stop=stop).deliver_due()
    assert len([*bot.posted(ACME), *bot.posted("C0BORE")]) == 1


# -- jobs


def asked(bot: FastBot) -> None:
    with bot.store.transaction() as tx:
        tx.jobs.add(Errand(), bot.now)


def jobs(bot: FastBot) -> list[Job]:
    with bot.store.transaction() as tx:
        return list(tx.session.exec(select(Job)))


def hands(bot: FastBot) -> ClaimedJobs:
    """A worker's, beside others'."""
    return ClaimedJobs(bot.store, bot.clock)


@pytest.mark.parametrize("end", ["done", "again", "return_one", "keep"])
def test_who_lost_a_job_does_not_end_it(bot: FastBot, end: str) -> None:
    asked(bot)
    slow, quick = hands(bot), hands(bot)
    (job,) = slow.claim(1, 0)
    bot.clock.at += LEASE + A_SECOND
    (again,) = quick.claim(1, 0)
    before = again.model_dump()
    match end:
        case "done":
            slow.done(job)
        case "again":
            slow.again(job, timedelta(hours=1), failed=True)
        case "return_one":
            slow.return_one(job)
        case "keep":
            bot.clock.at += A_SECOND
            slow.keep()
    assert [each.model_dump() for each in jobs(bot)] == [before]
    quick.done(again)
    assert jobs(bot) == []


def test_a_job_that_runs_longer_than_its_lease_keeps_it(bot: FastBot) -> None:
    asked(bot)
    busy, idle = hands(bot), hands(bot)
    (job,) = busy.claim(1, 0)
    for _ in range(5):
        bot.clock.at += LEASE * 0.9
        busy.keep()
        assert idle.claim(1, 0) == []
    busy.done(job)
    assert jobs(bot) == []


def test_a_worker_does_not_take_its_own_work_again_however_the_clock_leaps(bot: FastBot) -> None:
    asked(bot)
    busy = hands(bot)
    busy.claim(1, 0)
    bot.clock.at += LEASE * 10
    assert busy.claim(1, 0) == []


def test_what_a_killed_worker_had_in_hand_comes_back_in_well_under_a_minute(bot: FastBot) -> None:
    done: list[Errand] = []
    bot.doers.add(Errand, done.append)
    asked(bot)
    hands(bot).claim(1, 0)
    bot.pass_time(seconds=1)
    assert done == []
    bot.pass_time(seconds=WELL_UNDER_A_MINUTE.total_seconds())
    assert done == [Errand()]


def test_a_job_that_is_handed_back_is_done_at_once_and_was_not_tried(bot: FastBot) -> None:
    def stop(errand: Errand) -> None:
        raise Stopped

    bot.doers.add(Errand, stop)
    asked(bot)
    due_at = bot.now
    bot.worker.take_jobs()
    (job,) = jobs(bot)
    assert (job.due_at, job.leased_until, job.attempts, job.failures) == (due_at, None, 0, 0)

    done: list[Errand] = []
    bot.doers.add(Errand, done.append)
    bot.worker.take_jobs()
    assert done == [Errand()]


# -- tests of mailboxes


def test_who_was_suspended_within_a_test_adds_nothing_to_what_another_found(bot: FastBot) -> None:
    account = bot.account(State.UNMAPPED)
    other = FastBot(bot)
    mailbox = bot.mailbox(account)

    def suspended() -> None:
        suspend(bot, other.run_due)
        # The connections of a suspended process are dead
        mailbox.faults[StepId.IMAP_CONNECT] = NO_ANSWER

    mailbox.on_probe = once(suspended)
    bot.checks.start(account.id, CAROL, round_trip=True)
    bot.worker.take_jobs()
    bot.deliver()

    assert (mailbox.probes, mailbox.sent, mailbox.arrived) == (2, 1, set())
    assert [entry.result for entry in bot.audited("test.finished")] == ["passed"]
    with bot.store.transaction() as tx:
        assert tx.session.exec(select(Failure)).all() == []
        assert tx.jobs.of_kind(RunTest.kind) == []


@pytest.mark.parametrize("round_trip", [True, False])
def test_who_was_suspended_within_a_test_does_not_end_it_under_another(
    bot: FastBot, round_trip: bool
) -> None:
    account = bot.account(State.LIVE, proved_at=bot.now)
    mailbox = bot.mailbox(account)
    if not round_trip:
        mailbox.faults[StepId.IMAP_CONNECT] = NO_ANSWER

    def taken_over() -> None:
        """Somebody else is at it, and has not come to an end."""
        (job,) = hands(bot).claim(1, 0)
        with bot.store.transaction() as tx:
            tx.checks.get(job.args["test"]).run += 1

    mailbox.on_probe = once(lambda: suspend(bot, taken_over))
    bot.checks.start(account.id, CAROL, round_trip=round_trip)
    bot.worker.take_jobs()

    assert mailbox.sent == 0, "no second message is sent"
    assert bot.audited("test.finished") == []
    (job,) = jobs(bot)
    with bot.store.transaction() as tx:
        test = tx.checks.get(job.args["test"])
    assert test.status is TestStatus.RUNNING
    assert {step["step"] for step in test.steps} == {"token", "scopes", "identity"}
    assert job.leased_until is not None, "it is still the other's"


def watched(bot: FastBot) -> Account:
    account = bot.account(State.LIVE)
    with bot.store.transaction() as tx:
        tx.watches.keep(account.id, bot.now, bot.now)
    return account


def test_a_look_that_was_lost_says_nothing(bot: FastBot) -> None:
    account = watched(bot)
    other = FastBot(bot)
    mailbox = bot.mailbox(account)

    def suspended() -> None:
        suspend(bot, lambda: other.watching.claim(1))
        mailbox.faults[StepId.IMAP_CONNECT] = NO_ANSWER

    mailbox.on_look = once(suspended)
    (look,) = bot.watching.claim(1)
    bot.watching.look(look)

    with bot.store.transaction() as tx:
        watch = tx.session.get_one(Watch, account.id)
        assert tx.checks.newest(account.id, 1) == []
    assert watch.leased_until is not None and not watch.failing, "the other looks there"


def test_a_look_is_kept_and_handed_back(bot: FastBot) -> None:
    watched(bot)
    other = FastBot(bot)
    assert len(bot.watching.claim(1)) == 1
    for _ in range(3):
        bot.clock.at += LEASE * 0.9
        bot.watching.keep()
        assert other.watching.claim(1) == []
    bot.watching.hand_back()
    assert len(other.watching.claim(1)) == 1
