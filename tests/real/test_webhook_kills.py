"""Workers that are killed (SIGKILL) again and again while they tell the product what changes, at a
receiver that fails half of the time: every event arrives, in order for each account, and a product
that keeps IDs takes each once."""

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import col, select, update

from bot.common.people import Person
from bot.views.account_form import Form
from storage.change_statuses import UNSENT, ChangeKind, ChangeStatus
from storage.tables import Change
from tests.support.examples import size
from tests.support.forked import LeapingClock, Nursery
from tests.support.receiver import SECRET, Receiver
from tests.support.world import ACME, BotWorld

pytestmark = [pytest.mark.real, pytest.mark.api, pytest.mark.crash]

KILLS = size(50, 6)
SEED = 22
BOXES = 4
PATIENCE_SECONDS = 120.0
CAROL = Person("T0ACME", "U0CAROL", ACME)
KINDS = (ChangeKind.BROKEN, ChangeKind.MENDED, ChangeKind.RENAMED)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver().running() as running:
        yield running


@pytest.fixture
def world(url: str, tmp_path: Path, receiver: Receiver) -> Iterator[BotWorld]:
    product = {"WEBHOOK_URL": receiver.url, "WEBHOOK_SECRET": SECRET}
    running = BotWorld(tmp_path, DATABASE_URL=url, WEBHOOK_NETWORKS="127.0.0.0/8", **product)
    yield running
    running.stop()


def change(world: BotWorld, account_id: int, kind: ChangeKind) -> None:
    with world.bot.store.transaction() as tx:
        account = tx.accounts.lock(account_id)
        world.bot.services.lifecycle.changes.of_account(tx, account, kind)


def due_at_once(world: BotWorld) -> None:
    """As if the leases of those that were killed had ended, and every wait too."""
    with world.bot.store.transaction() as tx:
        waiting = update(Change).where(col(Change.status).in_(UNSENT))
        now = datetime.now(UTC)
        tx.session.exec(waiting.values(leased_until=None, due_at=now))


def left(world: BotWorld) -> list[str]:
    """What has not arrived yet."""
    with world.bot.store.transaction() as tx:
        return list(tx.session.exec(select(Change.public_id).where(col(Change.status).in_(UNSENT))))


def kept(world: BotWorld) -> list[Change]:
    with world.bot.store.transaction() as tx:
        return list(tx.session.exec(select(Change).order_by(col(Change.id))))


def work_and_die(nursery: Nursery, receiver: Receiver, dice: random.Random) -> None:
    """A worker of its own process, killed about when the receiver has heard something."""
    before = receiver.asked
    worker = nursery.start()
    end = time.monotonic() + PATIENCE_SECONDS
    while receiver.asked == before:
        assert time.monotonic() < end, "it tells nothing"
        time.sleep(0.002)
    time.sleep(dice.uniform(0, 0.1))
    nursery.kill(worker)


def test_everything_arrives_in_order_whoever_is_killed(
    world: BotWorld, receiver: Receiver, tmp_path: Path
) -> None:
    dice = random.Random(SEED)
    world.set_up()
    made = [world.bot.services.accounts.create(ACME, form(n), CAROL) for n in range(BOXES)]
    world.bot.worker.stop()
    receiver.mood = "half"
    LeapingClock(tmp_path / "clock")  # the machine's time
    with Nursery(world.environment, tmp_path / "clock", tmp_path / "log") as nursery:
        for _ in range(KILLS):
            for account in made:
                change(world, account.id, dice.choice(KINDS))
            due_at_once(world)
            work_and_die(nursery, receiver, dice)
        nursery.start()
        end = time.monotonic() + PATIENCE_SECONDS
        while left(world):
            assert time.monotonic() < end, left(world)
            due_at_once(world)
            time.sleep(1)

    there = kept(world)
    assert {each.status for each in there} == {ChangeStatus.DELIVERED}
    for account in made:
        own = [each.public_id for each in there if each.data["account"]["ref"] == account.ref]
        got = [
            e["id"] for e in receiver.product.events if e["data"]["account"]["ref"] == account.ref
        ]
        assert got == own
    assert len(receiver.product.came) == len(there)


def form(number: int) -> Form:
    address = f"box{number}@acme.example"
    return Form(name=f"Box {number}", sender_name="Acme", sender_email=address, username=address)
