"""Workers that are killed (SIGKILL) again and again while an incident comes, is acknowledged, ends and
comes again: the alert in Slack, PagerDuty and the webhook's receiver end alike, nothing is lost and
nothing is said twice."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import col, select, update

from bot.app.claimed_jobs import LEASE
from bot.common.people import Person
from sandbox.pagers.incidents import Press
from storage.tables import Incident, Job, Lane, Page, PageLane
from storage.vocabulary import IncidentStatus, Pager
from tests.support.examples import size
from tests.support.forked import LeapingClock, Nursery
from tests.support.world import ACME, ALERTS, BotWorld

pytestmark = pytest.mark.real

KILLS = size(20, 5)
SEED = 20
CAROL = Person("T0ACME", "U0CAROL", ACME)
OMAR = Person("T0LUMEN", "U0OMAR", ALERTS)
EXPIRED = "application-secret-expired"
PATIENCE_SECONDS = 60
LONGEST_AFTER_NEWS = 0.1


@pytest.fixture
def world(url: str, tmp_path: Path) -> Iterator[BotWorld]:
    """A bot in a Slack that lets it read what was posted."""
    running = BotWorld(tmp_path, DATABASE_URL=url)
    running.practice.office.rate_limits = False
    running.practice.office.scopes.add("channels:history")
    yield running
    running.stop()


def heard(world: BotWorld) -> tuple[int, int, int]:
    """What came to the alert channel, PagerDuty and the receiver so far."""
    practice = world.practice
    posted = sum(each.channel == ALERTS for each in practice.office.messages)
    return posted, len(practice.pagerduty.events), len(practice.receiver.got)


def work_and_die(world: BotWorld, nursery: Nursery, dice: random.Random) -> None:
    """A worker of its own process, killed just after one of the three has heard something of it,
    which it may or may not have written down by then."""
    before = heard(world)
    which = dice.randrange(len(before))
    worker = nursery.start()
    end = time.monotonic() + PATIENCE_SECONDS
    while heard(world)[which] == before[which] and has_work(world):
        assert time.monotonic() < end, "it does nothing"
        time.sleep(0.002)
    time.sleep(max(0, dice.uniform(-LONGEST_AFTER_NEWS, LONGEST_AFTER_NEWS)))
    nursery.kill(worker)
    with world.bot.store.transaction() as tx:  # as if the dead one's leases had ended
        now = world.clock.now()
        tx.session.exec(update(Job).values(leased_until=None))
        tx.session.exec(update(Lane).values(leased_until=None))
        late = col(PageLane.due_at).is_not(None)
        tx.session.exec(update(PageLane).where(late).values(due_at=now))


def go_back_to_now(world: BotWorld) -> None:
    """The killed workers have the machine's clock, which the road so far was ahead of."""
    now = datetime.now(UTC)
    world.clock.pass_time(seconds=(now - world.clock.now()).total_seconds())
    with world.bot.store.transaction() as tx:
        tx.session.exec(update(Lane).where(col(Lane.due_at) > now).values(due_at=now))


def has_work(world: BotWorld) -> bool:
    """Whether a test, a message or a page still waits for a worker."""
    with world._look() as tx:
        pages = select(Page.id).where(col(Page.done_at).is_(None)).limit(1)
        waits = tx.session.exec(pages).first() is not None or tx.outbox.next_due() is not None
        return waits or tx.jobs.unfinished() > 0


def incident(world: BotWorld) -> Incident | None:
    with world.bot.store.transaction() as tx:
        return next(iter(tx.incidents.all_open()), None)


def deeds(world: BotWorld, account_id: int) -> list[Callable[[], object]]:
    """What people and the world do in a round; each has a worker act."""

    def breaks() -> None:
        world.throw(EXPIRED)
        world.expire_tokens("Office")
        world.bot.services.checks.start(account_id, CAROL)

    def works() -> None:
        world.take_back(EXPIRED)
        world.bot.services.checks.start(account_id, CAROL)

    def acknowledges() -> None:
        there = incident(world)
        if there is not None and there.status is IncidentStatus.OPEN:
            world.bot.services.incidents.acknowledge(there.id, OMAR)

    def presses_at_the_pager() -> None:
        for each in world.practice.pagerduty.incidents.all:
            world.practice.pagerduty.press(each, Press.ACKNOWLEDGE)

    return [breaks, acknowledges, works, breaks, presses_at_the_pager, works]


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_the_three_end_alike_through_kills(world: BotWorld, tmp_path: Path) -> None:
    dice = random.Random(SEED)
    world.set_up()
    world.map_folders(world.connect("info@acme.example"))
    world.settle()
    account = world.account("Office")
    world.bot.worker.stop()
    go_back_to_now(world)
    plan = deeds(world, account.id)
    LeapingClock(tmp_path / "clock")  # the machine's time
    with Nursery(world.environment, tmp_path / "clock", tmp_path / "log") as nursery:
        for kill in range(KILLS):
            plan[kill % len(plan)]()
            work_and_die(world, nursery, dice)

    world.clock.pass_time(seconds=LEASE.total_seconds() + 1)
    world.take_back(EXPIRED)
    world.restart_bot()
    world.until(lambda: not has_work(world))
    world.bot.services.checks.start(account.id, CAROL)
    world.until(lambda: incident(world) is None)
    world.pass_time(hours=1, minutes=1)
    world.until(lambda: not has_work(world))

    check_pagers(world)
    check_slack(world)


def check_pagers(world: BotWorld) -> None:
    """Nobody is called for what is over; every change came to the receiver, in order."""
    assert {each.status for each in world.practice.pagerduty.incidents.all} == {"resolved"}
    with world.bot.store.transaction() as tx:
        theirs = select(Page).where(Page.pager == Pager.WEBHOOK).order_by(col(Page.id))
        sent = [page.message_id for page in tx.session.exec(theirs)]
    got = [each.content["id"] for each in world.practice.receiver.got if not each.repeated]
    assert got == sent
    assert world.practice.receiver.changes[-1] == "incident.closed"


def check_slack(world: BotWorld) -> None:
    """One alert for each incident, which is over, and every message once."""
    with world.bot.store.transaction() as tx:
        incidents = list(tx.session.exec(select(Incident)))
    assert {each.status for each in incidents} == {IncidentStatus.CLOSED}
    heads = [each for each in world.omar.messages(ALERTS) if "First seen" in each.text]
    assert len(heads) == len(incidents)
    assert all("Over since" in each.text for each in heads)
    posted = Counter(str(each.metadata) for each in world.practice.office.messages if each.metadata)
    assert [each for each, times in posted.items() if times > 1] == []
