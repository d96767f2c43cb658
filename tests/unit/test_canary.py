"""The vendor's own mailbox: while it fails as customers' do, nothing of theirs counts as broken."""

from datetime import timedelta

import pytest

from bot.checks.rhythm import REST, next_look
from bot.common import ids
from bot.diagnosis.observation import Condition, Observation, Where
from storage.statuses import CANARY, CanaryEvent, StatusRefused
from storage.tables import Account
from storage.vocabulary import CanaryStatus, State, StepId
from tests.support.fast import ACME, ALERTS, CAROL, SENDING_IS_OFF, FastBot, hours

BUSY = Observation(Where.SMTP, step="smtp.auth", status=454, enhanced="4.7.0")
NO_ANSWER = Observation(Where.NETWORK, step="imap.connect", condition=Condition.TIMEOUT)
OWN = Observation(Where.SMTP, step="smtp.auth", **SENDING_IS_OFF)

CANARY_REF = ids.new_account_ref()


class World:
    """A bot with a canary, and live mailboxes of two customers."""

    def __init__(self, canary: bool = True) -> None:
        self.bot = FastBot(canary_account=CANARY_REF if canary else "")
        lumen = self.bot.customer("Lumen", "C0LUMEN")
        self.canary = self.live(channel=lumen, ref=CANARY_REF)
        self.mine = self.live()
        self.theirs = self.live(channel=self.bot.customer("Borealis", "C0BORE"))

    def live(self, **facts: object) -> Account:
        account = self.bot.account(State.LIVE, **facts)
        with self.bot.store.transaction() as tx:
            earlier = self.bot.now - REST
            tx.watches.keep(account.id, earlier, next_look(account.id, self.bot.now))
        return account

    def fail(self, *accounts: Account, seen: Observation = BUSY) -> None:
        for account in accounts:
            self.bot.mailbox(account).faults[StepId(seen.step)] = seen

    def mend(self, *accounts: Account) -> None:
        for account in accounts:
            self.bot.mailbox(account).faults.clear()

    def status(self) -> CanaryStatus | None:
        with self.bot.store.transaction() as tx:
            known = tx.watches.canary()
            return known.status if known else None

    def states(self) -> set[State]:
        return {self.bot.read(each).state for each in (self.mine, self.theirs)}


def outage(seen: Observation = BUSY) -> World:
    """Microsoft fails everywhere, and we have seen it."""
    world = World()
    world.fail(world.canary, world.mine, world.theirs, seen=seen)
    world.bot.live(timedelta(minutes=8))
    world.bot.run_due()
    world.bot.live(timedelta(minutes=2))
    return world


@pytest.mark.parametrize("status", CanaryStatus)
@pytest.mark.parametrize("event", CanaryEvent)
def test_whatever_happens_to_it_is_in_the_table(status: CanaryStatus, event: CanaryEvent) -> None:
    try:
        after = CANARY.after(status, event)
    except StatusRefused:
        pytest.fail("every event can happen in every status")
    if event is CanaryEvent.PASSED:
        assert after is CanaryStatus.WORKS
    if after is CanaryStatus.OUT and status is not CanaryStatus.OUT:
        assert (status, event) == (CanaryStatus.ASKED, CanaryEvent.FAILED_ALIKE)


def test_it_is_asked_at_once_when_mailboxes_of_two_customers_fail() -> None:
    world = World()
    bot = world.bot
    world.fail(world.mine)
    bot.watching.look(world.mine.id)
    bot.worker.take_jobs()
    assert bot.mailbox(world.canary).probes == 0, "one customer's may be their own"
    world.fail(world.theirs)
    bot.watching.look(world.theirs.id)
    bot.run_due()

    assert bot.mailbox(world.canary).probes == 1
    assert world.status() is CanaryStatus.WORKS


def test_an_outage_that_it_shows_breaks_nothing_however_long_it_is() -> None:
    world = outage()
    assert world.status() is CanaryStatus.OUT
    world.bot.live(hours(1.6))

    assert world.states() == {State.LIVE}
    assert world.bot.read(world.canary).state is State.LIVE
    world.mend(world.canary, world.mine, world.theirs)
    world.bot.live(timedelta(minutes=3))
    assert world.states() == {State.LIVE} and world.status() is CanaryStatus.WORKS
    with world.bot.store.transaction() as tx:
        assert not tx.watches.is_failing(world.mine.id), "it was looked at when the canary worked"


def test_without_one_the_same_outage_is_told_after_an_hour_and_twenty_minutes() -> None:
    world = World(canary=False)
    world.fail(world.mine, world.theirs)
    world.bot.pass_time(minutes=8)
    world.bot.live(hours(2))
    assert world.states() == {State.BROKEN}


def test_while_it_works_all_is_as_without_it() -> None:
    world = World()
    world.fail(world.mine, world.theirs)
    world.bot.pass_time(minutes=8)
    world.bot.live(hours(2))
    assert world.states() == {State.BROKEN} and world.status() is CanaryStatus.WORKS


def test_what_is_the_customers_own_is_told_during_an_outage_too() -> None:
    world = outage()
    world.fail(world.mine, seen=OWN)
    world.bot.live(hours(0.5))
    assert world.bot.read(world.mine).state is State.BROKEN
    assert world.bot.read(world.theirs).state is State.LIVE


def test_who_asks_for_a_test_meanwhile_reads_that_it_is_not_theirs() -> None:
    world = outage()
    world.bot.checks.start(world.mine.id, CAROL)
    world.bot.run_due()

    assert "test.not_you" in world.bot.told(ACME)
    assert world.states() == {State.LIVE}


def test_on_call_hears_of_it_at_once_although_microsoft_mends_it() -> None:
    world = outage()
    assert len(world.bot.posted(ALERTS)) == 1


def test_customers_reminders_wait_until_it_works_again_and_none_is_lost() -> None:
    world = outage()
    bot = world.bot
    bot.account(State.UNMAPPED, name="Waits", waiting_for=hours(3.9))
    supports = bot.account(State.FAILING, name="Support's", waiting_for=hours(3.9))
    with bot.store.transaction() as tx:
        bot.lifecycle.hand_to_support(tx, tx.accounts.lock(supports.id))
    assert bot.reminded_within(hours(0.2)) == ["Support's"]

    world.mend(world.canary)
    assert bot.reminded_within(timedelta(minutes=5)) == ["Waits"]


def test_one_that_is_broken_itself_says_nothing() -> None:
    world = World()
    world.fail(world.canary, seen=OWN)
    world.fail(world.mine, world.theirs)
    world.bot.pass_time(minutes=8)
    world.bot.live(hours(2))

    assert world.status() is CanaryStatus.BLIND
    assert world.states() == {State.BROKEN}


def test_one_that_nobody_looks_at_any_more_holds_nothing() -> None:
    world = outage()
    world.bot.accounts.disconnect(world.canary.id, CAROL)
    world.bot.live(hours(2))
    assert world.states() == {State.BROKEN}


def test_one_network_fault_of_its_own_is_no_outage() -> None:
    world = World()
    world.fail(world.canary, seen=NO_ANSWER)
    world.bot.watching.look(world.canary.id)
    assert world.status() is CanaryStatus.ASKED
    world.mend(world.canary)
    world.bot.live(timedelta(minutes=1))
    assert world.status() is CanaryStatus.WORKS
