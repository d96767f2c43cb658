"""A bot that is killed (SIGKILL) while it creates hundreds of accounts: who comes after it does
every one once."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from math import ceil
from pathlib import Path

import pytest
from sqlmodel import update

from bot.app.claimed_jobs import LEASE
from bot.common.people import Person
from storage.tables import Job, Lane
from tests.support.examples import size
from tests.support.world import ACME, BotWorld

pytestmark = pytest.mark.real

MANY, KILLS = size(500, 100), size(4, 2)
PAGES = ceil(MANY / 30)
CAROL = Person("T0ACME", "U0CAROL", ACME)


def created(world: BotWorld) -> int:
    """How many there are, without waiting for whoever writes."""
    connection = world.bot.store.engine.raw_connection()
    cursor = connection.cursor()
    cursor.execute("SELECT count(*) FROM oldaccount WHERE account_id IS NOT NULL")
    found = cursor.fetchone()
    connection.rollback()
    connection.close()
    return int(found[0])


def work_until(world: BotWorld, count: int) -> None:
    """A worker of its own process, killed when it has created so many."""
    command = [sys.executable, "-m", "bot.app.cli", "worker"]
    with subprocess.Popen(
        command, env=os.environ | world.environment, stderr=subprocess.DEVNULL
    ) as worker:
        try:
            end = time.monotonic() + 60
            while created(world) < count:
                assert time.monotonic() < end, "it creates nothing"
                time.sleep(0.002)
        finally:
            os.kill(worker.pid, signal.SIGKILL)


@pytest.fixture
def world(url: str, tmp_path: Path) -> Iterator[BotWorld]:
    """A bot on a database of either kind."""
    running = BotWorld(tmp_path, DATABASE_URL=url)
    yield running
    running.stop()


def test_hundreds_of_accounts_are_created_once_each_through_kills(world: BotWorld) -> None:
    world.practice.office.rate_limits = False
    world.practice.office.scopes.add(
        "channels:history"
    )  # so that what a dead worker had just posted is found
    world.set_up()
    with world.bot.store.transaction() as tx:
        channel = tx.channels.get(ACME)
    assert channel is not None
    rows = world.bot.services.legacy.import_text(
        ACME, "\n".join(f"Box {n};box{n}@acme.example" for n in range(MANY)), CAROL
    )
    assert not [row for row in rows if row.problem]
    world.settle()
    world.bot.worker.stop()
    world.bot.services.legacy.begin_batch(ACME, CAROL)
    for kill in range(1, KILLS + 1):
        work_until(world, kill * 30)
        with world.bot.store.transaction() as tx:  # as if the dead one's leases had ended
            tx.session.exec(update(Job).values(leased_until=None))
            tx.session.exec(update(Lane).values(leased_until=None))
    assert 0 < created(world) < MANY
    world.clock.pass_time(seconds=LEASE.total_seconds() + 1)
    world.restart_bot()
    world.until(lambda: created(world) == MANY, 120)
    message = world.carol.find(ACME, f"*{MANY}* done, 0 failed, 0 to go", "That is all")
    with world.bot.store.transaction() as tx:
        accounts = tx.accounts.of_customer(channel.customer_id)
        assert len(accounts) == MANY and len({account.address_key for account in accounts}) == MANY
        taken = [old.account_id for old in tx.legacy.of_customer(channel.customer_id)]
        assert sorted(taken) == sorted(account.id for account in accounts)
    world.settle(60)
    assert len([m for m in world.carol.messages(ACME) if f"new accounts: *{MANY}*" in m.text]) == 1
    assert not [m for m in world.carol.messages(ACME) if "`MB-" in m.text and m.ts != message.ts], (
        "no flood of cards"
    )
    world.carol.press(
        world.carol.find(ACME, "Connect your Microsoft 365 mailboxes"), "Show all accounts"
    )
    world.carol.press(world.carol.window("Accounts of", f"Page 1 of {PAGES}"), "Next page")
    world.carol.press(world.carol.window(f"Page 2 of {PAGES}"), "Details")
    link = next(
        e["url"]
        for _, e in world.carol.window("Box", "Whose turn").elements
        if e["text"]["text"] == "Sign in to Microsoft"
    )
    assert link.startswith("http")
