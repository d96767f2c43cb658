"""Workers of PostgreSQL that claim looks at once: each mailbox has one of them, and no tenant has
more looks than it may have, over all workers together."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from bot.checks.rhythm import AT_ONCE_IN_TENANT
from storage.database import connect
from storage.vocabulary import State
from tests.support.fast import FastBot

pytestmark = [pytest.mark.real, pytest.mark.parametrize("url", ["postgresql"], indirect=True)]

WORKERS = 4
OF_ACME = 12
OTHERS = 3
DEADLINE = 20


def test_no_tenant_is_asked_by_several_workers_for_more_than_it_may_be(url: str) -> None:
    bot = FastBot(engine=connect(url))
    mine = [bot.account(State.LIVE).id for _ in range(OF_ACME)]
    elsewhere = bot.customer("Borealis", "C0BORE")
    others = [bot.account(State.LIVE, channel=elsewhere).id for _ in range(OTHERS)]
    with bot.store.transaction() as tx:
        for number in [*mine, *others]:
            tx.watches.keep(number, bot.now, bot.now)
        for number in others:
            tx.accounts.lock(number).tenant_id = f"tenant {number}"
    together = threading.Barrier(WORKERS)

    def claim(_: int) -> list[int]:
        together.wait(DEADLINE)
        return list(bot.watching.claim(OF_ACME))

    with ThreadPoolExecutor(WORKERS) as pool:
        claimed = Counter(number for some in pool.map(claim, range(WORKERS)) for number in some)
    assert set(claimed.values()) == {1}
    assert len(claimed.keys() & set(mine)) == AT_ONCE_IN_TENANT
    assert claimed.keys() >= set(others)

    for number in claimed:
        bot.watching.look(number)
    bot.clock.at += timedelta(seconds=1)
    assert len(bot.watching.claim(OF_ACME)) == AT_ONCE_IN_TENANT
    bot.store.engine.dispose()
